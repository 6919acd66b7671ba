"""Home: what needs me now."""

from components import words
from components.duties.drawing import draw, duties
from components.gateway import current_actor, heading, now
from components.impact import headlines
from core.access import Permission, Role

me = current_actor()
heading(f"Good day, {me.name}", f"What needs me now? It is {words.moment(now())}.")
draw(duties())
if me.may(Permission.SEE_IMPACT) and me.roles - {Role.TEAM_LEAD, Role.AGENT}:
    headlines.draw()
