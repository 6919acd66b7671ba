"""Real competitors' moves and the central bank's decisions, against figures that others found."""

import csv
import gzip
from collections import Counter
from datetime import date
from time import perf_counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.intake.rules import IntakeKind
from core.market.model import Competitor, CompetitorMove, CompetitorRate
from core.market.queries import (
    competitors,
    following,
    ladder,
    market_events,
    moves,
    tallies,
)
from core.market.rules import MoveKind, Side
from core.windows import Window
from tests.making.berka import EXAMPLES
from tests.making.files import Importing, contents

pytestmark = pytest.mark.reference
MOVES, RATES, DECISIONS = (
    ("competitor_events_top_banks.csv.gz", "competitor-moves", IntakeKind.MOVES),
    ("competitor_products_last_state.csv.gz", "competitor-rates", IntakeKind.RATES),
    ("rba_decisions.csv", "central-bank-decisions", IntakeKind.MOVES),
)
BIG_FOUR = ("ANZ", "CommBank", "NATIONAL AUSTRALIA BANK", "Westpac")
MORTGAGES = "RESIDENTIAL_MORTGAGES"
SECONDS = 60  # a bound that only a loop over rows would break, however busy the machine is


@pytest.fixture
def bring(engine, reference, tmp_path):
    importing = Importing(engine, SYSTEM, tmp_path)

    def carry_out(file, mapping, kind):
        text = (EXAMPLES / f"{mapping}.toml").read_text()
        fact = importing.take(reference / "competitors" / file, text, kind)
        return fact.created, fact.updated, fact.unchanged, fact.rejected

    return carry_out


def published(reference, name):
    with (reference / "reference" / name).open() as file:
        return list(csv.DictReader(file))


def rows_of(reference):
    with gzip.open(reference / "competitors" / MOVES[0], "rt") as file:
        return list(csv.DictReader(file))


def test_moves_and_decisions_come_in_once(bring, engine, ask):
    before = perf_counter()
    assert bring(*MOVES) == (12_608, 0, 0, 0)
    assert perf_counter() - before < SECONDS
    assert bring(*DECISIONS) == (35, 0, 0, 0)

    kept = contents(engine, without=("intake", "journal_entry", "journal_subject"))
    assert bring(*MOVES) == (0, 0, 12_608, 0)
    assert bring(*DECISIONS) == (0, 0, 35, 0)
    assert contents(engine, without=("intake", "journal_entry", "journal_subject")) == kept

    names = [competitor.name for competitor in ask(SYSTEM, competitors)]
    assert len(names) == 29  # 30 brands, of which u Bank and UBank are one
    assert [name for name in names if name.casefold().replace(" ", "") == "ubank"] == [
        "u Bank"
    ]  # as the file has it first
    assert all(event.category == "CASH_RATE" for event in ask(SYSTEM, market_events))
    with Session(engine) as session:
        broken = select(func.count()).where(CompetitorMove.terms.contains("\n"))
        assert session.scalar(broken) > 0  # why the file has more lines than moves


def test_events_are_counted_as_their_source_counts_them(bring, reference, ask):
    bring(*MOVES)
    bring(*DECISIONS)

    found = {
        (tally.category, str(tally.kind)): (tally.events, tally.clean)
        for tally in ask(SYSTEM, tallies)
        if tally.kind is not MoveKind.MARKET_EVENT
    }

    rows = rows_of(reference)
    of = Counter((row["product_category"], row["event_type"]) for row in rows)
    clean = Counter(
        (row["product_category"], row["event_type"]) for row in rows if not row["quality_flag"]
    )
    assert found == {key: (many, clean[key]) for key, many in of.items()}
    # The published counts are of all 124 brands, the file has the clean events of thirty.
    everybody = {
        (row["product_category"], row["event_type"]): int(row["clean_events"])
        for row in published(reference, "reference_competitor_event_counts.csv")
    }
    assert sum(everybody.values()) == 59_085
    assert sum(events for events, _clean in found.values()) == 12_608
    assert found.keys() <= everybody.keys()
    assert all(events <= everybody[key] for key, (events, _clean) in found.items())


def test_the_big_four_follow_the_central_bank_as_published(bring, reference, ask):
    bring(*MOVES)
    bring(*DECISIONS)
    ids = {competitor.name: competitor.id for competitor in ask(SYSTEM, competitors)}

    found = ask(
        SYSTEM,
        following,
        category=MORTGAGES,
        terms="VARIABLE",
        competitor_ids=[ids[name] for name in BIG_FOUR],
    )

    expected = {
        (row["rba_effective"], row["bank"]): row
        for row in published(reference, "reference_competitor_vs_rba.csv")
    }
    assert {(row.decided_on.isoformat(), row.competitor) for row in found} == set(expected)
    for row in found:
        told = expected[row.decided_on.isoformat(), row.competitor]
        assert row.decision == float(told["rba_change_pp"])
        assert row.at_mode.denominator == int(told["variable_mortgage_changes_within_27d"])
        if not row.at_mode.denominator:
            assert (row.change, row.on) == (None, None)
            continue
        assert row.change == float(told["modal_change_pp"])
        assert row.at_mode.value == pytest.approx(float(told["share_at_mode"]), abs=5e-4)
        assert row.on == date.fromisoformat(told["modal_date"])
    assert sum(row.is_same for row in found) == sum(row.change is not None for row in found) == 41


def test_rates_that_cannot_be_are_kept_and_never_a_rung(bring, engine, ask):
    assert bring(*RATES) == (9_331, 0, 0, 0)
    assert bring(*RATES) == (0, 0, 9_331, 0)
    with Session(engine) as session:
        doubtful = select(CompetitorRate).where(~CompetitorRate.is_plausible)
        flagged = session.scalars(doubtful).all()
        assert len(flagged) == 31
        assert max(rate.rate for rate in flagged) == 1_800
        assert all(rate.quality_flag for rate in flagged)
        assert session.scalar(select(func.count()).select_from(Competitor)) == 124

    savings = ask(SYSTEM, ladder, category="TRANS_AND_SAVINGS_ACCOUNTS", side=Side.DEPOSIT)
    assert max(rung.rate for rung in savings) < 30
    assert len({rung.who for rung in savings}) == len(savings)


def test_moves_lie_over_the_rates_of_a_day(bring, ask):
    bring(*MOVES)
    day = date(2023, 1, 31)
    filters = {"category": MORTGAGES, "side": Side.LENDING, "terms": "VARIABLE OWNER_OCCUPIED"}
    early = ask(SYSTEM, ladder, on=day, best_only=False, **filters)
    assert early
    assert all(rung.since <= day for rung in early)

    latest = {
        (rung.who, rung.product, rung.terms): rung
        for rung in ask(SYSTEM, ladder, best_only=False, **filters)
    }
    anz = next(rung for (who, _, _), rung in latest.items() if who == "ANZ")
    said = ask(
        SYSTEM,
        moves,
        window=Window(sort="day", descending=True, size=1),
        category=MORTGAGES,
        product=anz.product,
        terms=anz.terms,
    ).rows[0]
    assert (said.new_value, said.moved_on) == (anz.rate, anz.since)
