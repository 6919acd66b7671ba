"""Files taken in whole: resolved, applied in one transaction, and undone on request."""
