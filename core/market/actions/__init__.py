"""What is done about the market: competitors named, moves recorded, our own rates set."""
