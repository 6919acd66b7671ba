"""Working time: when units and people work, and what the bank promises itself."""

from components import filters
from components.gateway import heading
from components.hours import calendars, following, levels

PARTS = {
    "Calendars": calendars.calendar_list,
    "Who follows which": following.follower_list,
    "Service levels": levels.level_list,
}

heading("Working time", "When do people work, and by when is work to be done?")
part = filters.switch("Part", tuple(PARTS), "part")
PARTS[part]()
