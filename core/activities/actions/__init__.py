"""What is done with activities: generation, work, assignment, ending."""
