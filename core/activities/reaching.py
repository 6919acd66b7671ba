"""When a customer may be called: in the contact hours of the branch, after a quiet period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import saying
from core.activities.model import Activity
from core.campaigns.caps import quiet_until
from core.campaigns.rules import ActivityType
from core.hours import WorkingTime
from core.people.queries.working import contact_hours
from core.refusals import Invalid
from core.work import Reader

_MINUTE = timedelta(minutes=1)
_MORNING, _AFTERNOON = time(10), time(14)


@dataclass(frozen=True)
class Reach:
    """When one customer may be called; `hours` are on the wall of the responsible branch."""

    hours: WorkingTime
    quiet_until: datetime | None = None  # after a refusal, where the work is a sale

    def on_wall(self, moment: datetime) -> datetime:
        """Return a moment as the wall of the branch shows it; one without a zone is that already.

        :raises Invalid: the clocks are put forward then, and the time is skipped
        """
        zone = ZoneInfo(self.hours.zone)
        shown = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        real = shown.astimezone(UTC)
        if real.astimezone(shown.tzinfo).replace(tzinfo=None) != shown.replace(tzinfo=None):
            raise Invalid(
                f"{saying.appointment(shown)} does not exist: the clocks are put forward then. "
                f"{self._next_possible(real)}"
            )
        return real.astimezone(zone)

    def next_moment(self, moment: datetime) -> datetime:
        """Return the moment itself where the customer may be called then, else the next such one.

        :raises NeverOpens: the branch has no contact hours
        """
        if self.quiet_until is not None and moment < self.quiet_until:
            moment = self.quiet_until
        return self.hours.next_open(moment)

    def promised(self, wanted: datetime, *, now: datetime) -> datetime:
        """Return the moment, in UTC, if the customer may be called then.

        :raises Invalid: it is over, skipped, or the customer may not be called then; the sentence
            names the next moment that is possible
        """
        on_wall = self.on_wall(wanted)
        moment = on_wall.astimezone(UTC)
        if moment <= now:
            raise Invalid(
                f"The next action must be later than now. {self._next_possible(now + _MINUTE)}"
            )
        if self.quiet_until is not None and moment < self.quiet_until:
            raise Invalid(
                f"The customer refused an offer and is left in peace until "
                f"{self.written(self.quiet_until)}. {self._next_possible(moment)}"
            )
        if not self.hours.is_working(on_wall.date()):
            raise Invalid(
                f"Customers of this branch are not called on {saying.weekday(on_wall)}. "
                f"{self._next_possible(moment)}"
            )
        if not self.hours.is_open(moment):
            raise Invalid(
                f"{saying.appointment(on_wall)} is outside the contact hours of the branch. "
                f"{self._next_possible(moment)}"
            )
        return moment

    def quick_choices(self, now: datetime) -> dict[str, datetime]:
        """Return moments that customers mostly name, of those at which they may be called."""
        return dict(self._quick(now))

    def written(self, moment: datetime) -> str:
        """Write a moment as the wall of the branch shows it."""
        return saying.appointment(moment.astimezone(ZoneInfo(self.hours.zone)))

    def _quick(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        soon = now + timedelta(hours=1)
        if self._may(soon):
            yield "In 1 hour", soon
        today = self.hours.day_of(now)
        afternoon = self._at(today, _AFTERNOON)
        if afternoon > now and self._may(afternoon):
            yield "This afternoon", afternoon
        morning = self._morning(today + timedelta(days=1))
        is_tomorrow = self.hours.day_of(morning) == today + timedelta(days=1)
        yield "Tomorrow morning" if is_tomorrow else "Next working day", morning
        yield "In a week", self._morning(today + timedelta(days=7))

    def _morning(self, day: date) -> datetime:
        """Return the morning of a day, or of the next one on which the customer may be called."""
        first = self.next_moment(self._at(day, time.min))
        return self.next_moment(self._at(self.hours.day_of(first), _MORNING))

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=ZoneInfo(self.hours.zone)).astimezone(UTC)

    def _may(self, moment: datetime) -> bool:
        return self.next_moment(moment) == moment

    def _next_possible(self, moment: datetime) -> str:
        return f"The next possible moment is {self.written(self.next_moment(moment))}."


def reach_of(view: Reader, activity: Activity) -> Reach:
    """Look up when the customer of an activity may be called; the caller has authorized."""
    hours = contact_hours(view.session, [activity.branch_id])[activity.branch_id]
    is_sale = activity.type is ActivityType.SALES
    return Reach(hours, quiet_until(view, activity.customer_id) if is_sale else None)
