"""What the journal remembers about the work of people."""

from core.activities.events.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityReleased,
    ActivityTaken,
    AttemptNoted,
    OfActivity,
    PromiseLeft,
    PromiseMoved,
)
from core.activities.events.batch import (
    ActivitiesAssigned,
    ActivitiesCancelled,
    ActivitiesRedated,
    ActivitiesReleased,
    ActivitiesSplit,
    BatchUndone,
    OfBatch,
    UnwelcomeWorkEnded,
    notice_of,
)
from core.activities.events.customer import (
    ConsentChanged,
    DoNotContactChanged,
)

__all__ = [
    "ActivitiesAssigned",
    "ActivitiesCancelled",
    "ActivitiesRedated",
    "ActivitiesReleased",
    "ActivitiesSplit",
    "ActivityCancelled",
    "ActivityCompleted",
    "ActivityReleased",
    "ActivityTaken",
    "AttemptNoted",
    "BatchUndone",
    "ConsentChanged",
    "DoNotContactChanged",
    "OfActivity",
    "OfBatch",
    "PromiseLeft",
    "PromiseMoved",
    "UnwelcomeWorkEnded",
    "notice_of",
]
