"""Whether a campaign can show what it is to show, and be carried out, before anybody agrees."""
