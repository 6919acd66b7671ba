"""What is asked of the market: the feed, its counts, rates beside ours, and who follows whom."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core.access import SYSTEM
from core.market.model import CompetitorMove
from core.market.queries import (
    Comparison,
    comparable_rate,
    comparisons,
    competitors,
    following,
    ladder,
    market_events,
    months,
    move,
    moves,
    own_rates,
    own_rungs,
    rate_offers,
    tallies,
    terms_hold,
    vocabulary,
)
from core.market.queries.checks import believed_moves_that_cannot_be, mistaken_doubts
from core.market.rules import MoveKind, Side
from core.refusals import NotAllowed, NotFound
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making import market as make

TODAY = NOW.date()
CHANGE, FEE = MoveKind.RATE_CHANGE, MoveKind.FEE_CHANGE
SAVED = {"category": make.SAVINGS, "side": Side.DEPOSIT}


def day(month, number=1, year=2026):
    return date(year, month, number)


@pytest.fixture
def feed(arrange):
    def moved(session):
        first, second = make.competitor(session, "First"), make.competitor(session, "Second")
        make.move(session, first, day(1, 5))
        make.move(session, second, day(2, 5), kind=FEE, side=None, product_name="Card", terms=None)
        make.move(session, first, day(2, 7), unit_id=w.NORTH, terms="12 FIXED", product_code="X-1")
        make.move(session, first, day(2, 9), new_value=1525.0, quality_flag="new value 1525 %")
        make.decision(session, day(2, 10), 0.25)
        return first, second

    return arrange(moved)


class TestFeed:
    def test_moves_are_filtered_by_what_is_asked(self, ask, world, feed):
        first, second = feed

        def found(**filters):
            part = ask(world.mia, moves, window=Window(), **filters)
            assert part.total == len(part.rows)
            return [row.moved_on.strftime("%m-%d") for row in part.rows]

        assert [row.name for row in ask(world.mia, competitors)] == ["First", "Second"]
        assert ask(world.mia, vocabulary).categories == ("base rate", "savings")
        assert found() == ["01-05", "02-05", "02-07", "02-09", "02-10"]
        assert found(competitor_id=second) == ["02-05"]
        assert found(competitor_id=first, kind=CHANGE, since=day(2)) == ["02-07", "02-09"]
        assert found(category="base rate") == ["02-10"]
        assert found(product="car") == ["02-05"]
        assert found(product="x-1") == ["02-07"]
        assert found(terms="fixed") == ["02-07"]
        assert found(since=day(2, 5), until=day(2, 7)) == ["02-05", "02-07"]
        assert found(unit_id=w.SOUTH, competitor_id=first) == ["01-05", "02-09"]
        assert found(unit_id=w.NORTH, competitor_id=first) == ["01-05", "02-07", "02-09"]
        assert found(is_plausible=False) == ["02-09"]
        assert found(is_plausible=True, competitor_id=first) == ["01-05", "02-07"]

    def test_one_move_is_told_whole(self, ask, world, feed):
        row = ask(world.eve, moves, window=Window(), is_plausible=False).rows[0]
        assert ask(world.eve, move, move_id=row.id) == row
        assert (row.change, row.quality_flag) == (1523.0, "new value 1525 %")
        with pytest.raises(NotFound):
            ask(world.eve, move, move_id=99)

    def test_moves_are_counted_by_month_and_kind_or_competitor(self, ask, world, feed):
        def counted(**filters):
            rows = ask(world.mia, months, **filters)
            return [(row.month.month, str(row.what), row.facts, row.doubtful) for row in rows]

        assert counted() == [
            (1, "rate_change", 1, 0),
            (2, "rate_change", 1, 1),
            (2, "fee_change", 1, 0),
        ]
        assert counted(by="competitor") == [
            (1, "First", 1, 0),
            (2, "First", 1, 1),
            (2, "Second", 1, 0),
        ]
        assert counted(by="competitor", terms="fixed") == [(2, "First", 1, 0)]
        assert [(t.category, t.kind, t.events, t.clean) for t in ask(world.mia, tallies)] == [
            ("base rate", MoveKind.MARKET_EVENT, 1, 1),
            ("savings", CHANGE, 3, 2),
            ("savings", FEE, 1, 1),
        ]

    def test_agents_and_administrators_do_not_see_the_market(self, ask, world):
        for actor in (world.ann, world.ada):
            for query, filters in (
                (competitors, {}),
                (vocabulary, {}),
                (moves, {"window": Window()}),
                (move, {"move_id": 1}),
                (months, {}),
                (tallies, {}),
                (comparisons, {}),
                (ladder, SAVED),
                (own_rungs, SAVED),
                (market_events, {}),
                (following, {"category": "x"}),
                (own_rates, {"window": Window()}),
            ):
                with pytest.raises(NotAllowed):
                    ask(actor, query, **filters)


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("", True),
        ("variable", True),
        ("VARIABLE owner_occupied", True),
        ("12", True),
        ("1", False),
        ("owner", False),
        ("owner%occupied", False),
        ("variable · 12", True),
        ("variable 24", False),
    ],
)
def test_terms_hold_whole_words(arrange, words, holds):
    terms = "VARIABLE · 12 · OWNER_OCCUPIED"

    def asked(session):
        make.move(session, make.competitor(session, "First"), TODAY, terms=terms)
        found = select(CompetitorMove.id).where(terms_hold(CompetitorMove.terms, words))
        return session.scalars(found).all()

    assert bool(arrange(asked)) == holds


def test_terms_that_are_not_said_hold_no_word(arrange):
    def asked(session):
        make.move(session, make.competitor(session, "First"), TODAY, terms=None)
        return [
            bool(
                session.scalars(
                    select(CompetitorMove.id).where(terms_hold(CompetitorMove.terms, word))
                ).all()
            )
            for word in ("", "variable")
        ]

    assert arrange(asked) == [True, False]


def test_offers_are_rates_that_a_competitor_really_offers(arrange):
    def asked(session):
        competitor = make.competitor(session, "First")
        for change in (
            {},
            {"unit_id": w.NORTH},
            {"kind": MoveKind.OFFER_ADDED},
            {"kind": MoveKind.OFFER_ADDED, "side": None},  # money
            {"kind": MoveKind.RATE_REMOVED, "new_value": None},
            {"quality_flag": "doubtful"},
            {"side": Side.LENDING},
            {"product_category": "other"},
            {"terms": "BUNDLE_DISCOUNT_VARIABLE"},
            {"new_value": None},
        ):
            make.move(session, competitor, TODAY, **change)
        make.decision(session, TODAY, 0.25)

        def numbers(**filters):
            found = session.scalars(rate_offers(**SAVED, **filters))
            return sorted(int(row.source_no[1:]) for row in found)

        assert numbers() == [1, 2, 3]
        assert numbers(unit_ids=[w.SOUTH]) == [1, 3]
        assert numbers(terms="variable", since=TODAY, until=TODAY) == [1, 2, 3]
        assert numbers(since=TODAY + timedelta(days=1)) == []
        assert numbers(terms="fixed") == []

    arrange(asked)


class TestLadder:
    def rungs(self, ask, **filters):
        rows = ask(SYSTEM, ladder, **(SAVED | filters))
        return [(row.place, row.who, row.rate, row.ahead) for row in rows]

    @pytest.fixture
    def competitors(self, arrange):
        def published(session):
            ids = [make.competitor(session, name) for name in ("First", "Second", "Third")]
            make.rate(session, ids[0], 2.0, day(1), product_code="saver")
            make.rate(session, ids[0], 1.0, day(1), product_code="other")
            make.rate(session, ids[1], 3.0, day(1))
            make.rate(session, ids[2], 9.9, day(1), terms="BONUS")
            make.own_rate(session, 2.5, day(1))
            return ids

        return arrange(published)

    def test_the_best_for_the_customer_comes_first(self, ask, competitors):
        assert self.rungs(ask) == [
            (1, "Second", 3.0, 0.5),
            (2, "We", 2.5, None),
            (3, "First", 2.0, -0.5),
        ]
        assert len(self.rungs(ask, best_only=False)) == 4
        assert self.rungs(ask, on=day(12, 31, 2025)) == []

    def test_competitors_are_placed_beside_our_rate_of_the_terms_asked_for(self, ask, arrange):
        def published(session):
            make.own_rate(session, 4.0, day(1), terms="12 months")
            make.own_rate(session, 4.6, day(1), terms="36 months")
            make.rate(session, make.competitor(session, "First"), 4.4, day(1), terms="12 months")

        arrange(published)
        shown = self.rungs(ask, terms="12 months", product_id=w.SAVINGS, own_terms="12 months")
        assert shown == [(1, "First", 4.4, 0.4), (2, "We", 4.0, None)]
        assert [row[1] for row in self.rungs(ask, own_terms="24 months")] == ["First"]
        assert self.rungs(ask)[0] == (1, "We", 4.6, None)

    def test_of_a_loan_the_lower_rate_is_better(self, ask, arrange):
        def published(session):
            first = make.competitor(session, "First")
            loan = {"product_category": "loans", "side": Side.LENDING}
            make.rate(session, first, 4.0, day(1), **loan)
            make.rate(session, first, 5.0, day(1), product_code="dear", **loan)
            make.own_rate(session, 4.5, day(1), **loan)

        arrange(published)
        loans = {"category": "loans", "side": Side.LENDING}
        assert self.rungs(ask, **loans) == [(1, "First", 4.0, 0.5), (2, "We", 4.5, None)]
        assert ask(SYSTEM, comparisons) == [Comparison("loans", Side.LENDING)]

    def test_moves_lie_over_what_was_published(self, ask, competitors, arrange):
        def moved(session):
            of = {"product_code": "saver"}
            make.move(session, competitors[0], day(2), new_value=3.5, **of)
            make.move(session, competitors[0], day(2, 20), new_value=99.0, quality_flag="no", **of)
            make.move(session, competitors[0], day(3, 9), new_value=4.0, **of)  # after today

        arrange(moved)
        assert self.rungs(ask)[0] == (1, "First", 3.5, 1.0)
        assert self.rungs(ask, on=day(1, 31))[0] == (1, "Second", 3.0, 0.5)
        assert self.rungs(ask, on=day(3, 31))[0] == (1, "First", 4.0, 1.5)

    def test_a_newer_state_lies_over_older_moves(self, ask, competitors, arrange):
        arrange(
            lambda session: make.move(
                session, competitors[1], day(12, 1, 2025), new_value=8.0, product_code="saver"
            )
        )
        assert self.rungs(ask)[0] == (1, "Second", 3.0, 0.5)

    def test_what_was_removed_or_withdrawn_has_no_rate(self, ask, competitors, arrange):
        def ended(session):
            of = {"product_code": "saver", "new_value": None}
            make.move(session, competitors[0], day(2), kind=MoveKind.RATE_REMOVED, **of)
            gone = of | {"side": None, "terms": None, "old_value": None}
            make.move(session, competitors[1], day(2), kind=MoveKind.PRODUCT_WITHDRAWN, **gone)
            make.move(session, competitors[1], day(2, 20), kind=MoveKind.PRODUCT_RELISTED, **gone)

        arrange(ended)
        assert self.rungs(ask, on=day(2, 10)) == [(1, "We", 2.5, None), (2, "First", 1.0, -1.5)]
        assert self.rungs(ask)[0] == (1, "Second", 3.0, 0.5)  # listed again

    def test_what_a_newer_state_does_not_have_is_no_longer_offered(self, ask, competitors, arrange):
        def published(session):
            make.move(session, competitors[0], day(1, 20), new_value=9.0, product_code="gone")
            make.rate(session, competitors[0], 2.2, day(2), product_code="new")

        arrange(published)
        assert self.rungs(ask, on=day(1, 31))[0] == (1, "First", 9.0, 6.5)
        assert [row[1:3] for row in self.rungs(ask, best_only=False)] == [
            ("Second", 3.0),
            ("We", 2.5),
            ("First", 2.2),
        ]

    def test_in_a_region_the_nearest_rate_of_ours_counts(self, ask, competitors, arrange):
        def regional(session):
            make.own_rate(session, 2.7, day(1), unit_id=w.REGION)
            make.own_rate(session, 2.8, day(1), unit_id=w.SOUTH)
            make.move(session, competitors[0], day(2), new_value=3.3, unit_id=w.NORTH)

        arrange(regional)
        assert self.rungs(ask, unit_id=w.NORTH) == [
            (1, "First", 3.3, 0.6),
            (2, "Second", 3.0, 0.3),
            (3, "We", 2.7, None),
        ]
        assert [row[1:3] for row in self.rungs(ask, unit_id=w.SOUTH)] == [
            ("Second", 3.0),
            ("We", 2.8),
            ("First", 2.0),
        ]
        ours = [row for row in self.rungs(ask) if row[1] == "We"]
        assert [row[2] for row in ours] == [2.8, 2.7, 2.5]  # every region has its rung
        assert [row.rate for row in ask(SYSTEM, own_rungs, **SAVED)] == [2.8, 2.7, 2.5]
        north = ask(SYSTEM, own_rungs, unit_id=w.NORTH, **SAVED)
        assert [(row.place, row.rate) for row in north] == [(1, 2.7)]

    def test_it_compares_with_the_product_asked_for(self, ask, competitors, arrange):
        arrange(lambda session: make.own_rate(session, 0.5, day(1), product_id=w.CURRENT))
        assert self.rungs(ask)[0] == (1, "Second", 3.0, 0.5)
        assert self.rungs(ask, product_id=w.CURRENT)[0] == (1, "Second", 3.0, 2.5)
        assert self.rungs(ask, terms="fixed") == [(1, "We", 2.5, None), (2, "We", 0.5, None)]

    def test_equal_rates_share_a_place(self, ask, competitors, arrange):
        arrange(lambda session: make.rate(session, competitors[2], 2.5, day(1)))
        assert [row[:2] for row in self.rungs(ask)] == [
            (1, "Second"),
            (2, "We"),
            (2, "Third"),
            (4, "First"),
        ]

    def test_doubtful_rates_are_no_rungs(self, ask, competitors, arrange):
        arrange(
            lambda session: make.rate(
                session, competitors[2], 25.0, day(1), quality_flag="unit unclear"
            )
        )
        assert "Third" not in [row[1] for row in self.rungs(ask)]


class TestOwnRates:
    @pytest.fixture
    def steps(self, arrange):
        def ours(session):
            make.own_rate(session, 2.0, day(1))
            make.own_rate(session, 2.4, day(2))
            make.own_rate(session, 3.0, day(1), unit_id=w.NORTH, terms="12 months")

        return arrange(ours)

    def test_the_history_says_what_each_step_changed(self, ask, world, steps):
        rows = ask(world.eve, own_rates, window=Window()).rows
        assert [(r.rate, r.change, r.valid_from, r.replaced_on, r.region) for r in rows] == [
            (2.0, None, day(1), day(2), "The Bank"),
            (3.0, None, day(1), None, "North"),
            (2.4, pytest.approx(0.4), day(2), None, "The Bank"),
        ]
        assert ask(world.eve, own_rates, window=Window(), product_id=w.CARD).total == 0
        assert ask(world.eve, own_rates, window=Window(), unit_id=w.SOUTH).total == 2

    @pytest.mark.parametrize(
        ("asked", "rate"),
        [
            ({"unit_id": w.SOUTH, "on": day(1, 31)}, 2.0),
            ({"unit_id": w.SOUTH, "on": day(2)}, 2.4),
            ({"unit_id": w.NORTH, "on": day(2)}, 2.4),
            ({"unit_id": w.NORTH, "on": day(2), "terms": "12 months fixed"}, 3.0),
            ({"unit_id": w.NORTH, "on": day(2), "terms": "24 months"}, 2.4),
            ({"unit_id": w.SOUTH, "on": day(2), "terms": "12 months"}, 2.4),
            ({"unit_id": w.SOUTH, "on": day(12, 31, 2025)}, None),
            ({"unit_id": w.SOUTH, "on": day(2), "side": Side.LENDING}, None),
            ({"unit_id": w.SOUTH, "on": day(2), "product_id": w.CARD}, None),
        ],
    )
    def test_terms_the_nearest_unit_and_the_newest_day_decide(self, arrange, steps, asked, rate):
        request = {"product_id": w.SAVINGS, "side": Side.DEPOSIT, "terms": ""} | asked
        found = arrange(lambda session: comparable_rate(session, **request))
        assert (found.rate if found else None) == rate


class TestFollowing:
    LOANS = {"product_category": make.MORTGAGES, "side": Side.LENDING, "old_value": 3.0}

    def changed(self, session, competitor, moved_on, by, **more):
        make.move(session, competitor, moved_on, new_value=3.0 + by, **(self.LOANS | more))

    def test_the_change_of_most_rates_within_the_days_counts(self, ask, arrange):
        def moved(session):
            first, second = make.competitor(session, "First"), make.competitor(session, "Second")
            self.changed(session, first, day(1, 1), 0.1)
            make.decision(session, day(1, 10), 0.25)
            make.decision(session, day(2, 10), -0.5)
            for on, by in ((day(1, 20), 0.25), (day(1, 21), 0.25), (day(1, 20), 0.3)):
                self.changed(session, first, on, by)
            self.changed(session, first, day(1, 20), 0.25)
            self.changed(session, first, day(1, 25), 5.0, quality_flag="no")
            self.changed(session, first, day(1, 25), 0.9, terms="36 FIXED")
            self.changed(session, second, day(2, 10), -0.4)
            self.changed(session, second, day(2, 10) + timedelta(days=28), -0.5)
            return first, second

        first, _ = arrange(moved)
        rows = ask(SYSTEM, following, category=make.MORTGAGES)
        assert [
            (r.decided_on.month, r.competitor, r.change, str(r.on)[5:], r.days, r.is_same)
            for r in rows
        ] == [
            (1, "First", 0.25, "01-20", 10, True),
            (1, "Second", None, "", None, False),
            (2, "First", None, "", None, False),
            (2, "Second", -0.4, "02-10", 0, False),
        ]
        assert (rows[0].at_mode.numerator, rows[0].at_mode.denominator) == (3, 4)
        only = ask(SYSTEM, following, category=make.MORTGAGES, competitor_ids=[first])
        assert {row.competitor for row in only} == {"First"}
        late = ask(SYSTEM, following, category=make.MORTGAGES, since=day(2))
        assert {row.decided_on.month for row in late} == {2}

    def test_decisions_before_and_after_the_watch_are_left_out(self, ask, arrange):
        def moved(session):
            first = make.competitor(session, "First")
            make.decision(session, day(1, 1), 0.25)
            self.changed(session, first, day(1, 2), 0.25)
            self.changed(session, first, day(1, 29), 0.25)
            make.decision(session, day(1, 2), 0.25)
            make.decision(session, day(1, 3), 0.25)

        arrange(moved)
        rows = ask(SYSTEM, following, category=make.MORTGAGES)
        assert [row.decided_on for row in rows] == [day(1, 2)]

    def test_without_rates_nobody_follows(self, ask, arrange):
        arrange(lambda session: make.decision(session, day(1), 0.25))
        assert ask(SYSTEM, following, category=make.MORTGAGES) == []
        [event] = ask(SYSTEM, market_events, since=day(1), until=day(1))
        assert (event.value, event.change) == (3.0, 0.25)
        assert ask(SYSTEM, market_events, since=day(2)) == []


class TestChecks:
    @pytest.mark.parametrize(
        ("change", "mistaken", "believed"),
        [
            ({"new_value": 2.6}, 0, 0),
            ({"quality_flag": "hearsay", "is_plausible": False}, 0, 0),
            ({"quality_flag": "hearsay"}, 1, 0),
            ({"is_plausible": False}, 1, 0),
            ({"new_value": 1525.0}, 0, 1),
        ],
    )
    def test_doubts_and_their_reasons_belong_together(
        self, ask, arrange, change, mistaken, believed
    ):
        def tampered(session):
            make.move(session, make.competitor(session, "First"), TODAY)
            session.execute(update(CompetitorMove).values(change))

        arrange(tampered)
        assert ask(SYSTEM, mistaken_doubts) == mistaken
        assert ask(SYSTEM, believed_moves_that_cannot_be) == believed
