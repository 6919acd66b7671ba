"""What the page of segments is made of."""
