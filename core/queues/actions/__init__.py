"""How work changes hands because somebody is not there."""
