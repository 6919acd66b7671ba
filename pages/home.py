"""Home: what needs me now."""

from components.gateway import current_actor, heading

heading(f"Good day, {current_actor().name}", "What needs me now?")
