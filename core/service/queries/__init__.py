"""What was kept of what the bank promises itself, and what is about to be missed."""
