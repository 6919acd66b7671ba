"""A bulk action judged row by row: the preview counts what the action then writes and does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, or_, select

from core.activities.model import Activity, Attempt, Change
from core.activities.queries.asked import Asked, What
from core.activities.queries.deeds import deed
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.judgement import Judgement, kept, named
from core.activities.queries.rows import Rows
from core.activities.rules import CLOSED, Objection
from core.activities.scope import among, worked
from core.database import version_set
from core.work import Reader


def judged(view: Reader, what: What, asked: Asked, *, seen_at: datetime | None = None) -> Judgement:
    """Judge everything that was asked for, each activity by itself.

    Of single ids also those that the actor has no say in: they look like not existing.

    :param seen_at: when the requester looked; what changed since is not overridden
    :raises NotFound: there is no such person
    :raises Invalid: the due date would be before today, for all of them
    """
    rows, version = asked_rows(view, asked)
    does = deed(view, what, rows)
    reasons = [(Activity.id.is_(None), Objection.MISSING), (among(*CLOSED), Objection.CLOSED)]
    reasons += does.first
    if version is not None:
        reasons.append((Activity.version != version, Objection.MEANWHILE))
    reasons += does.then
    if seen_at is not None:
        reasons.append((_changed_since(seen_at), Objection.MEANWHILE))
    return Judgement(
        does.joined(rows).add_columns(*named(does.becomes, reasons)),
        changes=frozenset(does.becomes),
        verb=does.verb,
        person_id=does.person_id,
        moves_pending=does.closes,
    )


def asked_rows(view: Reader, asked: Asked) -> tuple[Rows, SQLColumnExpression[int] | None]:
    """Select what was asked for, with the versions that were seen, if anybody looked at any."""
    if isinstance(asked, ActivityFilter):
        rows = select(Activity.id.label("asked_id"), *kept())
        return rows.where(asked.conditions(view), worked(view)), None
    if isinstance(asked, Mapping):
        wanted = version_set(view.dialect, asked).subquery("wanted")
        version = wanted.c.version
    else:
        wanted, version = asked.subquery("wanted"), None
    found = and_(Activity.id == wanted.c.id, worked(view))
    rows = select(wanted.c.id.label("asked_id"), *kept())
    return rows.select_from(wanted).outerjoin(Activity, found), version


def _changed_since(moment: datetime) -> ColumnElement[bool]:
    """Say of each activity whether somebody was there: a try may leave no mark but its own."""
    return or_(
        exists().where(Change.activity_id == Activity.id, Change.at > moment),
        exists().where(Attempt.activity_id == Activity.id, Attempt.at > moment),
    )
