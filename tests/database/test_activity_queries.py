"""What people see of the work: their own, their branch's, their team's, and names as they may."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import and_, event, select, update
from sqlalchemy.orm import Session

from core.access import Role, Scope
from core.activities.actions.taking import TakeNext, take_next
from core.activities.actions.working import Cancel, NoteAttempt, cancel, note_attempt
from core.activities.model import Activity
from core.activities.queries.choices import choices
from core.activities.queries.counts import (
    MyCounts,
    PersonLoad,
    my_counts,
    team_counts,
    workload,
)
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.history import attempts, history
from core.activities.queries.lists import (
    Neighbours,
    count_team,
    my_closed,
    my_list,
    neighbours,
    pool,
    team_list,
)
from core.activities.queries.receivers import colleagues
from core.activities.queries.sheet import reasons, sheet
from core.activities.rules import Outcome, Promise, Status, Urgency
from core.activities.scope import pending, pending_seen, seen
from core.campaigns.rules import Priority, ReasonUse
from core.customers.model import CustomerState
from core.people.model import Absence, Person
from core.people.rules import AbsenceKind
from core.refusals import Invalid, NotAllowed, NotFound
from core.windows import Window
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import AHEAD, calendar_of_unit

ANN, BEN, LEA, SAM = 1, 2, 3, 4


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3, Sam 11; the rest of North and South waits in the pools."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


def ids(part):
    return [each.id for each in part.rows]


def of(work, *customers):
    return [work[n] for n in customers]


class TestScope:
    def test_an_agent_sees_the_own_work_and_the_own_branchs_pool(self, world, ask, work):
        assert sorted(ids(ask(world.ann, my_list))) == of(work, 1, 2)
        assert sorted(ids(ask(world.ann, pool))) == of(work, *range(4, 11))
        assert sorted(ids(ask(world.sam, my_list))) == of(work, 11)
        assert sorted(ids(ask(world.sam, pool))) == of(work, *range(12, 16))

    def test_the_pool_is_the_own_branchs_however_wide_the_scope(self, world, ask, work):
        wide = replace(world.ann, scope=Scope(unit_ids=(w.NORTH, w.SOUTH)))
        assert sorted(ids(ask(wide, pool))) == of(work, *range(4, 11))

    def test_a_lead_sees_the_team_and_the_branchs_unassigned(self, world, ask, work):
        everything = ActivityFilter()
        assert sorted(ids(ask(world.lea, team_list, matching=everything))) == of(
            work, *range(1, 11)
        )
        assert sorted(ids(ask(world.lou, team_list, matching=everything))) == of(
            work, *range(11, 16)
        )

    def test_a_lead_of_one_of_two_teams_sees_only_that_teams_people(self, world, ask, work):
        other_team = replace(world.lea, scope=Scope(unit_ids=(w.NORTH,), team_id=77))

        seen = ids(ask(other_team, team_list, matching=ActivityFilter()))

        assert sorted(seen) == of(work, *range(4, 11))

    def test_oversight_is_limited_to_the_own_units(self, world, ask, work):
        assert ask(world.mia, count_team, matching=ActivityFilter()) == 15
        assert ask(world.tom, count_team, matching=ActivityFilter()) == 15
        of_south = replace(world.mia, scope=Scope(unit_ids=(w.SOUTH,)))
        assert ask(of_south, count_team, matching=ActivityFilter()) == 5

    @pytest.mark.parametrize("who", ["ann", "pia", "eve", "ada"])
    def test_the_team_list_is_not_for(self, world, ask, work, who):
        for query in (team_list, count_team):
            with pytest.raises(NotAllowed):
                ask(getattr(world, who), query, matching=ActivityFilter())

    @pytest.mark.parametrize("query", [my_list, my_closed, pool, my_counts])
    @pytest.mark.parametrize("who", ["mia", "eve", "ada", "tom"])
    def test_the_own_lists_are_not_for(self, world, ask, query, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), query)

    def test_roles_add_up(self, world, ask, work):
        both = replace(world.lea, roles=frozenset({Role.TEAM_LEAD, Role.AGENT}))

        assert ask(both, pool).total == 7
        assert ask(both, count_team, matching=ActivityFilter()) == 10

    @pytest.mark.parametrize("query", [sheet, history, attempts])
    def test_out_of_scope_looks_like_not_existing(self, world, ask, work, query):
        told = set()
        for who, activity_id in (
            (world.ann, work[3]),  # a colleague's
            (world.ann, work[12]),  # another branch's pool
            (world.lou, work[1]),  # another team's
            (world.ann, 999),  # nobody's
        ):
            with pytest.raises(NotFound) as refusal:
                ask(who, query, activity_id=activity_id)
            told.add(str(refusal.value))
        assert len(told) == 1
        with pytest.raises(NotAllowed):
            ask(world.eve, query, activity_id=work[1])

    def test_reasons_of_what_is_out_of_scope_are_none(self, world, ask, work):
        use = ReasonUse.CANCELLED
        assert ask(world.ann, reasons, activity_id=work[3], use=use) == []
        assert len(ask(world.ann, reasons, activity_id=work[1], use=use)) == 4

    @pytest.mark.parametrize(
        "who", ["ann", "ben", "lea", "sam", "lou", "mia", "tom", "eve", "ada", "both", "narrow"]
    )
    def test_what_is_pending_of_it_is_found_alike(self, engine, world, ask, work, who):
        """Ben is now of South, with work of North in hand; 1 and 12 are done."""
        actors = {
            "both": replace(world.lea, roles=frozenset({Role.TEAM_LEAD, Role.CAMPAIGN_MANAGER})),
            "narrow": replace(world.mia, scope=Scope(unit_ids=(w.SOUTH,))),
        }
        with Session(engine) as session, session.begin():
            done = Activity.id.in_([work[1], work[12]])
            session.execute(
                update(Activity)
                .where(done)
                .values(status=Status.COMPLETED, is_completed=True, closed_at=NOW)
            )
            session.execute(
                update(Person).where(Person.id == BEN).values(unit_id=w.SOUTH, team_id=2)
            )

        def both_ways(view):
            ways = (and_(pending(), seen(view)), pending_seen(view))
            return [set(view.session.scalars(select(Activity.id).where(way))) for way in ways]

        whole, in_parts = ask(actors.get(who) or getattr(world, who), both_ways)
        assert in_parts == whole


class TestNames:
    def test_are_full_in_the_own_work_and_in_what_can_be_taken(self, world, ask, work):
        [first, _] = sorted(ask(world.ann, my_list).rows, key=lambda each: each.id)
        assert (first.customer, first.pin) == ("Customer 01 Example", "19010101-0001")
        assert all("Example" in each.customer for each in ask(world.ann, pool).rows)

    def test_a_lead_reads_those_of_the_team_and_its_pool(self, world, ask, work):
        rows = ask(world.lea, team_list, matching=ActivityFilter()).rows
        assert all("Example" in each.customer for each in rows)

    @pytest.mark.parametrize("who", ["mia", "tom"])
    def test_are_masked_above_the_team(self, world, ask, work, who):
        actor = getattr(world, who)
        rows = ask(actor, team_list, matching=ActivityFilter()).rows
        assert {each.customer for each in rows} <= {f"C••• {n}••• E•••" for n in (0, 1)}
        assert {each.pin[:4] for each in rows} == {"••••"}
        one = ask(actor, sheet, activity_id=work[1])
        assert one.row.customer == "C••• 0••• E•••"
        assert "Customer 01" not in one.script

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_another_role_shows_no_more_of_them(self, world, ask, work, who):
        actor = getattr(world, who)
        wide = replace(actor.scope, unit_ids=(), bank_wide=True)
        both = replace(actor, roles=actor.roles | {Role.CAMPAIGN_MANAGER}, scope=wide)

        rows = ask(both, team_list, matching=ActivityFilter()).rows

        assert len(rows) == 15
        assert {each.branch for each in rows if "Example" in each.customer} == {"North"}

    def test_cannot_be_searched_where_they_cannot_be_read(self, world, ask, work):
        named = ActivityFilter(text="customer 01")
        assert ids(ask(world.lea, team_list, matching=named)) == of(work, 1)
        assert ask(world.lea, count_team, matching=ActivityFilter(text="C1")) == 2
        assert ask(world.mia, team_list, matching=named).total == 0
        assert ask(world.lou, team_list, matching=named).total == 0

    def test_do_not_show_through_the_order(self, engine, world, ask, work):
        by_name = Window(sort="customer", descending=True)
        assert ids(ask(world.mia, team_list, matching=ActivityFilter(), window=by_name)) == sorted(
            work.values()
        )
        first = ask(world.lea, team_list, matching=ActivityFilter(), window=by_name).rows[0]
        assert first.customer == "Customer 10 Example"

    def test_search_takes_wildcards_as_they_are_typed(self, world, ask, work):
        for text in ("%", "_", "\\"):
            assert ask(world.lea, count_team, matching=ActivityFilter(text=text)) == 0


class TestOrder:
    def test_overdue_then_promised_then_due_then_by_priority(self, engine, world, do, ask):
        day = timedelta(days=1)
        high = pool_of(engine, [1, 2], held={1: ANN, 2: ANN}, campaign={"priority": Priority.HIGH})
        low = pool_of(
            engine,
            [3, 4, 5, 6],
            held=dict.fromkeys((3, 4, 5, 6), ANN),
            campaign={"priority": Priority.LOW},
        )
        when = {
            high[1]: {"due_at": NOW + 5 * day},
            high[2]: {"due_at": NOW + 5 * day},
            low[3]: {"due_at": NOW - day},
            low[4]: {
                "due_at": NOW + 3 * day,
                "next_action_at": NOW + timedelta(hours=2),
                "promise": Promise.MINE_ONLY,
            },
            low[5]: {"due_at": NOW + timedelta(hours=1)},
            low[6]: {"due_at": NOW + 5 * day},
        }
        for id_, values in when.items():
            change(engine, id_, **values)

        rows = ask(world.ann, my_list).rows

        assert [each.id for each in rows] == [low[3], low[4], low[5], high[1], high[2], low[6]]
        assert [each.urgency for each in rows] == [
            Urgency.OVERDUE,
            Urgency.PROMISED,
            Urgency.DUE_TODAY,
            *[Urgency.LATER] * 3,
        ]

    def test_the_more_valuable_customer_comes_first_where_all_else_is_equal(
        self, engine, world, ask, arrange
    ):
        work = pool_of(engine, [1, 2, 3], held=dict.fromkeys((1, 2, 3), ANN))
        for customer_id, value in ((2, 100), (3, 900)):
            worth = update(CustomerState).where(CustomerState.customer_id == customer_id)
            arrange(lambda session, of=worth, it=value: session.execute(of.values(yearly_value=it)))

        assert ids(ask(world.ann, my_list)) == of(work, 3, 2, 1)

    def test_what_is_to_be_taken_up_on_a_later_day_comes_last(self, engine, world, ask):
        work = pool_of(engine, [1, 2, 3], held=dict.fromkeys((1, 2, 3), ANN))
        day = timedelta(days=1)
        change(engine, work[1], due_at=NOW - day, next_action_at=NOW + 3 * day)
        change(engine, work[2], next_action_at=NOW + 2 * day, promise=Promise.MINE_ONLY)

        rows = ask(world.ann, my_list).rows

        assert [each.id for each in rows] == of(work, 3, 2, 1)
        assert rows[-1].urgency is Urgency.OVERDUE  # it still is

    def test_a_try_that_is_due_today_was_promised_to_nobody(self, engine, world, ask):
        work = pool_of(engine, [1], held={1: ANN})
        change(engine, work[1], next_action_at=NOW + timedelta(hours=1))

        assert ask(world.ann, my_list).rows[0].urgency is Urgency.DUE_TODAY
        assert ask(world.ann, my_counts).callbacks == 0

    def test_the_way_through_the_own_list_comes_back_to_its_beginning(self, world, ask, engine):
        work = pool_of(engine, held={1: ANN, 2: ANN, 3: ANN})

        way = {n: ask(world.ann, neighbours, activity_id=work[n]) for n in (1, 2, 3)}

        assert way == {
            1: Neighbours(None, work[2]),
            2: Neighbours(work[1], work[3]),
            3: Neighbours(work[2], work[1]),
        }
        assert ask(world.ann, neighbours, activity_id=work[4]) == Neighbours(None, work[1])
        assert ask(world.ben, neighbours, activity_id=work[1]) == Neighbours(None, None)
        only = ask(world.ann, neighbours, activity_id=work[1], of_type=ADMINISTRATIVE)
        assert only == Neighbours(None, None)

    def test_today_ends_at_midnight_on_the_banks_wall(self, engine, world, ask, work):
        midnight = datetime(2026, 3, 3, tzinfo=ZONE)
        change(engine, work[1], due_at=midnight)
        change(engine, work[2], due_at=midnight - timedelta(microseconds=1))

        urgencies = {each.id: each.urgency for each in ask(world.ann, my_list).rows}

        assert urgencies == {work[1]: Urgency.LATER, work[2]: Urgency.DUE_TODAY}

    def test_the_pool_is_in_the_order_in_which_next_gives_it(self, engine, world, do, ask):
        pool_of(engine, [1, 2], campaign={"priority": Priority.LOW})
        pool_of(engine, [3, 4], campaign={"priority": Priority.HIGH})

        listed = ids(ask(world.ann, pool))

        assert [do(world.ann, take_next, TakeNext()).activity_id for _ in listed] == listed

    def test_closed_work_has_no_urgency_and_comes_latest_first(self, engine, world, do, ask, work):
        do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))
        later = NOW + timedelta(minutes=1)
        do(world.ann, cancel, Cancel(work[1], w.NO_ANSWER), now=later)

        rows = ask(world.ann, my_closed).rows
        assert [each.id for each in rows] == of(work, 1, 2)
        assert {each.urgency for each in rows} == {None}
        assert rows[0].reason == "Client didn't answer"

    def test_windows_never_overlap(self, world, ask, work):
        seen = []
        for first in (0, 4, 8):
            window = Window("due", first=first, size=4)
            seen += ids(ask(world.lea, team_list, matching=ActivityFilter(), window=window))
        assert sorted(seen) == of(work, *range(1, 11))

    @pytest.mark.parametrize("sort", ["priority", "customer", "campaign", "person", "closed"])
    def test_can_be_sorted(self, world, ask, work, sort):
        window = Window(sort=sort)
        assert ask(world.lea, team_list, matching=ActivityFilter(), window=window).total == 10


class TestFilters:
    @pytest.mark.parametrize(
        ("narrowed", "customers"),
        [
            ({"person_id": ANN}, [1, 2]),
            ({"statuses": frozenset({Status.UNASSIGNED})}, range(4, 11)),
            ({"statuses": frozenset()}, range(1, 11)),
            ({"types": frozenset({ADMINISTRATIVE})}, []),
            ({"types": frozenset({SALES})}, range(1, 11)),
            ({"priorities": frozenset({Priority.VERY_LOW})}, []),
            ({"branch_id": w.SOUTH}, []),
            ({"subtype_id": 1}, range(1, 11)),
            ({"subtype_id": 2}, []),
            ({"campaign_id": 999}, []),
            ({"run_id": 1}, range(1, 11)),
            ({"overdue": True}, [4]),
            ({"due_to": date(2026, 3, 1)}, [4]),
            ({"due_from": date(2026, 3, 2), "due_to": date(2026, 3, 2)}, [5]),
            ({"due_from": date(2026, 3, 3)}, [1, 2, 3, 6, 7, 8, 9, 10]),
            ({"age": 0}, range(1, 11)),
            ({"age": 1}, [6, 7]),
            ({"age": 7}, [7]),
            ({"value": Decimal("100.50")}, [8]),
        ],
        ids=str,
    )
    def test_narrow_list_and_count_alike(self, engine, world, ask, work, narrowed, customers):
        change(engine, work[4], due_at=NOW - timedelta(days=1))
        change(engine, work[5], due_at=datetime(2026, 3, 2, 23, 59, tzinfo=ZONE))

        change(engine, work[6], created_at=datetime(2026, 3, 1, 23, 59, tzinfo=ZONE))
        change(engine, work[7], created_at=datetime(2026, 2, 23, 23, 59, tzinfo=ZONE))
        with Session(engine) as session, session.begin():
            session.get_one(CustomerState, 8).yearly_value = Decimal("100.50")
            session.get_one(CustomerState, 9).yearly_value = Decimal("100.49")

        matching = ActivityFilter(**narrowed)

        assert sorted(ids(ask(world.lea, team_list, matching=matching))) == of(work, *customers)
        assert ask(world.lea, count_team, matching=matching) == len(customers)

    def test_refuse_days_in_the_wrong_order(self):
        with pytest.raises(Invalid, match="swap"):
            ActivityFilter(due_from=date(2026, 3, 2), due_to=date(2026, 3, 1))

    def test_refuse_an_age_below_zero(self):
        with pytest.raises(Invalid, match="0 days"):
            ActivityFilter(age=-1)


class TestCounts:
    def test_of_one_person_are_those_of_the_lists(self, engine, world, do, ask, work):
        change(engine, work[1], due_at=NOW - timedelta(hours=1))
        do(
            world.ann,
            note_attempt,
            NoteAttempt(work[2], Outcome.CALL_BACK, w.NEEDS_TIME, NOW + timedelta(hours=1)),
        )

        assert ask(world.ann, my_counts) == MyCounts(
            open=2, due_today=0, overdue=1, callbacks=1, pool=7, done_today=0
        )
        assert ask(world.ann, my_counts, of_type=ADMINISTRATIVE) == MyCounts(0, 0, 0, 0, 0, 0)

    def test_of_a_team(self, engine, world, ask, work):
        change(engine, work[4], due_at=NOW - timedelta(hours=1))
        counts = ask(world.lea, team_counts)
        assert (counts.unassigned, counts.open, counts.overdue) == (7, 3, 1)

    def test_workload_lists_whoever_works_or_has_work(self, engine, world, do, ask, work):
        change(engine, work[3], due_at=NOW - timedelta(days=1))
        do(world.ben, take_next, TakeNext())
        do(world.ben, cancel, Cancel(work[4], w.WRONG_NUMBER))

        assert ask(world.lou, workload) == [
            PersonLoad(SAM, "Sam Example", 1, 0, 0, 0, 20, False, 1.0),
            PersonLoad(5, "Lou Example", 0, 0, 0, 0, 20, False, 0.0),
        ]
        assert ask(world.lea, workload) == [
            PersonLoad(ANN, "Ann Example", 2, 0, 0, 0, 20, False, 2 / 3),
            PersonLoad(BEN, "Ben Example", 1, 0, 1, 0, 20, False, 1 / 3),
            PersonLoad(3, "Lea Example", 0, 0, 0, 0, 20, False, 0.0),
        ]
        with pytest.raises(NotAllowed):
            ask(world.ann, workload)

    def test_away_is_who_is_absent_by_the_wall_of_the_branch(self, world, do, ask, work, arrange):
        calendar_of_unit(do, world, w.NORTH, AHEAD)
        here, there = NOW.date(), NOW.date() + timedelta(days=1)
        off = {"kind": AbsenceKind.LEAVE, "planned_at": NOW}
        arrange(
            lambda session: session.add_all(
                Absence(person_id=id_, starts_on=day, ends_on=day, **off)
                for id_, day in ((ANN, here), (BEN, there))
            )
        )
        afternoon = NOW + timedelta(hours=6)

        assert [each.name for each in ask(world.lea, colleagues, now=afternoon)] == [
            "Lea Example",
            "Ann Example",
            "Ben Example",
        ]
        for query in (workload, colleagues):
            away = [each.name for each in ask(world.lea, query, now=afternoon) if each.is_away]
            assert away == ["Ben Example"]
            away = [each.name for each in ask(world.lea, query, now=NOW) if each.is_away]
            assert away == ["Ann Example"]

    def test_filters_offer_what_has_work_in_scope(self, engine, world, ask, work):
        pool_of(engine, [1], of=ADMINISTRATIVE)
        offered = ask(world.lou, choices)
        assert [each.name for each in offered.branches] == ["South"]
        assert [each.name for each in offered.runs] == ["RUN-1"]
        assert [each.name for each in offered.subtypes] == ["Offer"]
        assert len(offered.campaigns) == 1

    def test_filters_of_whoever_oversees_offer_what_has_work_in_the_own_units(
        self, engine, world, ask, work
    ):
        pool_of(engine, [1], of=ADMINISTRATIVE)
        pool_of(engine, [2])
        with Session(engine) as session, session.begin():
            session.execute(
                update(Activity)
                .where(Activity.run_id == 3)
                .values(status=Status.COMPLETED, is_completed=True, closed_at=NOW)
            )
        offered = ask(world.mia, choices)
        assert [each.name for each in offered.runs] == ["RUN-1", "RUN-2"]
        assert [each.name for each in offered.branches] == ["North", "South"]
        assert {each.name for each in offered.subtypes} == {"Offer", "Document renewal"}
        assert len(offered.campaigns) == 2
        of_south = replace(world.mia, scope=Scope(unit_ids=(w.SOUTH,)))
        offered = ask(of_south, choices)
        assert [each.name for each in offered.runs] == ["RUN-1"]
        assert [each.name for each in offered.branches] == ["South"]
        with pytest.raises(NotAllowed):
            ask(world.ann, choices)


class TestSheet:
    def test_shows_guide_and_script_with_tokens_filled_in(self, engine, world, ask):
        work = pool_of(
            engine,
            [1],
            held={1: ANN},
            design={"guide": "Greet {customer name}; say: {offer}, {person} of {branch}."},
        )
        shown = ask(world.ann, sheet, activity_id=work[1])

        assert shown.guide == (
            "Greet Customer 01 Example; say: Two per cent for the first year, Ann Example of North."
        )
        assert shown.script.startswith("Good day Customer 01 Example, we have something")
        assert (shown.product, shown.is_mine) == ("Savings account", True)
        assert shown.moves == ("release", "note an attempt", "complete", "cancel")

    def test_offers_the_moves_of_whoever_looks(self, world, ask, work):
        assert ask(world.ann, sheet, activity_id=work[4]).moves == ("assign to me",)
        assert ask(world.lea, sheet, activity_id=work[1]).moves == (
            "assign to person",
            "release",
            "cancel",
        )
        assert ask(world.ann, sheet, activity_id=work[1]).moves == (
            "release",
            "note an attempt",
            "complete",
            "cancel",
        )
        assert ask(world.mia, sheet, activity_id=work[1]).moves == ()

    def test_offers_only_reasons_of_the_template(self, world, ask, work):
        trying = ask(world.ann, reasons, activity_id=work[1], use=ReasonUse.IN_PROGRESS)
        assert [each.value for each in trying] == [
            "Client didn't answer",
            "Client needs time to decide",
        ]
        ending = ask(world.ann, reasons, activity_id=work[1], use=ReasonUse.CANCELLED)
        assert "System aborted" not in {each.value for each in ending}

    def test_shows_history_and_attempts(self, world, do, ask, work):
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))

        generated, tried = ask(world.lea, history, activity_id=work[1])
        assert (generated.verb, generated.who, generated.to_person) == (
            "generate",
            None,
            "Ann Example",
        )
        assert (tried.who, tried.at) == ("Ann Example", NOW)
        assert (tried.from_status, tried.to_status) == (Status.ASSIGNED, Status.IN_PROGRESS)
        assert (tried.from_reason, tried.to_reason) == (None, "Client didn't answer")
        assert (tried.from_branch, tried.to_branch) == ("North", "North")
        [once] = ask(world.ann, attempts, activity_id=work[1])
        assert (once.outcome, once.who) == (Outcome.NOT_REACHED, "Ann Example")

    def test_the_arm_is_in_nothing_that_is_shown(self, world, ask, work):
        for shown in (
            ask(world.ann, sheet, activity_id=work[1]),
            ask(world.ann, my_list).rows[0],
            ask(world.ann, history, activity_id=work[1])[0],
        ):
            assert not hasattr(shown, "arm")
            assert "treated" not in repr(shown)


LIMITS = {
    my_list: 2,
    pool: 3,
    my_closed: 3,
    my_counts: 1,
}


@pytest.mark.parametrize(("query", "most"), LIMITS.items(), ids=lambda each: str(each)[10:20])
def test_own_lists_ask_a_bounded_number_of_statements(engine, world, ask, work, query, most):
    assert statements(engine, lambda: ask(world.ann, query)) <= most


def test_team_queries_ask_a_bounded_number_of_statements(engine, world, ask, work):
    everything = {"matching": ActivityFilter()}
    assert statements(engine, lambda: ask(world.lea, team_list, **everything)) <= 3
    assert statements(engine, lambda: ask(world.lea, count_team, **everything)) <= 1
    assert statements(engine, lambda: ask(world.lea, workload)) <= 2
    assert statements(engine, lambda: ask(world.lea, team_counts)) <= 1
    assert statements(engine, lambda: ask(world.lea, sheet, activity_id=work[1])) <= 2
    assert statements(engine, lambda: ask(world.lea, history, activity_id=work[1])) <= 2


def statements(engine, look):
    seen = []

    def count(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        look()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert seen
    return len(seen)


def change(engine, activity_id, **values):
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).where(Activity.id == activity_id).values(**values))
    assert row(engine, Activity, activity_id)
