"""Competitors, moves and own rates, recorded by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.journal.model import Entry, Outgoing
from core.market.actions.competitors import (
    AddCompetitor,
    MergeCompetitors,
    RenameCompetitor,
    add_competitor,
    merge_competitors,
    rename_competitor,
)
from core.market.actions.pricing import SetProductRate, set_product_rate
from core.market.actions.recording import RecordMove, record_move
from core.market.model import Competitor, CompetitorMove, CompetitorRate, ProductRate
from core.market.queries import competitors, moves
from core.market.rules import MoveKind, Side
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making.market import competitor, move, rate

TODAY = NOW.date()
RATE = RecordMove(
    competitor_id=1,
    moved_on=TODAY,
    kind=MoveKind.RATE_CHANGE,
    product_category="savings",
    product_name="Saver",
    side=Side.DEPOSIT,
    terms="variable",
    old_value=2.0,
    new_value=2.5,
    unit_id=w.REGION,
    source="Price list",
    evidence="page 4",
)
OURS = SetProductRate(w.SAVINGS, w.BANK, Side.DEPOSIT, "savings", 2.4, date(2026, 1, 1))


@pytest.fixture
def harbour(arrange):
    return arrange(lambda session: competitor(session, "Harbour Bank"))


@pytest.fixture
def entries(engine):
    def told():
        with Session(engine) as session:
            kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
            return kinds, session.scalars(select(Outgoing.type).order_by(Outgoing.id)).all()

    return told


def kept(engine, model):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(model))


class TestMoves:
    @pytest.fixture
    def asked(self, harbour):
        return replace(RATE, competitor_id=harbour)

    def test_a_move_is_kept_told_and_found(self, do, ask, world, asked, entries):
        fact = do(world.mia, record_move, asked)

        [row] = ask(world.eve, moves, window=Window()).rows
        assert (row.id, row.competitor, row.kind, row.change) == (
            fact.move_id,
            "Harbour Bank",
            MoveKind.RATE_CHANGE,
            0.5,
        )
        assert (row.region, row.source, row.evidence) == ("Region", "Price list", "page 4")
        assert row.quality_flag is None
        assert entries() == (["move.recorded"], ["MarketTracking/Updated"])

    def test_what_is_not_sure_is_kept_as_doubtful(self, do, engine, world, asked):
        do(world.mia, record_move, replace(asked, quality_flag="hearsay"))
        with Session(engine) as session:
            row = session.scalars(select(CompetitorMove)).one()
        assert (row.is_plausible, row.quality_flag) == (False, "hearsay")

    def test_an_event_of_the_market_is_nobodys(self, do, ask, world):
        event = replace(RATE, competitor_id=None, kind=MoveKind.MARKET_EVENT, side=None)
        assert do(world.mia, record_move, event).competitor is None
        [row] = ask(world.mia, moves, window=Window()).rows
        assert row.competitor is None

    def test_money_is_not_judged_as_a_rate(self, do, world, asked):
        cash = replace(
            asked, kind=MoveKind.OFFER_ADDED, side=None, old_value=None, new_value=1500.0
        )
        assert do(world.mia, record_move, cash).new_value == 1500.0

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"moved_on": None}, "Say on which day"),
            ({"product_name": " "}, "Name the product"),
            ({"product_category": ""}, "Say which category"),
            ({"competitor_id": None}, "Choose the competitor"),
            ({"kind": MoveKind.MARKET_EVENT}, "is nobody's"),
            ({"side": None}, "deposit or of a loan"),
            ({"new_value": None}, "Say the new rate"),
            ({"new_value": 1525.0}, "New value 1525 % is outside 0 to 30 %"),
            ({"old_value": -1.0}, "Old value -1 % is outside 0 to 30 %"),
            ({"new_value": 13.0}, "A jump of 11 points"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_words(self, asked, change, sentence):
        with pytest.raises(Invalid, match=sentence):
            replace(asked, **change)

    def test_a_day_ahead_is_refused(self, do, engine, world, asked):
        with pytest.raises(Invalid, match="3 Mar 2026 is ahead"):
            do(world.mia, record_move, replace(asked, moved_on=TODAY + timedelta(days=1)))
        assert kept(engine, CompetitorMove) == 0

    def test_the_same_move_twice_is_refused(self, do, engine, world, asked):
        do(world.mia, record_move, asked)
        with pytest.raises(Conflict, match="is recorded already"):
            do(world.max, record_move, replace(asked, evidence="another page"))
        do(world.max, record_move, replace(asked, new_value=2.6))
        assert kept(engine, CompetitorMove) == 2

    @pytest.mark.parametrize("change", [{"competitor_id": 99}, {"unit_id": 99}])
    def test_what_is_not_there_is_refused(self, do, world, asked, change):
        with pytest.raises(NotFound):
            do(world.mia, record_move, replace(asked, **change))

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_campaign_managers_record(self, do, world, asked, who, harbour, engine):
        for action, request in (
            (record_move, asked),
            (add_competitor, AddCompetitor("Other")),
            (rename_competitor, RenameCompetitor(harbour, "Other")),
            (merge_competitors, MergeCompetitors(harbour, 99)),
            (set_product_rate, OURS),
        ):
            with pytest.raises(NotAllowed):
                do(getattr(world, who), action, request)
        assert kept(engine, CompetitorMove) == kept(engine, ProductRate) == 0


class TestCompetitors:
    def test_a_new_one_is_watched(self, do, ask, world, entries):
        do(world.mia, add_competitor, AddCompetitor(" Union Trust "))
        assert [row.name for row in ask(world.mia, competitors)] == ["Union Trust"]
        assert entries() == (["competitor.added"], ["MarketTracking/Updated"])

    @pytest.mark.parametrize("twin", ["harbour bank", "Harbour-Bank", "HARBOURBANK"])
    def test_a_twin_is_refused_by_the_name_it_has(self, do, world, harbour, twin):
        with pytest.raises(Conflict, match="is Harbour Bank, which is watched already"):
            do(world.mia, add_competitor, AddCompetitor(twin))

    @pytest.mark.parametrize("name", ["", "  ", "?!"])
    def test_a_name_without_letters_is_refused(self, name):
        with pytest.raises(Invalid, match="letters or figures"):
            AddCompetitor(name)

    def test_a_renamed_one_is_still_known_by_its_old_name(self, do, ask, world, harbour, engine):
        do(world.mia, rename_competitor, RenameCompetitor(harbour, "Haven"))
        assert [row.name for row in ask(world.mia, competitors)] == ["Haven"]
        with pytest.raises(Conflict, match="Harbour bank is Haven"):
            do(world.mia, add_competitor, AddCompetitor("Harbour bank"))

        do(world.mia, rename_competitor, RenameCompetitor(harbour, "Harbour Bank"))  # and back
        assert [row.name for row in ask(world.mia, competitors)] == ["Harbour Bank"]
        do(world.mia, rename_competitor, RenameCompetitor(harbour, "HARBOUR BANK"))
        assert [row.name for row in ask(world.mia, competitors)] == ["HARBOUR BANK"]
        assert kept(engine, Competitor) == 2

    def test_a_name_of_another_is_refused(self, do, world, harbour, arrange):
        arrange(lambda session: competitor(session, "Union Trust"))
        with pytest.raises(Conflict, match="merge the two instead"):
            do(world.mia, rename_competitor, RenameCompetitor(harbour, "union trust"))
        with pytest.raises(Invalid, match="has this name already"):
            do(world.mia, rename_competitor, RenameCompetitor(harbour, "Harbour Bank"))

    def test_merged_they_are_one_with_all_their_names(self, do, ask, world, harbour, arrange):
        def two(session):
            haven, port = competitor(session, "Haven"), competitor(session, "Port")
            move(session, haven, TODAY)
            rate(session, haven, 2.0, TODAY)
            return haven, port

        haven, port = arrange(two)
        do(world.mia, rename_competitor, RenameCompetitor(haven, "Haven plc"))
        fact = do(world.mia, merge_competitors, MergeCompetitors(harbour, haven))
        assert (fact.merged, fact.moves, fact.rates) == ("Haven plc", 1, 1)
        assert [row.name for row in ask(world.mia, competitors)] == ["Harbour Bank", "Port"]
        [row] = ask(world.mia, moves, window=Window(), competitor_id=harbour).rows
        assert row.competitor == "Harbour Bank"

        do(world.mia, merge_competitors, MergeCompetitors(port, harbour))
        for name in ("Haven", "Haven plc", "harbour bank"):
            with pytest.raises(Conflict, match=f"{name} is Port"):
                do(world.mia, add_competitor, AddCompetitor(name))
        with pytest.raises(NotFound, match="may have been merged"):
            do(world.mia, merge_competitors, MergeCompetitors(harbour, port))
        with pytest.raises(Invalid, match="with itself"):
            MergeCompetitors(port, port)
        assert arrange(lambda session: session.scalars(select(CompetitorRate.competitor_id)).all())


class TestOwnRates:
    def rates(self, engine):
        with Session(engine) as session:
            rows = select(ProductRate.rate, ProductRate.valid_from).order_by(ProductRate.valid_from)
            return [tuple(row) for row in session.execute(rows)]

    def test_a_rate_follows_another_and_both_are_kept(self, do, engine, world, entries):
        assert do(world.mia, set_product_rate, OURS).was is None
        later = replace(OURS, rate=2.6, valid_from=date(2026, 4, 1))
        fact = do(world.mia, set_product_rate, later)
        assert (fact.was, fact.is_correction) == (2.4, False)
        assert self.rates(engine) == [(2.4, date(2026, 1, 1)), (2.6, date(2026, 4, 1))]
        assert entries()[0] == ["product-rate.set"] * 2

    def test_on_the_same_day_it_is_a_correction(self, do, engine, world):
        do(world.mia, set_product_rate, OURS)
        fact = do(world.mia, set_product_rate, replace(OURS, rate=2.45))
        assert (fact.was, fact.is_correction) == (2.4, True)
        assert self.rates(engine) == [(2.45, date(2026, 1, 1))]

    def test_regions_and_terms_have_rates_of_their_own(self, do, engine, world):
        for request in (OURS, replace(OURS, unit_id=w.NORTH), replace(OURS, terms="12 months")):
            assert do(world.mia, set_product_rate, request).was is None
        assert len(self.rates(engine)) == 3

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"rate": 1525.0}, "A rate of 1525 % is outside 0 to 30 %"),
            ({"rate": -0.5}, "A rate of -0.5 % is outside 0 to 30 %"),
            ({"rate": None}, "Say the rate"),
            ({"valid_from": None}, "Say from which day"),
            ({"product_category": " "}, "Say which category"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_words(self, change, sentence):
        with pytest.raises(Invalid, match=sentence):
            replace(OURS, **change)

    def test_the_same_rate_again_and_what_is_not_there_are_refused(self, do, engine, world):
        do(world.mia, set_product_rate, OURS)
        with pytest.raises(Conflict, match=r"Savings account bears 2\.4 % there already"):
            do(world.mia, set_product_rate, replace(OURS, valid_from=date(2026, 2, 1)))
        for change in ({"product_id": 99}, {"unit_id": 99}):
            with pytest.raises(NotFound):
                do(world.mia, set_product_rate, replace(OURS, **change))
        assert len(self.rates(engine)) == 1
