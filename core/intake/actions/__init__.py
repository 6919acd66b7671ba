"""Files are taken in, tried out and undone."""
