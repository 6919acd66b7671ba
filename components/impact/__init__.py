"""The parts of the Impact page: the board's overview, one run in full, its funnel and cycles."""
