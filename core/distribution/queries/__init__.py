"""How work was handed out, why, and how fair that was."""
