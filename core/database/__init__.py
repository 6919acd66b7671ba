"""Where the data lives: columns and tables, the engine, and sets of values."""

from core.database.aliases import shared_alias
from core.database.columns import (
    Base,
    Code,
    Coded,
    Day,
    Facts,
    Moment,
    Money,
    Number,
    in_digits,
    in_microseconds,
    moment_at,
    only,
)
from core.database.columnwise import (
    EMPTY,
    Ids,
    arrays,
    ids_as_text,
    ids_of,
    numbers_of,
    read_ids,
)
from core.database.engine import connect, lost_a_race, read_only, spilling, write_turn
from core.database.prepared import Prepared
from core.database.sets import (
    MOST_BITS,
    affected,
    as_bits,
    id_set,
    insert_into,
    room_for_sets,
    row_set,
    text_set,
    version_set,
)
from core.database.turns import alone
from core.database.uniqueness import what_is_taken

__all__ = [
    "EMPTY",
    "MOST_BITS",
    "Base",
    "Code",
    "Coded",
    "Day",
    "Facts",
    "Ids",
    "Moment",
    "Money",
    "Number",
    "Prepared",
    "affected",
    "alone",
    "arrays",
    "as_bits",
    "connect",
    "id_set",
    "ids_as_text",
    "ids_of",
    "in_digits",
    "in_microseconds",
    "insert_into",
    "lost_a_race",
    "moment_at",
    "numbers_of",
    "only",
    "read_ids",
    "read_only",
    "room_for_sets",
    "row_set",
    "shared_alias",
    "spilling",
    "text_set",
    "version_set",
    "what_is_taken",
    "write_turn",
]
