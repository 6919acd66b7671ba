"""Events to and from neighbouring systems, in BIAN's names."""
