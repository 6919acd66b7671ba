"""What is done about the market: rivals named, moves recorded, our own rates set."""
