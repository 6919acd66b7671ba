"""Named, reusable rules over customers, kept as data and compiled to SQL."""
