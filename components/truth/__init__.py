"""Parts of the page on what was reported and what stands of it."""
