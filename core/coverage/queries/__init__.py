"""Questions about coverage."""
