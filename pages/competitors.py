"""Competitors: what they did, their rates beside ours, and how they follow the central bank."""

from components import filters
from components.gateway import current_actor, heading
from components.market import central_bank, feed, own, rates, recording
from core.access import Permission

heading("Competitors", "What do competitors do, and how do our rates stand beside theirs?")
views = {
    "Moves": feed.draw,
    "Rates": rates.draw,
    "Central bank": central_bank.draw,
    "Our rates": own.draw,
}
if current_actor().may(Permission.RECORD_MARKET):
    views["Record"] = recording.draw
view = filters.switch("View", tuple(views), "view")
views[view]()
