"""Working time: the spans of a week in a zone, with holidays, lunch and daylight saving."""

from core.hours.places import countries, parts_of
from core.hours.timeline import Timeline
from core.hours.walls import MINUTES_OF_DAY, beginning_of, moment_on_wall, zone_named
from core.hours.working import NeverOpens, Span, WorkingTime

__all__ = [
    "MINUTES_OF_DAY",
    "NeverOpens",
    "Span",
    "Timeline",
    "WorkingTime",
    "beginning_of",
    "countries",
    "moment_on_wall",
    "parts_of",
    "zone_named",
]
