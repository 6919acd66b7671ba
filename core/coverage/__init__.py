"""Coverage: who of a segment was reached with a product, who is in the way, and who is left."""
