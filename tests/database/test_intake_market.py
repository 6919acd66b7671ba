"""Competitors' moves, what they charge, and events of the market, from files."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.intake.actions.reverting import Revert, revert
from core.intake.rules import IntakeKind
from core.journal.model import Outgoing
from core.market.actions.competitors import (
    MergeCompetitors,
    RenameCompetitor,
    merge_competitors,
    rename_competitor,
)
from core.market.model import Competitor, CompetitorMove, CompetitorRate
from core.market.queries import competitors, ladder, moves
from core.market.rules import MoveKind, Side
from core.windows import Window
from tests import world as w
from tests.making import market as make
from tests.making.files import Importing, contents

MAPPING = """
source = "feeds"
[fields]
source_no = "id"
competitor = "who"
moved_on = "day"
kind = "kind"
product_category = "what"
product_name = "product"
side = { column = "side", values = { money = "" } }
terms = { join = ["type", "term"] }
old_value = "old"
new_value = "new"
region = "where"
quality_flag = "flag"
"""
HEADER = "id,who,day,kind,what,product,side,type,term,old,new,where,flag\n"
FIRST = "m1,Harbour Bank,2026-01-05,rate_change,savings,Saver,deposit,VARIABLE,12,2,2.5,,\n"
EVENTS = """
source = "Central bank"
[fields]
source_no = { column = "day", prefix = "cash rate " }
moved_on = "day"
kind = { constant = "market_event" }
product_category = { constant = "base rate" }
product_name = { constant = "Base rate" }
new_value = "rate"
change = "by"
"""
RATES = """
source = "price lists"
[fields]
competitor = "who"
product_category = { constant = "savings" }
product_code = "code"
product_name = "product"
side = { constant = "deposit" }
terms = "terms"
rate = "rate"
as_of = "day"
"""
PRICES = "who,code,product,terms,rate,day\n"
PRICE = "Harbour Bank,S1,Saver,VARIABLE,2.5,2026-01-05\n"
UNTOUCHED = ("intake", "intake_row", "journal_entry", "journal_subject", "outbox")


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


def counts(fact):
    return fact.created, fact.updated, fact.unchanged, fact.rejected


def all_of(engine, model):
    with Session(engine) as session:
        return session.scalars(select(model).order_by(model.id)).all()


class TestMoves:
    def take(self, files, lines=FIRST, **more):
        return files.take(HEADER + lines, MAPPING, IntakeKind.MOVES, **more)

    def test_they_come_in_whole_and_once(self, files, engine):
        assert counts(self.take(files)) == (1, 0, 0, 0)
        assert counts(self.take(files)) == (0, 0, 1, 0)

        [move] = all_of(engine, CompetitorMove)
        assert (move.kind, move.side, move.terms) == (
            MoveKind.RATE_CHANGE,
            Side.DEPOSIT,
            "VARIABLE · 12",
        )
        assert (move.old_value, move.new_value, move.is_plausible) == (2.0, 2.5, True)
        assert (move.source, move.unit_id, move.competitor_id) == ("feeds", None, 1)
        assert [row.type for row in all_of(engine, Outgoing)] == ["MarketTracking/Updated"]

    def test_a_twin_in_the_file_is_the_competitor_that_is_known(
        self, files, engine, arrange, ask, world
    ):
        known = arrange(lambda session: make.competitor(session, "HARBOUR bank"))
        new = FIRST.replace("m1", "m2").replace("Harbour Bank", "Other")
        twin = new.replace("m2", "m3").replace("Other", "OTHER.")
        assert counts(self.take(files, FIRST + new + twin)) == (3, 0, 0, 0)

        assert [row.name for row in ask(world.mia, competitors)] == ["HARBOUR bank", "Other"]
        ids = [move.competitor_id for move in all_of(engine, CompetitorMove)]
        assert ids[0] == known
        assert ids[1] == ids[2]

    def test_former_and_merged_names_lead_to_the_competitor(
        self, files, engine, arrange, do, world
    ):
        def two(session):
            return make.competitor(session, "Harbour Bank"), make.competitor(session, "Haven")

        harbour, haven = arrange(two)
        do(world.mia, rename_competitor, RenameCompetitor(harbour, "Port"))
        do(world.mia, merge_competitors, MergeCompetitors(haven, harbour))
        self.take(files)
        assert [move.competitor_id for move in all_of(engine, CompetitorMove)] == [haven]

    def test_what_cannot_be_is_kept_as_doubtful(self, files, engine, ask, world):
        wrong = FIRST.replace(",2.5,", ",1525,").replace("m1", "m2")
        flagged = FIRST.replace(",,\n", ",,gap of 9 days\n").replace("m1", "m3")
        money = FIRST.replace("rate_change", "offer_added").replace("deposit", "money")
        money = money.replace("2,2.5", ",1500").replace("m1", "m4")
        assert counts(self.take(files, FIRST + wrong + flagged + money)) == (4, 0, 0, 0)

        flags = [move.quality_flag for move in all_of(engine, CompetitorMove)]
        assert flags == [None, "new value 1525 % is outside 0 to 30 %", "gap of 9 days", None]
        doubtful = ask(world.mia, moves, window=Window(), is_plausible=False)
        assert doubtful.total == 2
        rungs = ask(world.mia, ladder, category="savings", side=Side.DEPOSIT)
        assert [rung.rate for rung in rungs] == [2.5]
        assert counts(self.take(files, FIRST + wrong + flagged + money)) == (0, 0, 4, 0)

    def test_a_corrected_feed_is_believed_again_and_can_be_undone(self, files, engine, do, world):
        self.take(files, FIRST.replace(",2.5,", ",250,"))
        fact = self.take(files)
        assert counts(fact) == (0, 1, 0, 0)
        assert [move.is_plausible for move in all_of(engine, CompetitorMove)] == [True]

        do(world.ada, revert, Revert(fact.intake_id))
        [move] = all_of(engine, CompetitorMove)
        assert (move.new_value, move.is_plausible) == (250.0, False)
        assert len(all_of(engine, Competitor)) == 1

    def test_undone_it_leaves_nothing_behind(self, files, engine, do, world):
        before = contents(engine, without=UNTOUCHED)
        fact = self.take(files)
        do(world.ada, revert, Revert(fact.intake_id))
        assert contents(engine, without=UNTOUCHED) == before

    def test_a_region_is_a_unit_of_ours(self, files, engine):
        assert counts(self.take(files, FIRST.replace(",,\n", ",B1,\n"))) == (1, 0, 0, 0)
        assert [move.unit_id for move in all_of(engine, CompetitorMove)] == [w.NORTH]

    @pytest.mark.parametrize(
        ("change", "field", "reason"),
        [
            (("rate_change", "rumour"), "kind", "is none of: rate_change"),
            (("Harbour Bank", ""), "competitor", "is empty; only an event of the market"),
            (("Harbour Bank", "?!"), "competitor", "has no letters or figures"),
            (("rate_change", "market_event"), "competitor", "is given for an event of the market"),
            (("2026-01-05", ""), "moved_on", "is empty"),
            (("2026-01-05", "2026-03-03"), "moved_on", "is ahead"),
            (("Saver", ""), "product_name", "is empty"),
            (("savings", ""), "product_category", "is empty"),
            (("deposit", "both"), "side", "is none of: deposit, lending"),
            (("2.5", "many"), "new_value", "isn't a number"),
            ((",,\n", ",B9,\n"), "region", "there is no unit with the code B9"),
        ],
    )
    def test_a_bad_row_is_named_with_its_field(self, files, engine, change, field, reason):
        good = FIRST.replace("m1", "m2")
        fact = self.take(files, FIRST.replace(*change) + good, keep_good_rows=True)
        assert counts(fact) == (1, 0, 0, 1)
        [rejection] = files.rejected
        assert (rejection.row, rejection.field) == (1, field)
        assert rejection.reason.startswith(reason)
        assert [competitor.name for competitor in all_of(engine, Competitor)] == ["Harbour Bank"]


class TestMarketEvents:
    def test_decisions_are_nobodys_and_keyed_by_their_day(self, files, engine):
        lines = "day,rate,by\n2026-01-07,3.25,0.25\n2026-02-04,3.1,-0.15\n"
        assert counts(files.take(lines, EVENTS, IntakeKind.MOVES)) == (2, 0, 0, 0)
        assert counts(files.take(lines, EVENTS, IntakeKind.MOVES)) == (0, 0, 2, 0)

        first, second = all_of(engine, CompetitorMove)
        assert (first.source_no, first.competitor_id) == ("cash rate 2026-01-07", None)
        assert (first.old_value, second.old_value) == (3.0, 3.25)
        assert all_of(engine, Competitor) == []


class TestRates:
    def take(self, files, lines=PRICE, **more):
        return files.take(PRICES + lines, RATES, IntakeKind.RATES, **more)

    def test_they_come_in_whole_once_and_can_be_undone(self, files, engine, do, world):
        before = contents(engine, without=UNTOUCHED)
        other = PRICE.replace("VARIABLE", "")
        fact = self.take(files, PRICE + other)
        assert counts(fact) == (2, 0, 0, 0)
        twins = PRICE.replace("Harbour Bank", "HARBOUR BANK")
        assert counts(self.take(files, twins + other)) == (0, 0, 2, 0)
        first, second = all_of(engine, CompetitorRate)
        assert (first.terms, second.terms, first.source) == ("VARIABLE", "", "price lists")

        do(world.ada, revert, Revert(fact.intake_id))
        assert contents(engine, without=UNTOUCHED) == before

    def test_a_newer_day_replaces_and_an_older_one_does_not(self, files, engine):
        self.take(files)
        newer = PRICE.replace("2.5", "2.8").replace("01-05", "02-05")
        assert counts(self.take(files, newer)) == (0, 1, 0, 0)
        assert counts(self.take(files)) == (0, 0, 1, 0)
        [rate] = all_of(engine, CompetitorRate)
        assert (rate.rate, rate.as_of) == (2.8, date(2026, 2, 5))

    def test_a_rate_that_cannot_be_is_kept_as_doubtful(self, files, engine):
        self.take(files, PRICE.replace("2.5", "200"))
        [rate] = all_of(engine, CompetitorRate)
        assert (rate.is_plausible, rate.quality_flag) == (
            False,
            "new value 200 % is outside 0 to 30 %",
        )

    @pytest.mark.parametrize(
        ("change", "field", "reason"),
        [
            (("Harbour Bank", ""), "competitor", "is empty"),
            (("Harbour Bank", "--"), "competitor", "has no letters or figures"),
            (("2.5", ""), "rate", "is empty"),
            (("2026-01-05", "2026-04-05"), "as_of", "is ahead"),
        ],
    )
    def test_a_bad_row_is_named_with_its_field(self, files, change, field, reason):
        good = PRICE.replace("VARIABLE", "FIXED")
        fact = self.take(files, PRICE.replace(*change) + good, keep_good_rows=True)
        assert counts(fact) == (1, 0, 0, 1)
        [rejection] = files.rejected
        assert (rejection.row, rejection.field) == (1, field)
        assert rejection.reason.startswith(reason)

    def test_a_move_changes_what_was_published_and_a_newer_state_the_move(self, files, ask, world):
        self.take(files)
        move = "m1,Harbour Bank,2026-02-01,rate_change,savings,Saver,deposit,VARIABLE,,2.5,2.7,,\n"
        mapping = MAPPING + 'product_code = { constant = "S1" }\n'
        files.take(HEADER + move, mapping, IntakeKind.MOVES)

        def rate():
            [rung] = ask(world.mia, ladder, category="savings", side=Side.DEPOSIT)
            return rung.rate

        assert rate() == 2.7
        self.take(files, PRICE.replace("2.5", "2.6").replace("01-05", "02-15"))
        assert rate() == 2.6
