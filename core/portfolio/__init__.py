"""Plans: which campaigns a unit carries out in a period, and what they are to reach."""
