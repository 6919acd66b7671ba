"""Threats and opportunities: who is exposed to what, and what is done about it."""

from components import filters, navigation
from components.gateway import current_actor, heading
from components.threats import conclusions, noting, one, watched
from core.access import Permission

heading(
    "Threats and opportunities",
    "Who is exposed to what competitors and life bring, and what do we do about it?",
)
threat_id = navigation.record()
if threat_id is not None:
    one.draw(threat_id)
else:
    views = {"Conclusions": conclusions.draw, "Watched": watched.draw}
    if current_actor().may(Permission.RECORD_MARKET):
        views["Note one"] = noting.draw
    view = filters.switch("View", tuple(views), "view")
    views[view]()
