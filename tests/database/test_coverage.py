"""Coverage as it is kept and asked for: periods, units, overlaps, worth, and who may."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access import SYSTEM, Actor, Role, Scope
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.rules import Objective
from core.coverage.actions import KeepCounted, keep_counted
from core.coverage.model import CoverageCell, CoverageCount
from core.coverage.queries.cells import LATER, cells, coverage, never_contacted
from core.coverage.queries.counting import count
from core.coverage.queries.customers import customers_of
from core.coverage.queries.experience import past, planned
from core.coverage.queries.overlapping import overlap
from core.coverage.queries.worth import opportunities
from core.coverage.rules import (
    AIMS,
    Aim,
    Nobody,
    Obstacle,
    Part,
    Parts,
    Period,
    obstacles,
    rolling,
)
from core.coverage.upkeep import MOST_OF_ONES_OWN, is_due, keep, usual_periods
from core.customers.model import Attribute, Customer, CustomerState, Product
from core.customers.rules import AttributeType, Origin
from core.impact.actions import FoldRuns, fold_runs
from core.impact.model import RunCell, RunFold
from core.impact.tally import Tally
from core.journal.model import Entry
from core.measures import Rate
from core.passing import pass_time
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.counted import keep_counted as remember_counted
from core.runs.model import Candidate, Run
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    change_segment,
    define_segment,
    list_segment,
)
from core.segments.model import Segment, SegmentVersion
from core.windows import Window
from core.work import Work, reading, upkeep
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import approved_design, draft_design, segment
from tests.making.results import candidates, crowd, finished_run
from tests.making.runs import launched_run

TODAY = NOW.date()
DAY = timedelta(days=1)
OWN = {"first": date(2026, 1, 1), "last": date(2026, 1, 31)}


@pytest.fixture
def counted(engine):
    """Count and keep, as the server does every morning."""

    def carry_out(*periods, now=NOW):
        with reading(engine, SYSTEM, now=now) as view:
            found = count(view, periods=periods or usual_periods(view))
        with upkeep(engine) as session:
            keep(session, found)
        return found

    return carry_out


@pytest.fixture
def campaign(arrange):
    """1 to 4 have work for savings, 5 and 6 are held out; everybody is a segment."""

    def rows(session):
        made = launched_run(session, range(1, 5), control=(5, 6), design={"code": "SAVE"})
        return made, segment(session, "everybody", rule={"all": []})

    return arrange(rows)


def cell_of(told, segment_id, product_id=bank.SAVINGS):
    [found] = [c for c in told.cells if (c.segment_id, c.product_id) == (segment_id, product_id)]
    return found


def test_a_cell_tells_where_everybody_stands(ask, world, campaign, counted):
    counted()
    told = ask(world.mia, coverage)
    assert (told.counted_at, told.period) == (NOW, rolling(90, TODAY))
    assert cell_of(told, campaign[1]).parts == Parts(held_out=2, in_work=4, open_gap=8)


def test_who_is_held_out_of_all_campaigns_is_no_gap(ask, arrange, world, campaign, counted):
    """They count last: whom something else keeps out is no price of the holdout."""
    counted()
    before = cell_of(ask(world.mia, coverage), campaign[1]).parts

    def drawn(session):
        session.add(
            Holdout(
                id=1,
                name="2026",
                share=5000,
                key=1,
                population=15,
                starts_on=TODAY,
                created_at=NOW,
            )
        )
        session.flush()
        session.add_all(HoldoutCustomer(holdout_id=1, customer_id=id_) for id_ in range(1, 16))

    arrange(drawn)
    counted()
    after = cell_of(ask(world.mia, coverage), campaign[1]).parts

    assert before.open_gap
    assert after.open_gap == 0
    assert after.held_out == before.held_out + before.open_gap
    assert after.eligible == before.eligible
    assert replace(after, held_out=0) == replace(before, held_out=0, open_gap=0)


def test_each_sees_the_own_units(ask, world, campaign, counted):
    counted()
    for actor, eligible in ((world.mia, 14), (world.lea, 9), (world.lou, 5), (world.eve, 14)):
        assert cell_of(ask(actor, coverage), campaign[1]).parts.eligible == eligible
    south = cell_of(ask(world.mia, coverage, unit_id=bank.SOUTH), campaign[1])
    assert south.parts == Parts(open_gap=5)
    region = cell_of(ask(world.mia, coverage, unit_id=bank.REGION), campaign[1])
    assert region.parts.eligible == 14
    with pytest.raises(NotFound, match="no such unit among yours"):
        ask(world.lea, coverage, unit_id=bank.SOUTH)


def test_a_cell_without_anybody_says_why(ask, world, arrange, campaign, counted):
    nobody = arrange(
        lambda session: segment(session, "nobody", rule={"holds": {"product": "gold"}})
    )
    arrange(lambda session: session.execute(update(CustomerState).values(products=1)))
    counted()
    sell, kept = ask(world.mia, coverage), ask(world.mia, coverage, aim=Aim.KEEP)
    assert cell_of(sell, nobody).nobody is Nobody.IN_SEGMENT
    assert cell_of(sell, campaign[1], bank.CURRENT).nobody is Nobody.LACKS_IT
    assert cell_of(kept, campaign[1], bank.GOLD).nobody is Nobody.HOLDS_IT
    assert cell_of(kept, campaign[1], bank.GOLD).parts.reach.value is None


def test_the_database_refuses_a_cell_that_is_not_the_sum_of_its_parts(engine, campaign, counted):
    counted()
    with (
        pytest.raises(IntegrityError, match="identity"),
        Session(engine) as session,
        session.begin(),
    ):
        session.execute(update(CoverageCell).values(eligible=CoverageCell.eligible + 1))


def test_what_was_not_counted_is_not_made_up(ask, world, campaign):
    told = ask(world.mia, coverage)
    assert (told.counted_at, told.cells) == (None, ())
    assert ask(world.mia, never_contacted) == []
    assert ask(world.mia, overlap).customers == 0
    of = {"segment_id": campaign[1], "product_id": bank.SAVINGS}
    with pytest.raises(NotFound, match="not counted yet"):
        ask(world.mia, customers_of, **of)


def test_days_of_ones_own_are_counted_when_asked_for(do, ask, engine, world, campaign, counted):
    counted()
    with reading(engine, world.mia, now=NOW) as view:
        found = count(view, periods=[Period(**OWN)])
    fact = do(world.mia, keep_counted, KeepCounted(found))
    assert (fact.first, fact.last) == (OWN["first"], OWN["last"])
    # The run began later, so nobody was held out then; what is in work is so now.
    told = ask(world.mia, coverage, **OWN)
    assert cell_of(told, campaign[1]).parts == Parts(in_work=4, open_gap=10)
    with Session(engine) as session:
        assert session.scalar(select(Entry.kind).order_by(Entry.id.desc())) == "coverage.counted"


def test_only_so_many_days_of_ones_own_are_kept(engine, campaign, counted):
    counted()
    for days in range(MOST_OF_ONES_OWN + 2):
        counted(Period(TODAY - days * DAY, TODAY), now=NOW + timedelta(minutes=days))
    with Session(engine) as session:
        own = session.scalars(select(CoverageCount.first_on).where(CoverageCount.days.is_(None)))
        assert min(own) == TODAY - (MOST_OF_ONES_OWN + 1) * DAY
        assert session.scalar(select(func.count()).select_from(CoverageCount)) == 8
    counted(now=NOW + DAY)  # the next morning they have gone
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(CoverageCount)) == 3


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"first": TODAY, "last": TODAY - DAY}, "is before the first"),
        ({"first": TODAY, "last": TODAY + DAY}, "end the period today"),
        ({"first": date(1990, 1, 1), "last": TODAY}, "at most 3,660 days"),
        ({"days": None}, "Say for which days"),
    ],
)
def test_days_that_cannot_be_are_refused(ask, world, asked, why):
    with pytest.raises(Invalid, match=why):
        ask(world.mia, coverage, **asked)


@pytest.mark.parametrize("query", [coverage, cells, overlap, never_contacted, opportunities])
@pytest.mark.parametrize("who", ["ann", "ada"])
def test_aggregates_are_for_who_sees_the_portfolio(ask, world, query, who):
    with pytest.raises(NotAllowed):
        ask(getattr(world, who), query)


def test_cells_are_listed_sorted_and_a_window_at_a_time(ask, world, campaign, counted):
    counted()
    of = {"segments": ("Everybody",), "days": 90}
    page = ask(world.eve, cells, window=Window("gap", descending=True, size=2), **of)
    assert page.total == 5
    assert [cell.parts.open_gap for cell in page.rows] == [15, 15]
    one = ask(world.eve, cells, products=("Savings account",), **of)
    assert [cell.parts.open_gap for cell in one.rows] == [8]
    with pytest.raises(Invalid, match="can't be sorted by worth"):
        ask(world.eve, cells, window=Window("worth"), **of)


def test_only_who_sees_customers_lists_them(ask, world, campaign, counted):
    counted()
    of = {"segment_id": campaign[1], "product_id": bank.SAVINGS, "part": Part.HELD_OUT}
    with pytest.raises(NotAllowed):
        ask(world.eve, customers_of, **of)
    rows = ask(world.mia, customers_of, **of).rows
    assert [row.id for row in sorted(rows, key=lambda row: row.id)] == [5, 6]
    assert {row.name for row in rows} == {"C••• 0••• E•••"}
    assert ask(world.lou, customers_of, **of).total == 0


def test_they_are_as_many_as_the_cell_says_until_the_list_ends(
    ask, arrange, world, campaign, counted
):
    counted()
    of = {"segment_id": campaign[1], "product_id": bank.SAVINGS, "part": Part.OPEN_GAP}

    def shown(first):
        page = ask(world.mia, customers_of, window=Window("customer_no", False, first, 3), **of)
        return len(page.rows), page.total

    assert [shown(first) for first in (0, 3, 6, 9)] == [(3, 8), (3, 8), (2, 8), (0, 8)]
    gone = ask(world.mia, customers_of, **of).rows[-1].id
    arrange(lambda session: setattr(session.get_one(CustomerState, gone), "is_active", False))
    assert [shown(first) for first in (0, 3, 6)] == [(3, 8), (3, 8), (1, 7)]
    # Whom the segment means by now is not whom the cell counts.
    arrange(
        lambda session: session.add(
            SegmentVersion(
                segment_id=campaign[1],
                version=9,
                members=None,
                name="Everybody",
                rule={"all": []},
                changed_at=NOW + DAY,
                is_redrawn=True,
            )
        )
    )
    assert shown(0) == (3, 7)


def test_rules_may_look_at_the_record_itself(ask, arrange, world, counted):
    """The list joins the records too, and must not take them for those of the rule."""

    def rows(session):
        session.add(
            Attribute(
                name="income",
                label="Income",
                type=AttributeType.NUMBER,
                origin=Origin.SYNTHETIC,
            )
        )
        session.get_one(Customer, 3).attributes = {"income": 900}
        rule = {"attribute": "income", "is": ">", "value": 800}
        return segment(session, "earners", rule=rule)

    earners = arrange(rows)
    counted()
    of = {"segment_id": earners, "product_id": bank.SAVINGS, "part": Part.OPEN_GAP}
    assert [row.id for row in ask(world.mia, customers_of, **of).rows] == [3]


def test_only_who_analyses_counts(engine, do, world, counted):
    found = counted()
    with pytest.raises(NotAllowed), reading(engine, world.eve, now=NOW) as view:
        count(view, periods=[rolling(90, TODAY)])
    with pytest.raises(NotAllowed):
        do(world.lea, keep_counted, KeepCounted(found))


def test_a_segment_that_cannot_be_meant_is_named(ask, arrange, world, campaign, counted):
    broken = {"holds": {"product": "gone"}}
    arrange(lambda session: segment(session, "broken", rule=broken))
    counted()
    told = ask(world.mia, coverage)
    assert "Broken" in told.left_out
    assert "Broken" not in {cell.segment for cell in told.cells}
    assert cell_of(told, campaign[1]).parts.eligible == 14


def test_a_segment_that_changed_since_is_left_out_until_the_next_count(
    do, ask, world, campaign, counted
):
    counted()
    later = NOW + timedelta(hours=1)
    do(world.mia, define_segment, DefineSegment("new", "New ones", {"all": []}), now=later)

    told = ask(world.mia, coverage, now=later)
    assert told.left_out == {"New ones": LATER}
    assert "New ones" not in {cell.segment for cell in told.cells}

    counted(now=later)
    assert not ask(world.mia, coverage, now=later).left_out


def test_new_words_leave_a_segment_in_and_other_members_do_not(do, ask, world, campaign, counted):
    savers = do(world.mia, define_segment, DefineSegment("savers", "Savers", {"all": []}))
    do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C2"]))
    counted()
    later = NOW + timedelta(hours=1)

    def left_out():
        return ask(world.mia, coverage, now=later).left_out

    said = ChangeSegment(savers.segment_id, 1, "Savers", {"all": []}, "Who saves")
    do(world.mia, change_segment, said, now=later)
    do(world.mia, list_segment, ListSegment("vip", "VIPs", ["C2", "C1"]), now=later)
    assert left_out() == {}
    do(
        world.mia,
        change_segment,
        replace(said, version=2, rule={"holds": {"product": "savings"}}),
        now=later,
    )
    assert left_out() == {"Savers": LATER}
    do(world.mia, list_segment, ListSegment("vip", "VIPs", ["C1", "C3"]), now=later)
    assert left_out() == {"Savers": LATER, "VIPs": LATER}


def test_so_is_who_refers_to_a_segment_that_changed(do, ask, world, campaign, counted):
    do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C2"]))
    for code, rule in (
        ("either", {"any": [{"segment": "vip"}, {"holds": {"product": "savings"}}]}),
        ("both", {"all": [{"segment": "either"}, {"field": "active", "is": "=", "value": True}]}),
        ("other", {"all": []}),
    ):
        do(world.mia, define_segment, DefineSegment(code, code.title(), rule))
    counted()
    later = NOW + timedelta(hours=1)

    do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C3"]), now=later)

    told = ask(world.mia, coverage, now=later)
    assert told.left_out == dict.fromkeys(("VIP", "Either", "Both"), LATER)
    assert {cell.segment for cell in told.cells} >= {"Other"}
    counted(now=later)
    assert not ask(world.mia, coverage, now=later).left_out


def test_more_segments_than_one_number_has_bits(ask, arrange, world, counted):
    def rows(session):
        return [
            segment(session, f"s{n}", rule={"holds": {"product": "savings"}}) for n in range(70)
        ]

    made = arrange(rows)
    counted()
    kept = ask(world.mia, coverage, aim=Aim.KEEP)
    assert {cell_of(kept, id_).parts.eligible for id_ in made} == {1}


def test_campaigns_that_meet_the_same_customers_are_counted(ask, arrange, world, counted):
    def rows(session):
        first = launched_run(session, range(1, 5), control=(6,), design={"code": "A"})
        second = launched_run(session, (3, 4, 5, 11), design={"code": "B"})
        third = launched_run(
            session, (4, 12), design={"code": "C", "campaign_columns": {"type_id": 4}}
        )
        return [each.campaign_id for each in (first, second, third)]

    one, other, _administrative = arrange(rows)
    counted()
    found = ask(world.mia, overlap)
    assert {each.campaigns: each.customers for each in found.depths} == {1: 4, 2: 2}
    assert (found.customers, found.in_several) == (6, 2)
    assert {id_: customers for id_, (_name, customers) in found.sizes.items()} == {one: 4, other: 4}
    [pair] = found.pairs
    assert (pair.campaign_id, pair.other_id, pair.both, pair.share) == (one, other, 2, 0.5)
    south = ask(world.lou, overlap)
    assert {each.campaigns: each.customers for each in south.depths} == {1: 1}
    assert south.pairs == ()


def test_an_hour_in_a_gap_is_worth_what_similar_campaigns_brought(ask, arrange, world, counted):
    def rows(session):
        made = launched_run(
            session, range(1, 5), design={"code": "A", "contact_cost": 2}, finished_at=NOW
        )
        going_on = launched_run(session, (5,), design={"code": "B", "contact_cost": 2})
        session.add(RunFold(run_id=going_on.run_id, folded_at=NOW))
        session.add(RunFold(run_id=made.run_id, folded_at=NOW))
        session.flush()
        zeros = dict.fromkeys(
            ("assigned", "attempted", "reached", "responded", "converted", "outcomes"), 0
        )
        more = {"reached_outcomes": 0, "attempts": 0, "value": 0, "squares": 0}
        key = {"run_id": made.run_id, "branch_id": bank.NORTH, "channel_id": 0}
        asked = {"targeted": 400, "confirmed": 400}
        session.add(RunCell(**key, arm=1, **asked, won=40, **zeros, **more))
        key_of_other = {**key, "run_id": going_on.run_id}
        session.add(RunCell(**key_of_other, arm=1, **asked, won=0, **zeros, **more))
        session.add(RunCell(**key, arm=0, **asked, won=0, **zeros, **more))
        session.execute(
            update(Product).where(Product.id == bank.SAVINGS).values(yearly_margin=Decimal(120))
        )
        return segment(session, "everybody", rule={"all": []})

    everybody = arrange(rows)
    counted()
    found = ask(world.mia, opportunities)
    [best] = [
        row
        for row in found.rows
        if (row.cell.segment_id, row.cell.product_id) == (everybody, bank.SAVINGS)
    ]
    assert best.outlook.rate == 0.1
    assert best.outlook.minutes == 15
    assert best.outlook.profit == Decimal("10.0")  # a tenth of 120, less a contact of 2
    assert best.outlook.hourly == Decimal(40)
    assert best.customers == 9
    assert best.profit == Decimal(90)
    assert "40 of 400 asked" in best.outlook.basis
    assert "would have come by itself is not known" in best.outlook.basis
    [unknown] = [
        row
        for row in found.rows
        if (row.cell.segment_id, row.cell.product_id) == (everybody, bank.GOLD)
    ]
    assert unknown.outlook.hourly is None
    assert found.rows.index(best) < found.rows.index(unknown)


def test_an_hour_that_is_worth_nothing_stands_before_those_of_which_nobody_knows(
    ask, arrange, world, counted
):
    def rows(session):
        run_id = finished_run(session, design={"product_id": bank.SAVINGS})
        session.add(RunFold(run_id=run_id, folded_at=NOW))
        session.flush()
        figures = Tally(targeted=400, confirmed=400)
        key = {"run_id": run_id, "branch_id": bank.NORTH, "arm": 1, "channel_id": 0}
        session.add(RunCell(**key, **vars(figures)))
        session.execute(
            update(Product).where(Product.id == bank.SAVINGS).values(yearly_margin=Decimal(120))
        )
        segment(session, "everybody", rule={"all": []})
        return segment(session, "few", rule={"field": "branch", "is": "=", "value": "B2"})

    few = arrange(rows)
    counted()
    found = [
        (row.cell.segment_id == few, row.outlook.hourly)
        for row in ask(world.mia, opportunities).rows
    ]
    assert (True, 0) in found
    known = [hourly is not None for _, hourly in found]
    assert any(known)
    assert known == sorted(known, reverse=True)


@pytest.mark.parametrize(
    ("held_out", "hourly", "basis"),
    [
        (40, 64, "+15.0 points (+9.8 to +20.2) against 400 held out in finished campaigns"),
        (104, -13, "-1.0 points (-7.0 to +5.0, no proven effect) against 400 held out"),
    ],
)
def test_an_hour_is_worth_only_what_would_not_have_come_anyway(
    ask, arrange, world, counted, held_out, hourly, basis
):
    """A quarter of those treated bought, as did some of those held out beside them."""

    def rows(session):
        run_id = finished_run(
            session, design={"product_id": bank.SAVINGS, "contact_cost": Decimal(2)}
        )
        session.add(RunFold(run_id=run_id, folded_at=NOW))
        session.flush()
        key = {"run_id": run_id, "branch_id": bank.NORTH, "channel_id": 0}
        for arm, many, won, outcomes in ((1, 400, 60, 100), (0, 400, 0, held_out)):
            figures = Tally(targeted=many, confirmed=many, won=won, outcomes=outcomes)
            session.add(RunCell(**key, arm=arm, **vars(figures)))
        session.execute(
            update(Product).where(Product.id == bank.SAVINGS).values(yearly_margin=Decimal(120))
        )
        return segment(session, "everybody", rule={"all": []})

    everybody = arrange(rows)
    counted()
    [found] = [
        row
        for row in ask(world.mia, opportunities).rows
        if (row.cell.segment_id, row.cell.product_id) == (everybody, bank.SAVINGS)
    ]
    assert found.outlook.rate == 0.15
    assert found.outlook.added.value == pytest.approx((100 - held_out) / 400)
    assert found.outlook.hourly == pytest.approx(Decimal(hourly), abs=Decimal("0.5"))
    assert found.outlook.basis.startswith(basis)
    assert "60 of 400 asked" in found.outlook.basis


class TestExperience:
    """What finished campaigns came to, and what approved designs expect, as far as one may see."""

    @pytest.fixture
    def kept(self, arrange):
        """Of eight treated to keep savings six stay, five of them in the North; one was won."""

        def rows(session):
            run_id = finished_run(
                session,
                design={"product_id": bank.SAVINGS, "campaign_columns": {"type_id": 3}},
            )
            ids = crowd(session, 11)
            candidates(session, run_id, [*ids[0:9:2]], steps=[6, 2, 2, 2, 2], outcomes=5)
            candidates(session, run_id, [*ids[1:7:2]], steps=2, outcomes=1)
            candidates(session, run_id, [ids[9]], arm=0, outcomes=1)
            return run_id

        return arrange(rows)

    def test_of_keeping_is_who_stayed_in_scope(self, do, ask, arrange, world, kept):
        key = (None, bank.SAVINGS)
        assert ask(world.mia, past, aim=Aim.KEEP)[key].rate == Rate(6, 8)
        assert ask(world.lou, past, aim=Aim.KEEP)[key].rate == Rate(1, 3)
        assert ask(world.mia, past, aim=Aim.SELL) == {}

        do(world.mia, fold_runs, FoldRuns())
        assert ask(world.mia, past, aim=Aim.KEEP)[key].rate == Rate(6, 8)

        def unseen(session):
            session.get_one(Run, kept).outcomes_seen_at = None

        arrange(unseen)
        assert ask(world.mia, past, aim=Aim.KEEP) == {}

    def test_of_selling_has_what_changed_since_the_run_was_folded(self, do, ask, arrange, world):
        def rows(session):
            run_id = finished_run(session, design={"product_id": bank.SAVINGS})
            candidates(session, run_id, crowd(session, 4), steps=[6, 2, 2, 2], outcomes=3)
            return run_id

        run_id = arrange(rows)
        do(world.mia, fold_runs, FoldRuns())

        mine = (Candidate.run_id == run_id, Candidate.won_at.is_not(None))

        def corrected(session):
            remember_counted(Work(session, SYSTEM, NOW), *mine)
            session.execute(update(Candidate).where(*mine).values(won_at=None))

        arrange(corrected)
        assert ask(world.mia, past, aim=Aim.SELL)[None, bank.SAVINGS].rate == Rate(0, 4)

    def test_expects_what_an_approved_design_of_the_own_units_says(self, ask, arrange, world):
        def rows(session):
            own = {"unit_id": bank.NORTH}
            agreed = approved_design(session, expected_rate=0.1, campaign_columns=own)
            draft_design(session, code="D", expected_rate=0.9)
            return agreed

        agreed = arrange(rows)
        [design] = {each.id for each in ask(world.mia, planned, aim=Aim.SELL).values()}
        assert design == agreed
        assert ask(world.lou, planned, aim=Aim.SELL) == {}


@pytest.mark.parametrize(
    ("parts", "room", "blocked"),
    [
        (Parts(open_gap=5), 5, ()),
        (Parts(open_gap=5), 4, (Obstacle.CAPACITY,)),
        (Parts(open_gap=5, no_consent=3, do_not_contact=2), None, (Obstacle.CONSENT,)),
        (Parts(open_gap=5, capped=4), 9, ()),
        (Parts(capped=1), 9, (Obstacle.CAPS,)),
    ],
)
def test_what_blocks_a_gap(parts, room, blocked):
    assert obstacles(parts, room=room) == blocked


def test_time_counts_coverage_once_a_day(engine, world, ask, campaign):
    pass_time(engine, now=NOW)
    assert ask(world.mia, coverage).counted_at == NOW
    pass_time(engine, now=NOW + timedelta(minutes=1))
    assert ask(world.mia, coverage).counted_at == NOW
    with reading(engine, SYSTEM, now=NOW + DAY) as view:
        assert is_due(view)
    pass_time(engine, now=NOW + DAY)
    assert ask(world.mia, coverage, now=NOW + DAY).counted_at == NOW + DAY


def test_a_regional_manager_counts_the_bank_but_sees_the_region(engine, ask, do, campaign):
    of_north = Actor(
        person_id=6,
        name="Regional",
        roles=frozenset({Role.CAMPAIGN_MANAGER}),
        scope=Scope(unit_ids=(bank.NORTH,)),
        unit_id=bank.NORTH,
    )
    with reading(engine, of_north, now=NOW) as view:
        found = count(view, periods=usual_periods(view))
    do(of_north, keep_counted, KeepCounted(found))
    assert cell_of(ask(of_north, coverage), campaign[1]).parts.eligible == 9
    assert cell_of(ask(SYSTEM, coverage), campaign[1]).parts.eligible == 14


def test_a_campaign_to_keep_reaches_who_holds_the_product(ask, arrange, world, counted):
    def rows(session):
        launched_run(
            session,
            (7, 8),
            design={"code": "KEEP", "product_id": bank.SAVINGS, "campaign_columns": {"type_id": 3}},
        )
        return segment(session, "everybody", rule={"all": []})

    everybody = arrange(rows)
    counted()
    kept = cell_of(ask(world.mia, coverage, aim=Aim.KEEP), everybody)
    # 8 holds none any more, and is in work all the same: nobody who is worked on vanishes.
    assert kept.parts == Parts(in_work=2)
    sold = cell_of(ask(world.mia, coverage), everybody)
    assert sold.parts == Parts(open_gap=14)


def test_a_bank_without_segments_or_products_has_no_cells(engine, ask, world, counted):
    with Session(engine) as session, session.begin():
        session.execute(delete(Segment))
    counted()
    told = ask(world.mia, coverage)
    assert (told.counted_at, told.cells) == (NOW, ())


def test_what_is_not_a_sale_covers_nobody(ask, arrange, world, counted):
    def rows(session):
        launched_run(session, range(1, 5), design={"campaign_columns": {"type_id": 4}})
        return segment(session, "everybody", rule={"all": []})

    everybody = arrange(rows)
    counted()
    assert cell_of(ask(world.mia, coverage), everybody).parts == Parts(open_gap=14)


def test_every_objective_but_the_administrative_has_an_aim():
    assert {*Objective} - AIMS.keys() == {Objective.ADMINISTRATIVE}
