"""The operators' door: the same actions and queries as the pages, at the command line."""
