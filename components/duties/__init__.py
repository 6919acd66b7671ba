"""What needs somebody now, by role."""
