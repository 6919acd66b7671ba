"""What is done with an answer: it closes the activity, opens a lead, and is followed."""
