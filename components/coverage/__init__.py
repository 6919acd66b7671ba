"""What the page of coverage is made of."""
