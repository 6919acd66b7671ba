"""Looking at the work of whole teams: how it goes on, and what is wrong with it."""
