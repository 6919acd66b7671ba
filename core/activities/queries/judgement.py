"""The pieces of a judgement: what becomes of an activity, and what speaks against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Text, case, cast, literal, null

from core.activities.model import TRACKED, Activity
from core.activities.queries.rows import Rows

Reasons: TypeAlias = Sequence[tuple[ColumnElement[bool], Any]]
# The history has both ends of these only where they moved.
OPTIONAL = ("due_at", "ends_on", "next_action_at", "promise")
# What the history keeps both ends of; beside them stands the version that was judged.
FIELDS = (*TRACKED, *OPTIONAL)


@dataclass(frozen=True)
class Judgement:
    """Rows of `asked_id`, the activity's `kept` columns, and the `objection` or NULL.

    What changes has its new value beside it, as `to_person_id` and so on. Where nothing was
    found to judge, a row has its `asked_id` and objection only.
    """

    rows: Rows
    changes: frozenset[str]
    verb: str
    person_id: int | None = None  # to whom, if it is one person for all
    moves_pending: bool = False  # closes or reopens: customers' states count otherwise


@dataclass(frozen=True)
class Deed:
    """What is done to an activity: its new values, and what speaks against it.

    `first` is judged before whether it changed meanwhile, `then` after; `joined` adds the tables
    that they look at.
    """

    verb: str
    becomes: Mapping[str, ColumnElement[Any]]
    first: Reasons = ()
    then: Reasons = ()
    joined: Callable[[Rows], Rows] = lambda rows: rows
    person_id: int | None = None
    closes: bool = False


def kept() -> list[ColumnElement[Any]]:
    """Return what a judgement tells of an activity as it is."""
    return [Activity.id, Activity.version, *(getattr(Activity, name) for name in FIELDS)]


def named(becomes: Mapping[str, ColumnElement[Any]], reasons: Reasons) -> list[ColumnElement[Any]]:
    """Name the new values, and the first of the reasons that holds."""
    whens = [(when, said(say)) for when, say in reasons]
    objection = cast(case(*whens, else_=null()) if whens else null(), Text).label("objection")
    return [*(value.label(f"to_{name}") for name, value in becomes.items()), objection]


def said(say: Any) -> Any:
    """Return a sentence as SQL; what is SQL already stays as it is."""
    return literal(str(say), Text) if isinstance(say, str) else say
