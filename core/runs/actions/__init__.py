"""What is done with runs until they are launched: start, select, confirm."""
