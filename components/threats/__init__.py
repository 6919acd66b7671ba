"""Threats and opportunities on screen: who is exposed, what answers them, what is watched."""
