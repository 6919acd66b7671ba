"""When the demo bank's campaigns are carried out, and what each truly changes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.periods import WorkingDays, add_working_days

OPENING, START_OF_WORK = time(7), time(9)


@dataclass(frozen=True)
class RunSpec:
    """A run; `region` limits it to one by number, -1 being the last, None to none.

    `ago` counts days, or working days if `in_work`; a run with a negative one is still to come.
    `false_reports` is the share of sales that are reported on top and were never made.
    `work` is how many working days its work takes; `length` how many days until its end.
    """

    campaign: str
    version: int
    ago: int
    work: int
    length: int
    region: int | None = None
    in_work: bool = False
    base_rate: float = 0.0
    treated_rate: float = 0.0
    reach: float = 0.7
    effort: float = 0.97
    false_reports: float = 0.0

    @property
    def truth(self) -> float:
        """Return by how much treating changes the share of buyers."""
        return self.treated_rate - self.base_rate


FINISHED = (
    RunSpec("KYC", 1, 510, 26, 45, reach=0.85),
    RunSpec("KYC", 1, 390, 26, 45, reach=0.85),
    RunSpec("SAVE", 1, 322, 25, 75, base_rate=0.04, treated_rate=0.09, reach=0.62),
    RunSpec("KYC", 1, 270, 26, 45, reach=0.85),
    RunSpec(
        "HOME", 1, 215, 25, 75, base_rate=0.06, treated_rate=0.08, reach=0.58, false_reports=0.08
    ),
    RunSpec("KYC", 1, 150, 26, 45, reach=0.85),
    RunSpec("GOLD", 1, 130, 25, 75, base_rate=0.05, treated_rate=0.05, reach=0.6),
)


def at_work(regions: int) -> tuple[RunSpec, ...]:
    """Return the runs under way: the sales campaign goes from region to region."""
    invest = [
        RunSpec(
            "INVEST",
            1,
            10 if region == 0 else 5,
            13,
            60,
            region=region,
            in_work=True,
            base_rate=0.02,
            treated_rate=0.05,
            reach=0.6,
        )
        for region in range(regions - 1)
    ]
    return (
        RunSpec("KYC", 2, 22, 19, 60, in_work=True, reach=0.85),
        *invest,
        RunSpec("KYC", 3, 3, 24, 45, in_work=True, reach=0.85),
        RunSpec("INVEST", 1, -3, 13, 60, region=-1, in_work=True),
        RunSpec("SAVE", 1, -4, 25, 45, region=0, in_work=True),
    )


@dataclass(frozen=True)
class Schedule:
    """The days of one run on the bank's calendar."""

    starts_on: date
    ends_on: date
    selected_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    mornings: np.ndarray


def schedule(spec: RunSpec, now: datetime, calendar: WorkingDays) -> Schedule:
    """Lay a run out over the working days around `now`."""
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)  # noqa: S101  the bank's own
    starts_on = _day(spec, now.date(), calendar)
    days = [starts_on]
    while len(days) < spec.work:
        days.append(add_working_days(days[-1], 1, calendar))
    opening = datetime.combine(starts_on, OPENING, zone)
    is_launched = opening <= now
    ends_on = starts_on + timedelta(days=spec.length)
    closing = datetime.combine(ends_on, time(18), zone)
    mornings = [datetime.combine(day, START_OF_WORK, zone) for day in days]
    return Schedule(
        starts_on=starts_on,
        ends_on=ends_on,
        selected_at=min(opening, now) - timedelta(days=3),
        launched_at=opening if is_launched else None,
        finished_at=closing if closing < now else None,
        mornings=np.array([moment(morning) for morning in mornings]),
    )


def _day(spec: RunSpec, today: date, calendar: WorkingDays) -> date:
    if not spec.in_work:
        return add_working_days(today - timedelta(days=spec.ago + 1), 1, calendar)
    if spec.ago < 0:
        return add_working_days(today, -spec.ago, calendar)
    day, left = today, spec.ago
    while left > 0:
        day -= timedelta(days=1)
        left -= calendar.is_working(day)
    return day


def moment(at: datetime) -> np.datetime64:
    """Return a point in time as numpy has it: in UTC, without saying so."""
    return np.datetime64(at.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "us")
