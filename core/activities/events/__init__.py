"""What the journal remembers about the work of people."""

from core.activities.events.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityReleased,
    ActivityTaken,
    AttemptNoted,
    ContactLeaked,
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
    LeftAloneWorkEnded,
    OfBatch,
    UnwelcomeWorkEnded,
    notice_of,
)
from core.activities.events.customer import (
    ConsentChanged,
    DoNotContactChanged,
)
from core.activities.events.holdout import HoldoutEnded, HoldoutStarted

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
    "ContactLeaked",
    "DoNotContactChanged",
    "HoldoutEnded",
    "HoldoutStarted",
    "LeftAloneWorkEnded",
    "OfActivity",
    "OfBatch",
    "PromiseLeft",
    "PromiseMoved",
    "UnwelcomeWorkEnded",
    "notice_of",
]
