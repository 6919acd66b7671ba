"""Service levels: what the bank promises itself, what was kept, and who is told in time."""
