"""What hours are for. Nothing here touches the database."""

from core.database import Coded


class Purpose(Coded):
    """What a span of a week is for."""

    WORK = "work", 1  # people of the branch work
    CONTACT = "contact", 2  # customers of the branch may be called


MINUTES_OF_DAY = 24 * 60
