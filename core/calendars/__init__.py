"""When branches and people work, and when customers may be called."""
