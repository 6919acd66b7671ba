"""Who may have a stage that follows another: by what came of the earlier one, and when it ended."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)

from core.activities.model import Activity, Message
from core.activities.rules import REFUSED_OFFER, SYSTEM_ABORTED, Detail, MessageStatus, Status
from core.campaigns.model import StatusReason
from core.campaigns.rules import Condition
from core.customers.model import CustomerState
from core.database import Moment, id_set, shared_alias
from core.hours import beginning_of
from core.runs.model import Candidate

_EARLIER = shared_alias(Activity, "earlier")
_TOLD = shared_alias(Message, "told")
# Literals: the partial index on what is closed is met by these.
_ENDED = [Status.COMPLETED.literal, Status.CANCELLED.literal]
_YES = (Detail.CONVERTED, Detail.WON, Detail.LOST)  # a lead that was lost began with a yes


@dataclass(frozen=True)
class Following:
    """What a stage waits for: the earlier stage, made by people or sent, and what came of it.

    `ended_on` is the day on which that ended, on the wall of each branch; `zones` are the units
    that are ready by now, by their time zone. Without them every day and unit counts.
    """

    stage_id: int
    earlier_id: int
    is_internal: bool
    condition: Condition
    ended_on: date | None = None
    zones: Mapping[str, Collection[int]] | None = None

    @property
    def ended(self) -> Any:
        """When the earlier stage ended for a customer: a moment, or the day of a message."""
        return _EARLIER.closed_at if self.is_internal else _TOLD.send_on

    def span(self, run_id: int) -> Select[Any]:
        """Select when the earlier stage ended first and last, for anybody and however."""
        of = _EARLIER if self.is_internal else _TOLD
        over = _EARLIER.status.in_(_ENDED) if self.is_internal else true()
        where = (of.run_id == run_id, of.stage_id == self.earlier_id, over)
        ends = (
            func.min(self.ended),
            func.max(self.ended),
        )  # each by itself is one step of an index
        return select(*(select(end).where(*where).scalar_subquery() for end in ends))

    def limits(
        self, rows: Select[*tuple[Any, ...]], *, now: datetime, dialect: str
    ) -> Select[*tuple[Any, ...]]:
        """Restrict a statement over candidates to those who are ready and had no such stage yet."""
        of = _EARLIER if self.is_internal else _TOLD
        rows = rows.join(
            of,
            and_(
                of.run_id == Candidate.run_id,
                of.stage_id == self.earlier_id,
                of.customer_id == Candidate.customer_id,
            ),
        )
        return rows.where(
            _over(self.condition) if self.is_internal else _sent(now),
            self._in_time(dialect),
            ~_has(Activity, self.stage_id),
            ~_has(Message, self.stage_id),
        )

    def _in_time(self, dialect: str) -> ColumnElement[bool]:
        if self.ended_on is None or self.zones is None:
            return true()
        day = self.ended_on
        return or_(
            *(
                and_(
                    CustomerState.branch_id.in_(id_set(dialect, unit_ids)),
                    and_(
                        _EARLIER.closed_at >= _beginning(day, zone),
                        _EARLIER.closed_at < _beginning(day + timedelta(days=1), zone),
                    )
                    if self.is_internal
                    else _TOLD.send_on == day,
                )
                for zone, unit_ids in self.zones.items()
            )
        )


def _over(condition: Condition) -> ColumnElement[bool]:
    """Restrict to earlier activities that people ended, and of which the condition holds."""
    over = _EARLIER.status.in_(_ENDED)
    aborted = func.coalesce(_EARLIER.reason_id, 0) == _reason(SYSTEM_ABORTED)
    refused = func.coalesce(_EARLIER.reason_id, 0) == _reason(REFUSED_OFFER)
    said_no = or_(_EARLIER.detail == Detail.UNSUCCESSFUL, refused)
    given_up = and_(_EARLIER.status == Status.CANCELLED.literal, ~refused)
    holds = {
        Condition.ALWAYS: true(),
        Condition.NOT_REACHED: and_(given_up, _EARLIER.contacted_at.is_(None)),
        Condition.UNDECIDED: and_(given_up, _EARLIER.contacted_at.is_not(None)),
        Condition.DECLINED: said_no,
        Condition.ACCEPTED: _EARLIER.detail.in_(_YES),
    }
    return and_(over, ~aborted, holds[condition])


def _sent(now: datetime) -> ColumnElement[bool]:
    """Restrict to messages that have gone out, as far as is known here."""
    going = _TOLD.status.in_([MessageStatus.QUEUED, MessageStatus.SENT])
    return and_(going, _TOLD.send_on <= now.date())


def _has(table: type[Activity | Message], stage_id: int) -> ColumnElement[bool]:
    return exists().where(
        table.customer_id == Candidate.customer_id,
        table.run_id == Candidate.run_id,
        table.stage_id == stage_id,
    )


def _reason(code: str) -> Any:
    # A bank may have dropped what nobody aborts or refuses by.
    found = select(StatusReason.id).where(StatusReason.code == code).scalar_subquery()
    return func.coalesce(found, -1)


def _beginning(day: date, zone: str) -> ColumnElement[datetime]:
    return literal(beginning_of(day, zone), Moment)
