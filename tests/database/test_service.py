"""What was done in time: one meaning for rows, shares and cells; and leads told in time."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from core.access import Scope
from core.activities.model import Activity, Change
from core.activities.rules import PENDING, Status
from core.calendars.rules import Hours
from core.campaigns.rules import Priority
from core.journal.model import Entry
from core.measures import Rate
from core.refusals import Conflict, Invalid, NotAllowed
from core.service.actions.escalating import Acknowledge, Escalate, acknowledge, escalate
from core.service.actions.levels import SetServiceLevel, set_service_level
from core.service.model import CampaignServiceCell, Escalation, ServiceCell, ServiceDay
from core.service.queries.checking import service_cells_that_differ
from core.service.queries.due import minutes_left
from core.service.queries.escalations import (
    EscalationCounts,
    escalation_counts,
    escalations,
    has_untold,
)
from core.service.queries.levels import LevelRow, service_levels
from core.service.queries.shares import By, Share, Within, met_share, people_share
from core.service.rules import DEFAULTS, Alarm, Level, Standing
from core.service.standing import standing
from core.service.upkeep import MOST_DAYS, fold_service
from core.windows import Window
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.activities import pool_of
from tests.making.calendars import CZECH, calendar_of_unit

ANN, BEN, LEA, SAM, ADA = 1, 2, 3, 4, 10
SYSTEM_ROLES = ("ann", "lea", "mia", "pia", "eve", "ada", "tom")
LATER, EARLIER = timedelta(minutes=1), -timedelta(minutes=1)
FIRST, LAST = date(2026, 2, 1), date(2026, 3, 2)
HIGH = DEFAULTS[Priority.HIGH]


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3, Sam 11; the rest of North and South waits in the pools."""
    held = {1: ANN, 2: ANN, 3: BEN, 11: SAM}
    return pool_of(engine, held=held, starts_on=date(2026, 1, 1))


def at(*parts):
    return datetime(2026, *parts, tzinfo=ZONE)


def put(engine, activity_id, **columns):
    """Bring one activity to where a test needs it."""
    closed = columns.get("status") in (Status.COMPLETED, Status.CANCELLED)
    columns |= {"is_completed": columns.get("status") is Status.COMPLETED} if closed else {}
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).where(Activity.id == activity_id).values(**columns))


def fold(engine, now=NOW):
    with Session(engine) as session, session.begin():
        return fold_service(session, now=now)


def counted(engine, table):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def shares(ask, actor, by=By.BRANCH, first=FIRST, last=LAST, **filters):
    found = ask(actor, met_share, by=by, first=first, last=last, **filters)
    return {share.name: (share.met, share.missed) for share in found}


class TestStanding:
    @pytest.mark.parametrize(
        ("status", "due_at", "closed_at", "expected"),
        [
            (Status.COMPLETED, NOW, NOW, Standing.MET),
            (Status.COMPLETED, NOW, NOW + EARLIER, Standing.MET),
            (Status.COMPLETED, NOW, NOW + LATER, Standing.MISSED),
            (Status.CANCELLED, NOW, NOW, Standing.NOT_COUNTED),
            (Status.CANCELLED, NOW, NOW + LATER, Standing.MISSED),
            *((status, NOW, None, Standing.WAITING) for status in sorted(PENDING)),
            *((status, NOW + EARLIER, None, Standing.MISSED) for status in sorted(PENDING)),
        ],
    )
    def test_is_judged_by_the_due_moment(self, engine, work, status, due_at, closed_at, expected):
        holder = None if status is Status.UNASSIGNED else ANN
        put(engine, work[1], status=status, due_at=due_at, closed_at=closed_at, person_id=holder)

        with Session(engine) as session:
            found = session.scalar(select(standing(NOW)).where(Activity.id == work[1]))

        assert found is expected


class TestShares:
    @pytest.fixture
    def judged(self, engine, work):
        """North: 1 met, 2 late, 3 overdue, 4 cancelled late, 5 not counted; South: 11 met."""
        due = at(2, 27, 17)
        done = {"status": Status.COMPLETED, "due_at": due}
        put(engine, work[1], **done, closed_at=due)
        put(engine, work[2], **done, closed_at=due + LATER)
        put(engine, work[3], due_at=due)
        late = {"status": Status.CANCELLED, "due_at": due}
        put(engine, work[4], **late, closed_at=due + LATER)
        put(engine, work[5], **late, closed_at=due)
        put(engine, work[11], **(done | {"due_at": at(3, 2, 17)}), closed_at=NOW)
        return work

    @pytest.mark.parametrize("folded", [False, True], ids=["counted", "folded"])
    def test_are_told_by_branch_campaign_priority_and_day(self, engine, world, ask, judged, folded):
        if folded:
            assert fold(engine) > 0
            assert counted(engine, ServiceCell) == 1

        assert shares(ask, world.mia) == {"North": (1, 3), "South": (1, 0)}
        for_one = {"campaign_id": 1}
        assert shares(ask, world.mia, By.DAY, **for_one) == shares(ask, world.mia, By.DAY)
        assert shares(ask, world.mia, By.PRIORITY, **for_one) == {"Medium": (2, 3)}
        assert shares(ask, world.mia, By.PRIORITY) == {"Medium": (2, 3)}
        assert shares(ask, world.mia, By.DAY) == {"2026-02-27": (1, 3), "2026-03-02": (1, 0)}
        [campaign] = ask(world.mia, met_share, by=By.CAMPAIGN, first=FIRST, last=LAST)
        assert (campaign.met, campaign.missed) == (2, 3)
        assert campaign.rate == Rate(2, 5)
        assert shares(ask, world.mia, campaign_id=campaign.id) == shares(ask, world.mia)
        assert shares(ask, world.mia, campaign_id=99) == {}
        assert shares(ask, world.mia, unit_id=w.SOUTH) == {"South": (1, 0)}
        assert shares(ask, world.mia, unit_id=w.REGION) == shares(ask, world.mia)
        assert shares(ask, world.mia, first=date(2026, 2, 28)) == {"South": (1, 0)}
        assert shares(ask, world.mia, last=date(2026, 2, 27)) == {"North": (1, 3)}

    @pytest.mark.parametrize("folded", [False, True], ids=["counted", "folded"])
    def test_are_those_of_the_own_scope(self, engine, world, ask, judged, folded):
        if folded:
            fold(engine)

        assert shares(ask, world.lea) == {"North": (1, 3)}
        assert shares(ask, world.lou) == {"South": (1, 0)}
        assert shares(ask, world.lou, unit_id=w.NORTH) == {}
        with pytest.raises(NotAllowed):
            shares(ask, world.ann)

    def test_are_told_by_person_and_team(self, world, ask, judged):
        period = {"first": FIRST, "last": LAST}
        people = ask(world.lea, people_share, by=Within.PERSON, **period)

        assert people == [
            Share(ANN, "Ann Example", 1, 1),
            Share(BEN, "Ben Example", 0, 1),
            Share(None, "Nobody yet", 0, 1),
        ]
        assert ask(world.lea, people_share, by=Within.TEAM, **period) == [
            Share(w.TEAM_NORTH, "North team", 1, 2),
            Share(None, "No team", 0, 1),
        ]
        assert ask(world.lou, people_share, by=Within.PERSON, unit_id=w.NORTH, **period) == [
            Share(SAM, "Sam Example", 1, 0)
        ]
        assert ask(world.tom, people_share, by=Within.PERSON, unit_id=w.NORTH, **period) == people
        for name in ("ann", "eve", "pia"):
            with pytest.raises(NotAllowed):
                ask(getattr(world, name), people_share, by=Within.PERSON, **period)

    @pytest.mark.parametrize(
        ("first", "last"), [(LAST, FIRST), (date(2024, 1, 1), LAST)], ids=["turned", "long"]
    )
    def test_need_a_period(self, world, ask, first, last):
        for query, by in ((met_share, By.DAY), (people_share, Within.PERSON)):
            with pytest.raises(Invalid, match="Choose a period of 1 to 400 days"):
                ask(world.lea, query, by=by, first=first, last=last)

    def test_of_the_future_are_not_known(self, engine, world, ask, work):
        done = {"status": Status.COMPLETED, "closed_at": NOW}
        put(engine, work[1], due_at=at(3, 9, 17), **done)

        assert shares(ask, world.mia, last=date(2026, 3, 31)) == {}

    def test_take_few_statements_however_long_the_period(self, engine, world, ask, judged):
        fold(engine)
        seen = []

        def note(*args):
            seen.append(args[2])

        event.listen(engine, "before_cursor_execute", note)
        shares(ask, world.mia)
        month = len(seen)
        shares(ask, world.mia, first=date(2025, 3, 2))
        event.remove(engine, "before_cursor_execute", note)

        assert len(seen) == 2 * month


class TestFolding:
    def test_takes_days_that_are_over_the_latest_first_and_each_once(self, engine, work):
        assert fold(engine) == MOST_DAYS
        assert fold(engine) == (NOW.date() - date(2026, 1, 1)).days - MOST_DAYS
        assert fold(engine) == 0
        with Session(engine) as session:
            assert session.scalar(select(func.max(ServiceDay.day))) == date(2026, 3, 1)

    def test_waits_until_nothing_of_a_day_can_still_be_under_way(self, engine, work):
        midnight = datetime.combine(date(2026, 3, 2), time(), tzinfo=ZONE)

        fold(engine, midnight + timedelta(minutes=14))
        with Session(engine) as session:
            assert session.scalar(select(func.max(ServiceDay.day))) == date(2026, 2, 28)
        fold(engine, midnight + timedelta(minutes=15))
        with Session(engine) as session:
            assert session.scalar(select(func.max(ServiceDay.day))) == date(2026, 3, 1)

    def test_of_a_bank_without_runs_does_nothing(self, engine):
        assert fold(engine) == 0

    def test_is_proved(self, engine, world, ask, work):
        put(engine, work[1], due_at=at(2, 20, 17))
        fold(engine)
        assert ask(world.tom, service_cells_that_differ) == 0

        with Session(engine) as session, session.begin():
            session.scalars(select(ServiceCell)).one().missed = 2
            session.scalars(select(CampaignServiceCell)).one().met = 1
        assert ask(world.tom, service_cells_that_differ) == 2
        with pytest.raises(NotAllowed):
            ask(world.eve, service_cells_that_differ)

    @pytest.mark.parametrize("seed", range(3))
    def test_never_changes_what_is_told(self, engine, world, ask, seed):
        chance = random.Random(seed)  # noqa: S311  a test's own
        ids, now = list(pool_of(engine, starts_on=date(2026, 2, 15)).values()), NOW
        with Session(engine) as session, session.begin():
            for id_ in ids:
                day = chance.randint(15, 28)
                session.get_one(Activity, id_).due_at = at(2, day, chance.randint(8, 23))
        for _ in range(25):
            now += timedelta(minutes=chance.randint(0, 20))
            step(engine, chance, chance.choice(ids), now)
            if chance.random() < 0.5:
                fold(engine, now)
            told = ask(world.mia, met_share, by=By.DAY, first=FIRST, last=LAST, now=now)
            assert {share.name: (share.met, share.missed) for share in told} == plain(engine, now)
        assert ask(world.tom, service_cells_that_differ, now=now) == 0


def step(engine, chance, activity_id, now):
    """Do one of the things that people do, with its history, as the actions write it."""
    with Session(engine) as session, session.begin():
        activity = session.get_one(Activity, activity_id)
        before, due = activity.status, activity.due_at
        if before in (Status.COMPLETED, Status.CANCELLED):
            if before is Status.COMPLETED:
                return
            activity.status, activity.closed_at = Status.UNASSIGNED, None  # an undo
            activity.person_id = None
        elif (choice := chance.random()) < 0.4:
            activity.due_at = at(2, chance.randint(15, 28), 17)
        elif choice < 0.7:
            activity.status, activity.closed_at = Status.CANCELLED, now
        elif choice < 0.9:
            activity.status, activity.closed_at = Status.COMPLETED, now
            activity.is_completed, activity.person_id = True, ANN
        else:
            activity.branch_id = w.SOUTH
        moved = activity.due_at != due
        session.add(
            Change(
                activity_id=activity_id,
                at=now,
                verb="test",
                from_status=before,
                to_status=activity.status,
                from_branch_id=w.NORTH,
                to_branch_id=activity.branch_id,
                from_due_at=due if moved else None,
                to_due_at=activity.due_at if moved else None,
            )
        )


def plain(engine, now):
    """Judge every activity one by one, in words of its own."""
    days = {}
    with Session(engine) as session:
        for activity in session.scalars(select(Activity)):
            ended = activity.closed_at or now
            if activity.status is Status.CANCELLED and ended <= activity.due_at:
                continue
            if activity.status in PENDING and activity.due_at >= now:
                continue
            in_time = activity.status is Status.COMPLETED and ended <= activity.due_at
            met, missed = days.get(day := activity.due_at.astimezone(ZONE).date(), (0, 0))
            days[day] = (met + in_time, missed + (not in_time))
    return {day.isoformat(): counts for day, counts in sorted(days.items())}


class TestLevels:
    def test_are_the_banks_own_or_by_default(self, do, ask, world):
        asked = SetServiceLevel(Priority.HIGH, Level(5_000, 9_900), before=HIGH)
        do(world.ada, set_service_level, asked)

        first, second, *_ = ask(world.lea, service_levels)
        assert first == LevelRow(Priority.HIGH, 5_000, 9_900, is_default=False)
        assert second == LevelRow(Priority.MEDIUM, 7_000, 9_000, is_default=True)
        with pytest.raises(Conflict, match="High was changed meanwhile"):
            do(world.ada, set_service_level, asked)
        do(world.ada, set_service_level, replace(asked, before=asked.level, level=HIGH))

    @pytest.mark.parametrize("name", [name for name in SYSTEM_ROLES if name != "ada"])
    def test_are_set_by_administrators_only(self, do, world, name):
        with pytest.raises(NotAllowed):
            do(
                getattr(world, name),
                set_service_level,
                SetServiceLevel(Priority.HIGH, Level(1, 1), before=HIGH),
            )

    @pytest.mark.parametrize(
        ("at_risk_bp", "target_bp", "field"),
        [(0, 1, "share of time"), (10_001, 1, "share of time"), (1, 0, "target")],
    )
    def test_are_shares(self, at_risk_bp, target_bp, field):
        with pytest.raises(Invalid, match=field):
            Level(at_risk_bp, target_bp)


class TestMinutesLeft:
    def test_are_those_of_the_branchs_calendar(self, do, ask, engine, world, work):
        calendar_of_unit(do, world, w.NORTH)
        put(engine, work[1], due_at=at(3, 3, 17), person_id=ANN, status=Status.ASSIGNED)
        put(engine, work[2], due_at=at(2, 27, 17))
        put(engine, work[11], due_at=at(3, 3, 17))

        # In Prague it is ten; lunch is from twelve to one, and it closes at six.
        left = ask(world.lea, minutes_left, activity_ids=[work[1], work[2], work[11]])
        assert left == {work[1]: (8 - 1 + 9) * 60, work[2]: -2 * 60}
        assert ask(world.lou, minutes_left, activity_ids=[work[11]]) == {work[11]: 16 * 60}

    def test_are_told_of_pending_work_only(self, ask, engine, world, work):
        put(engine, work[1], status=Status.COMPLETED, closed_at=NOW)

        assert ask(world.lea, minutes_left, activity_ids=[work[1]]) == {}
        assert ask(world.lea, minutes_left, activity_ids=[]) == {}


class TestEscalations:
    """Medium work is at risk when seven tenths of its working time are used up."""

    @pytest.fixture
    def due(self, engine, work):
        """Work of Monday 23 February: 10 days of 8 hours until Friday 6 March at five."""
        with Session(engine) as session, session.begin():
            session.execute(
                update(Activity).values(activity_on=date(2026, 2, 23), due_at=at(3, 6, 17))
            )
        return work

    def told(self, engine):
        with Session(engine) as session:
            rows = session.execute(select(Escalation.activity_id, Escalation.alarm))
            return {(row.activity_id, row.alarm) for row in rows}

    @pytest.mark.parametrize(
        ("now", "at_risk"),
        [(at(3, 3, 16, 59), 0), (at(3, 3, 17), 15), (at(3, 4, 9), 15)],
    )
    def test_come_when_the_share_of_working_time_is_used_up(
        self, do, ask, world, due, now, at_risk
    ):
        assert ask(world.mia, has_untold, now=now) is bool(at_risk)

        fact = do(world.mia, escalate, Escalate(), now=now)

        assert (fact.at_risk, fact.missed) == (at_risk, 0)
        assert not ask(world.mia, has_untold, now=now)

    def test_come_later_where_the_last_days_are_longer(self, do, engine, world, due):
        long = (Hours(3, 0, 1440), Hours(4, 0, 1440), *CZECH.hours[:6])
        calendar_of_unit(do, world, w.NORTH, replace(CZECH, zone="Europe/London", hours=long))

        do(world.mia, escalate, Escalate(), now=at(3, 3, 17))

        assert {id_ for id_, _ in self.told(engine)} == {due[n] for n in w.SOUTH_CUSTOMERS}

    def test_come_once_for_each_alarm_and_in_sum_in_the_journal(self, do, engine, world, due):
        put(engine, due[1], due_at=NOW - LATER)

        first = do(world.mia, escalate, Escalate())
        again = do(world.mia, escalate, Escalate())
        late = do(world.mia, escalate, Escalate(), now=at(3, 9, 9))

        assert (first.at_risk, first.missed, first.branch_ids) == (0, 1, (w.NORTH,))
        assert (again.at_risk, again.missed, again.branch_ids) == (0, 0, ())
        assert (late.at_risk, late.missed, late.branch_ids) == (0, 14, (w.NORTH, w.SOUTH))
        assert self.told(engine) == {(id_, Alarm.MISSED) for id_ in due.values()}
        told = select(Entry.facts).where(Entry.kind == "work.escalated").order_by(Entry.id)
        with Session(engine) as session:
            assert [fact["missed"] for fact in session.scalars(told)] == [1, 0, 14]

    def test_call_nothing_missed_before_it_is(self, do, ask, engine, world, due):
        moment = at(3, 6, 17)

        fact = do(world.mia, escalate, Escalate(), now=moment)

        assert (fact.at_risk, fact.missed) == (15, 0)  # its due moment is still in time
        with Session(engine) as session:
            assert set(session.scalars(select(standing(moment)))) == {Standing.WAITING}
        assert not ask(world.mia, has_untold, now=moment)
        assert ask(world.mia, has_untold, now=moment + LATER)
        assert do(world.mia, escalate, Escalate(), now=moment + LATER).missed == 15

    def test_keep_who_had_it_then_and_when_it_was_due(self, do, engine, world, due):
        do(world.mia, escalate, Escalate(), now=at(3, 9, 9))
        put(engine, due[1], person_id=BEN, due_at=at(3, 20, 17))

        with Session(engine) as session:
            kept = session.get_one(Escalation, (due[1], Alarm.MISSED))
        assert (kept.person_id, kept.due_at, kept.branch_id) == (
            ANN,
            at(3, 6, 17).astimezone(UTC),
            w.NORTH,
        )

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
    def test_leave_what_is_closed(self, do, engine, world, due, status):
        put(engine, due[1], status=status, closed_at=NOW)

        do(world.mia, escalate, Escalate(), now=at(3, 9, 9))

        assert (due[1], Alarm.MISSED) not in self.told(engine)
        assert len(self.told(engine)) == 14

    def test_are_listed_for_the_lead_of_the_team_where_they_are_worst(
        self, do, ask, engine, world, due
    ):
        do(world.mia, escalate, Escalate(), now=at(3, 4, 9))
        put(engine, due[1], due_at=at(3, 4, 10))
        now = at(3, 4, 11)
        do(world.mia, escalate, Escalate(), now=now)
        put(engine, due[2], status=Status.COMPLETED, closed_at=now)

        part = ask(world.lea, escalations, now=now)

        assert part.total == 9
        assert [row.alarm for row in part.rows] == [Alarm.MISSED] + [Alarm.AT_RISK] * 8
        [first] = [row for row in part.rows if row.id == due[1]]
        assert (first.person, first.minutes_left) == ("Ann Example", -60)
        assert first.customer == "Customer 01 Example"
        assert ask(world.lea, escalation_counts, now=now) == EscalationCounts(8, 1)
        only = ask(world.lea, escalations, alarm=Alarm.MISSED, now=now)
        assert [row.id for row in only.rows] == [due[1]]
        south = ask(world.lou, escalations, window=Window(size=2), now=now)
        assert (south.total, len(south.rows)) == (5, 2)
        assert ask(world.lou, escalation_counts, now=now) == EscalationCounts(5, 0)

    @pytest.mark.parametrize("sort", ["due", "priority", "person", "told"])
    def test_are_sorted(self, do, ask, world, due, sort):
        do(world.mia, escalate, Escalate(), now=at(3, 9, 9))

        assert ask(world.lea, escalations, window=Window(sort=sort)).total == 10

    def test_are_seen_by_the_lead(self, do, ask, engine, world, due):
        now = at(3, 9, 9)
        do(world.mia, escalate, Escalate(), now=now)

        chosen = do(world.lea, acknowledge, Acknowledge(now, [due[1], due[11]]), now=now)
        rest = do(world.lea, acknowledge, Acknowledge(now), now=now)

        assert (chosen.count, chosen.branch_ids) == (1, (w.NORTH,))
        assert rest.count == 9
        assert ask(world.lea, escalation_counts, now=now) == EscalationCounts(0, 0)
        assert ask(world.lou, escalation_counts, now=now) == EscalationCounts(0, 5)
        with Session(engine) as session:
            assert session.get_one(Escalation, (due[1], Alarm.MISSED)).seen_by == LEA
        with pytest.raises(Invalid, match="seen these escalations already"):
            do(world.lea, acknowledge, Acknowledge(now, [due[1]]), now=now)

    def test_that_came_after_the_lead_looked_wait(self, do, ask, world, due):
        do(world.mia, escalate, Escalate(), now=at(3, 9, 9))

        with pytest.raises(Invalid):
            do(world.lea, acknowledge, Acknowledge(at(3, 9, 8)), now=at(3, 9, 10))

        assert ask(world.lea, escalation_counts, now=at(3, 9, 10)).missed == 10

    def test_are_a_leads(self, do, ask, world, due):
        with pytest.raises(Invalid, match="at least one"):
            Acknowledge(NOW, [])
        for name in ("ann", "mia", "pia", "eve", "ada", "tom"):
            with pytest.raises(NotAllowed):
                do(getattr(world, name), acknowledge, Acknowledge(NOW))
            with pytest.raises(NotAllowed):
                ask(getattr(world, name), escalations)
            with pytest.raises(NotAllowed):
                ask(getattr(world, name), escalation_counts)
        for name in ("ann", "lea", "pia", "eve", "ada", "tom"):
            with pytest.raises(NotAllowed):
                do(getattr(world, name), escalate, Escalate())

    def test_of_another_branch_stay_out_of_reach(self, do, world, due):
        now = at(3, 9, 9)
        do(world.mia, escalate, Escalate(), now=now)
        wide = replace(world.lea, scope=Scope(bank_wide=True))

        with pytest.raises(Invalid):
            do(wide, acknowledge, Acknowledge(now, [due[11]]), now=now)
