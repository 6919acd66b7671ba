"""What becomes of the team's queues if work is moved: replayed before anything is written."""
