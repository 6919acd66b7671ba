"""Speed at size, against SQL written by hand."""
