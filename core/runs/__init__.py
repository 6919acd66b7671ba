"""A unit carrying out a design: selection, arms, confirmation, launch, end."""
