"""Work for people: what there is to do, what was done with it, and what came of trying."""

from core.activities.model.activity import Activity
from core.activities.model.batch import REDATED, TRACKED, Batch, BatchRefusal, Change
from core.activities.model.contact import Attempt, Message, RetryRule

__all__ = [
    "REDATED",
    "TRACKED",
    "Activity",
    "Attempt",
    "Batch",
    "BatchRefusal",
    "Change",
    "Message",
    "RetryRule",
]
