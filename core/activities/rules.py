"""How an activity lives. Nothing here touches the database."""

from datetime import timedelta
from enum import StrEnum

from core.access import Actor, Permission
from core.database import Coded
from core.lifecycle import Lifecycle, Move


class Status(Coded):
    UNASSIGNED = "Unassigned", 0
    ASSIGNED = "Assigned", 1
    IN_PROGRESS = "In progress", 2
    COMPLETED = "Completed", 3
    CANCELLED = "Cancelled", 4


class Detail(Coded):
    """The detailed status of a completed sales activity: what became of it."""

    CONVERTED = "Converted", 1
    WON = "Won", 2
    LOST = "Lost", 3
    UNSUCCESSFUL = "Unsuccessful", 4


class Outcome(Coded):
    """What a contact came to. Only some of them close a sales activity."""

    ACCEPTED = "accepted", 1
    REFUSED = "refused", 2
    CALL_BACK = "call back", 3
    NOT_REACHED = "not reached", 4
    DONE = "done", 5  # administrative work carried out

    @property
    def is_reached(self) -> bool:
        return self is not Outcome.NOT_REACHED


class Promise(Coded):
    """Whom the customer expects at the next action."""

    MINE_ONLY = "mine only", 1
    ANYONE = "anyone", 2


class RetryEnd(Coded):
    """What becomes of an activity when its tries are used up."""

    CANCEL = "cancel", 1
    POOL = "branch pool", 2


class MessageStatus(Coded):
    QUEUED = "queued", 1
    SENT = "sent", 2
    FAILED = "failed", 3
    WITHDRAWN = "withdrawn", 4


OPEN = frozenset({Status.ASSIGNED, Status.IN_PROGRESS})
PENDING = OPEN | {Status.UNASSIGNED}
CLOSED = frozenset({Status.COMPLETED, Status.CANCELLED})
ENDING_OUTCOMES = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DONE})

_WORK = frozenset({Permission.WORK_ACTIVITIES})
_ASSIGN = frozenset({Permission.ASSIGN_ACTIVITIES})

TAKE = Move("assign to me", frozenset({Status.UNASSIGNED}), Status.ASSIGNED, _WORK)
ASSIGN = Move("assign to person", PENDING, Status.ASSIGNED, _ASSIGN)
RELEASE = Move("release", frozenset({Status.ASSIGNED}), Status.UNASSIGNED, _WORK | _ASSIGN)
ATTEMPT = Move("note an attempt", OPEN, Status.IN_PROGRESS, _WORK)
COMPLETE = Move("complete", OPEN, Status.COMPLETED, _WORK)
CANCEL = Move("cancel", OPEN, Status.CANCELLED, _WORK | _ASSIGN)
# The customer was promised a call that anyone of the branch may make.
LEAVE = Move("leave to anyone", OPEN, Status.UNASSIGNED, _WORK | _ASSIGN)
# What a retry rule decides when its tries are used up.
GIVE_UP = Move(
    "cancel after the last try", frozenset({Status.IN_PROGRESS}), Status.CANCELLED, frozenset()
)
PUT_BACK = Move(
    "put back after the last try", frozenset({Status.IN_PROGRESS}), Status.UNASSIGNED, frozenset()
)
HAND_BACK = Move("hand back", OPEN, Status.UNASSIGNED, frozenset())  # of who is away or left
ABORT = Move("abort", PENDING, Status.CANCELLED, frozenset())
FOLLOW_LEAD = Move("follow the lead", frozenset({Status.COMPLETED}), Status.COMPLETED, _WORK)
LIFECYCLE = Lifecycle(
    initial=(Status.UNASSIGNED, Status.ASSIGNED),
    moves=(
        TAKE,
        ASSIGN,
        RELEASE,
        ATTEMPT,
        COMPLETE,
        CANCEL,
        LEAVE,
        GIVE_UP,
        PUT_BACK,
        HAND_BACK,
        ABORT,
        FOLLOW_LEAD,
    ),
)


def needs_owner(move: Move[Status], actor: Actor) -> bool:
    """Test whether this person may make the move only on work of their own.

    What is done with the customer is the owner's; handing out and taking back is a lead's too.
    """
    if move is TAKE:
        return False
    return not (move.needs & _ASSIGN and actor.may(Permission.ASSIGN_ACTIVITIES))


# No change is open for longer, so after it nothing older can still come to light.
SETTLED = timedelta(minutes=15)
SYSTEM_ABORTED = "system-aborted"  # the code of the reason that no person can choose
REFUSED_OFFER = "refused-offer"  # the code of the reason that is as good as a no


class Urgency(Coded):
    """Where open work belongs in the one ordered list of a person."""

    OVERDUE = "overdue", 1
    PROMISED = "promised", 2  # the customer was told that we call today, or before today
    DUE_TODAY = "due today", 3
    LATER = "later", 4


# What a contact makes of a sales activity that it ends.
DETAIL_OF = {Outcome.ACCEPTED: Detail.CONVERTED, Outcome.REFUSED: Detail.UNSUCCESSFUL}
# What can be noted without ending the activity.
ATTEMPT_OUTCOMES = frozenset({Outcome.CALL_BACK, Outcome.NOT_REACHED})


def uses_up(tries: int, *, most: int, ending: RetryEnd) -> bool:
    """Test whether a try is the last one that a retry rule grants.

    In the branch pool somebody else begins again: every so many tries it goes back there.
    """
    return tries >= most if ending is RetryEnd.CANCEL else tries % most == 0


# What a batch does that moves no status: it changes a date, or takes another batch back.
CHANGE_DUE = "change due date"
MOVE_CALL = "move the call"  # one promise alone, to another time
UNDO = "undo"
# Work of who is away or has left, and what comes back to who was away.
HAND_OVER = "hand over"
RETURN = "return"


class Objection(StrEnum):
    """Why a bulk action leaves an activity as it is, in the order in which it is judged."""

    MISSING = "There is no such activity."
    CLOSED = "The activity is closed."
    TOUCHED = "{} has changed it since."
    NOBODYS = "Nobody has it: it waits in the branch pool."
    BEGUN = "It was begun; give it to somebody instead."
    OTHER_REASON = "Its stage does not offer this reason."
    SAME_DUE = "It is due then already."
    BEFORE_TODAY = "It would be due before today."
    AFTER_RUN = "Its run ends before that day."
    ALREADY = "The person already has it."
    MEANWHILE = "It changed meanwhile; look at it again."
    UNCHOSEN = "Nobody was found for it."
    PROMISED = "Whoever has it promised the call in person."
    RUN_ENDED = "The run has ended."
    UNWELCOME = "The customer does not allow this contact any more."
    MADE = "It was made then; there is nothing before that."
    UNKNOWN = "There is no such person."
    INACTIVE = "The person is not active."
    NOT_WORKING = "The person does not work activities."
    OTHER_BRANCH = "The person is not of the responsible branch."
    TWO_BRANCHES = "The two persons are of different branches."
    PAUSED = "The run is paused; its work waits until it goes on."
    HELD_OUT = "The customer is not to be contacted in this run."
    LEFT_ALONE = (
        "The customer is left alone for now, to tell what campaigns change: no sales contact."
    )
    UNQUALIFIED = 'The person lacks the qualification "{}".'


# What a measurement forbids; every try is journaled.
FORBIDDEN = frozenset({Objection.HELD_OUT, Objection.LEFT_ALONE})
