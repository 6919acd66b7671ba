"""What customers answered, and the leads that came of it."""
