"""Setting service levels, telling leads in time, and noting that they saw it."""
