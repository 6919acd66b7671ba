"""How work goes on: what is counted of whom, from cells as at once, and what is foretold."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Role, Scope
from core.activities.model import Activity, Change
from core.activities.rules import Detail, Status
from core.queues.model import ClosedCell, ClosedDay, WorkCell, WorkCount
from core.queues.pace import Pace, Unforeseen
from core.queues.queries.counted import Figures
from core.queues.queries.gathering import By
from core.queues.queries.monitor import monitor, off_pace
from core.queues.upkeep import count_work, keep_counts
from core.refusals import Invalid, NotAllowed
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.work import reading, upkeep
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.runs import launched_run

ANN, BEN, SAM = 1, 2, 4
DAY = timedelta(days=1)
BEGAN = NOW - 21 * DAY


@pytest.fixture
def run(engine):
    """Ann has 1 to 5, Ben 6 to 8, Sam 11 and 12; the rest waits in the pools since three weeks."""
    held = dict.fromkeys(range(1, 6), ANN) | dict.fromkeys(range(6, 9), BEN)
    with Session(engine) as session, session.begin():
        return launched_run(
            session,
            [*w.NORTH_CUSTOMERS, *w.SOUTH_CUSTOMERS],
            held=held | {11: SAM, 12: SAM},
            launched_at=BEGAN,
            starts_on=BEGAN.date(),
            ends_on=(NOW + 30 * DAY).date(),
        )


@pytest.fixture
def close(engine, run):
    """Close the activity of a customer at a moment; `detail` and `reached` as they came out."""

    def complete(customer, at, *, detail=None, reached=True, cancelled_for=None):
        done = cancelled_for is None
        with Session(engine) as session, session.begin():
            session.execute(
                update(Activity)
                .where(Activity.id == run.activities[customer])
                .values(
                    status=Status.COMPLETED if done else Status.CANCELLED,
                    is_completed=done,
                    closed_at=at,
                    contacted_at=at if reached else None,
                    detail=detail,
                    reason_id=cancelled_for,
                )
            )

    return complete


@pytest.fixture
def due(engine, run):
    """Let activities of customers be due at a moment."""

    def move(moment, *customers):
        ids = [run.activities[each] for each in customers]
        with Session(engine) as session, session.begin():
            session.execute(update(Activity).where(Activity.id.in_(ids)).values(due_at=moment))

    return move


@pytest.fixture
def count(engine):
    def carry_out(now=NOW):
        with reading(engine, SYSTEM, now=now) as view:
            counts = count_work(view.session, now=now)
        with upkeep(engine) as session:
            return keep_counts(session, counts)

    return carry_out


@pytest.fixture
def history(close, due):
    """Three weeks of work: some closed before, some today, some late, some due today."""
    due(NOW - 2 * DAY, 1, 2, 6, 11)
    due(NOW + timedelta(hours=5), 3, 7)
    close(1, NOW - 5 * DAY, detail=Detail.CONVERTED)
    close(6, NOW - 4 * DAY, detail=Detail.UNSUCCESSFUL)
    close(4, NOW - timedelta(minutes=30), detail=Detail.WON)
    close(8, NOW - 3 * DAY, reached=False, cancelled_for=w.WRONG_NUMBER)
    close(5, NOW - 3 * DAY, reached=False, cancelled_for=w.ABORTED)
    close(11, NOW - 6 * DAY)


NORTH = Figures(
    unassigned=2, open=3, overdue=1, due=3, closed=4, kept=2, reached=3, converted=2, today=1
)
SOUTH = Figures(unassigned=3, open=1, closed=1, kept=1, reached=1)


def named(told):
    return {row.name: row.figures for row in told.rows}


class TestFigures:
    @pytest.fixture(autouse=True)
    def _history(self, history):
        """Three weeks of work."""

    @pytest.mark.parametrize("by_cells", [False, True])
    def test_are_the_same_at_once_and_from_cells(self, world, ask, count, by_cells):
        if by_cells:
            count()
        told = ask(world.mia, monitor, by=By.BRANCH)

        assert named(told) == {"North": NORTH, "South": SOUTH}
        assert told.total == NORTH + SOUTH
        assert named(ask(world.mia, monitor, by=By.RUN)) == {"RUN-1": NORTH + SOUTH}

    def test_cells_are_read_where_there_are_any(self, engine, world, ask, count, close):
        count()
        close(9, NOW)

        assert named(ask(world.mia, monitor, by=By.BRANCH))["North"] == NORTH
        told = ask(world.mia, monitor, by=By.BRANCH, now=NOW + timedelta(minutes=4))
        assert (named(told)["North"], told.counted_at) == (NORTH, NOW)

    def test_old_counts_are_not_shown(self, world, ask, count):
        count()
        later = NOW + timedelta(minutes=6)

        told = ask(world.mia, monitor, by=By.BRANCH, now=later)

        assert told.counted_at == later
        assert named(told)["North"] == NORTH

    def test_a_lead_sees_the_team_and_the_pool_as_they_are_now(self, world, ask, count, close):
        count()
        close(2, NOW)

        told = ask(world.lea, monitor, by=By.PERSON)

        assert set(named(told)) == {"Branch pool", "Ann Example", "Ben Example"}
        assert named(told)["Branch pool"] == Figures(unassigned=2)
        assert named(told)["Ann Example"].today == 2
        assert told.rows[0].id is None
        assert [row.name for row in ask(world.lea, monitor, by=By.BRANCH).rows] == ["North"]
        assert sum((r.figures for r in told.rows), Figures()) == told.total

    def test_of_teams(self, world, ask):
        told = named(ask(world.lea, monitor, by=By.TEAM))
        assert told["Branch pool"].unassigned == 2
        assert told["North team"] == replace(NORTH, unassigned=0)

    def test_of_one_branch_for_whoever_oversees_many(self, world, ask):
        people = named(ask(world.mia, monitor, by=By.PERSON, branch_id=w.SOUTH))
        assert people == {
            "Branch pool": Figures(unassigned=3),
            "Sam Example": replace(SOUTH, unassigned=0),
        }
        with pytest.raises(Invalid, match="Choose a branch"):
            ask(world.mia, monitor, by=By.TEAM)

    def test_stay_within_the_own_units(self, world, ask, count):
        of_south = replace(world.mia, scope=Scope(unit_ids=(w.SOUTH,)))
        for _ in range(2):
            assert named(ask(of_south, monitor, by=By.BRANCH)) == {"South": SOUTH}
            assert named(ask(of_south, monitor, by=By.RUN)) == {"RUN-1": SOUTH}
            assert ask(of_south, monitor, by=By.PERSON, branch_id=w.NORTH).rows == []
            count()

    def test_work_of_a_run_that_has_ended_is_left_out(self, engine, world, ask, run, count):
        with Session(engine) as session, session.begin():
            session.get_one(Run, run.run_id).status = RunStatus.COMPLETED
        count()
        assert ask(world.mia, monitor, by=By.RUN).rows == []


class TestPermission:
    @pytest.mark.parametrize("who", ["ann", "ada"])
    def test_is_not_for(self, world, ask, run, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), monitor, by=By.RUN)

    @pytest.mark.parametrize("who", ["eve", "pia"])
    def test_an_executive_sees_aggregates_and_no_people(self, world, ask, run, who):
        actor = getattr(world, who)
        assert len(ask(actor, monitor, by=By.BRANCH).rows) == 2
        with pytest.raises(NotAllowed):
            ask(actor, monitor, by=By.PERSON, branch_id=w.NORTH)

    def test_an_auditor_sees_people(self, world, ask, run):
        assert ask(world.tom, monitor, by=By.PERSON, branch_id=w.NORTH).rows

    def test_a_lead_with_another_role_oversees(self, world, ask, run):
        both = replace(
            world.lea,
            roles=frozenset({Role.TEAM_LEAD, Role.CAMPAIGN_MANAGER}),
            scope=Scope(bank_wide=True),
        )
        assert len(ask(both, monitor, by=By.BRANCH).rows) == 2


class TestPace:
    def test_needs_some_days(self, world, ask, history):
        [row] = ask(world.mia, monitor, by=By.RUN).rows
        assert row.unforeseen is Unforeseen.TOO_FEW_CLOSED
        assert row.pace is Pace.BEHIND
        assert row.kept.numerator == 3
        assert row.kept.denominator == 6
        assert [each.id for each in ask(world.mia, off_pace)] == [row.id]

    def test_counts_working_days_only(self, world, ask, close):
        friday, saturday = NOW - 3 * DAY, NOW - 2 * DAY
        close(1, friday)
        close(2, saturday)

        [row] = ask(world.mia, monitor, by=By.RUN).rows

        assert len(row.closed_lately) == 10
        assert row.closed_lately[-1] == 1
        assert sum(row.closed_lately) == 1

    @pytest.mark.parametrize("by_cells", [False, True])
    def test_foretells_the_finish_from_the_last_days(self, world, ask, close, count, by_cells):
        # Two each Monday to Friday, from the first customers on; four are left.
        days = [NOW - n * DAY for n in (12, 11, 10, 7, 6, 5)]
        for n, customer in enumerate([1, 2, 3, 4, 5, 6, 7, 8, 11, 12]):
            close(customer, days[n % len(days)])
        if by_cells:
            count()

        [row] = ask(world.mia, monitor, by=By.RUN).rows

        assert (row.figures.left, sum(row.closed_lately)) == (5, 10)
        assert row.unforeseen is None
        assert row.likely_on == date(2026, 3, 6)  # 5 at one a day, and today is whole
        assert NOW.date() <= row.soonest_on < row.likely_on < row.latest_on
        assert row.pace is Pace.ON

    def test_is_too_slow_when_the_run_ends_before(self, engine, world, ask, close, run):
        for customer in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12):
            close(customer, NOW - 5 * DAY)
        with Session(engine) as session, session.begin():
            session.get_one(Run, run.run_id).ends_on = NOW.date() + 2 * DAY

        [row] = ask(world.mia, monitor, by=By.RUN).rows

        assert row.pace is Pace.LATE
        assert ask(world.mia, off_pace) == [row]

    def test_of_a_new_run_is_too_early(self, engine, world, ask):
        with Session(engine) as session, session.begin():
            launched_run(session, launched_at=NOW)
        [row] = ask(world.mia, monitor, by=By.RUN).rows
        assert (row.pace, row.unforeseen) == (Pace.UNKNOWN, Unforeseen.TOO_FEW_DAYS)
        assert row.closed_lately == ()


class TestCounting:
    def test_keeps_days_that_are_over_once(self, engine, count, history):
        count()
        with Session(engine) as session:
            days = set(session.scalars(select(ClosedDay.day)))
            closed = Counter()
            for cell in session.scalars(select(ClosedCell)):
                closed[cell.day] += cell.closed
        assert days == {(BEGAN + n * DAY).date() for n in range(21)}
        assert closed == {(NOW - n * DAY).date(): 1 for n in (3, 4, 5, 6)}

    def test_again_gives_the_same(self, engine, world, ask, count, history):
        assert count() == 2
        before = ask(world.mia, monitor, by=By.BRANCH)
        assert count() == 2
        assert ask(world.mia, monitor, by=By.BRANCH) == before

    def test_yesterday_is_counted_with_today_until_it_has_settled(
        self, engine, world, ask, count, close
    ):
        close(1, datetime(2026, 3, 1, 23, 50, tzinfo=ZONE))
        just = datetime(2026, 3, 2, 0, 5, tzinfo=ZONE)
        count(just)
        with Session(engine) as session:
            assert session.get(ClosedDay, date(2026, 3, 1)) is None
        assert named(ask(world.mia, monitor, by=By.BRANCH, now=just))["North"].closed == 1
        count(just + timedelta(minutes=20))
        with Session(engine) as session:
            assert session.get(ClosedDay, date(2026, 3, 1)) is not None

    def test_what_was_closed_and_opened_again_is_counted_anew(
        self, engine, world, ask, count, close, run
    ):
        closed_at = NOW - 4 * DAY
        close(8, closed_at, cancelled_for=w.WRONG_NUMBER)
        count()
        assert named(ask(world.mia, monitor, by=By.BRANCH))["North"].closed == 1
        opened = {"status": Status.ASSIGNED, "closed_at": None, "reason_id": None}
        ends = {"from_branch_id": w.NORTH, "to_branch_id": w.NORTH}
        with Session(engine) as session, session.begin():
            id_ = run.activities[8]
            session.execute(
                update(Activity).where(Activity.id == id_).values(**opened, contacted_at=None)
            )
            for at, before, after in (
                (closed_at, Status.ASSIGNED, Status.CANCELLED),
                (NOW + timedelta(minutes=1), Status.CANCELLED, Status.ASSIGNED),
            ):
                session.add(
                    Change(
                        activity_id=id_,
                        at=at,
                        verb="undo",
                        from_status=before,
                        to_status=after,
                        **ends,
                    )
                )
        later = NOW + timedelta(minutes=2)
        count(later)

        assert named(ask(world.mia, monitor, by=By.BRANCH, now=later))["North"].closed == 0
        with Session(engine) as session:
            assert session.scalars(select(ClosedCell)).all() == []

    def test_an_empty_bank_is_counted_too(self, engine, world, ask, count):
        assert count() == 0
        told = ask(world.mia, monitor, by=By.RUN)
        assert (told.rows, told.total, told.counted_at) == ([], Figures(), NOW)
        with Session(engine) as session:
            assert session.get_one(WorkCount, 1).counted_at == NOW
            assert session.scalars(select(WorkCell)).all() == []


class TestStatements:
    @pytest.mark.parametrize("by", [By.RUN, By.BRANCH])
    def test_are_few_from_cells(self, engine, world, ask, count, history, by):
        count()
        assert statements(engine, lambda: ask(world.mia, monitor, by=by)) <= 9

    @pytest.mark.parametrize("by", list(By))
    def test_are_few_for_a_team(self, engine, world, ask, history, by):
        assert statements(engine, lambda: ask(world.lea, monitor, by=by)) <= 9


def statements(engine, look):
    seen = []

    def note(_connection, _cursor, statement, *_):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        look()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
