"""Who is away: planned with what it would move, changed, called off, and looked back on."""
