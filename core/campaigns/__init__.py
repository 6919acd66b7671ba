"""Campaigns and their designs: what is offered to whom, how, and who agreed to it."""
