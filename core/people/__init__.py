"""The units, teams and people who run campaigns, and how they sign in."""
