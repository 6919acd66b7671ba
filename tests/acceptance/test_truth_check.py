"""False reports that we planted among thousands are found, and late genuine ones left alone."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import insert, update

from core.customers.model import Holding
from core.impact.actions import ObserveOutcomes, observe_outcomes
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation
from core.truth.queries.findings import conversions
from core.truth.queries.runs import truth
from core.truth.rules import Standing
from core.windows import Window
from tests import world as w
from tests.making.results import FIRST, candidates, crowd, finished_run
from tests.making.truth import TODAY, ago, known_until

TREATED, HELD_OUT, REPORTED = 7_000, 2_000, 4_000
FALSE, LATE, DUPLICATES, YOUNG = 200, 300, 80, 60  # 5 % of what is reported is false
GRACE = 30


@dataclass
class Planted:
    """What is true of the customers of one run, by what was done with them."""

    run_id: int = 0
    other_id: int = 0
    false: set = field(default_factory=set)
    late: set = field(default_factory=set)
    duplicates: set = field(default_factory=set)
    young: set = field(default_factory=set)
    opened: Counter = field(default_factory=Counter)  # within the run, by whether it was treated


def opening(customer, days_ago, product=w.SAVINGS):
    return {
        "agreement_no": f"P{product}-{customer}-{days_ago}",
        "customer_id": customer,
        "product_id": product,
        "opened_on": TODAY - timedelta(days=int(days_ago)),
    }


def claim(run_id, customer, contact, won):
    """A candidate who was contacted, and whose sale was reported, so many days ago."""
    reached = ago(int(contact))
    steps = ("assigned_at", "attempted_at", "reached_at", "responded_at", "converted_at")
    return {
        "run_id": run_id,
        "customer_id": customer,
        "branch_id": w.NORTH if (customer - FIRST) % 2 == 0 else w.SOUTH,
        "arm": 1,
        "confirmation": Confirmation.CONFIRMED,
        "confirmed_at": reached,
        "attempts": 1,
        "is_imported": False,
        **dict.fromkeys(steps, reached),
        "won_at": ago(int(won)),
    }


@pytest.fixture
def planted(arrange):
    """Two campaigns about savings: one with thousands of reports, one that was there before."""
    return arrange(_plant)


def _plant(session):
    chance = np.random.default_rng(20)
    everybody = crowd(session, TREATED + HELD_OUT)
    known_until(session)
    made = Planted(finished_run(session, control_share=2222), finished_run(session))
    session.execute(
        update(Run).values(launched_at=ago(150), starts_on=ago(150).date(), ends_on=ago(1).date())
    )
    treated = [int(each) for each in chance.permutation(everybody[:TREATED])]
    reports, silent = treated[:REPORTED], treated[REPORTED:]
    groups = np.split(np.array(reports), np.cumsum([FALSE, LATE, DUPLICATES, YOUNG]))
    false, late, twice, young, genuine = ([int(each) for each in group] for group in groups)
    made.false, made.late, made.duplicates, made.young = map(set, (false, late, twice, young))

    contact = dict(zip(reports, chance.integers(60, 140, REPORTED), strict=True))
    won = {each: contact[each] - int(chance.integers(0, 12)) for each in reports}
    contact |= dict.fromkeys(young, 20)
    won |= dict.fromkeys(young, 12)
    session.execute(insert(Candidate), [claim(made.run_id, c, contact[c], won[c]) for c in reports])
    # The other campaign spoke with these first, and theirs is the opening.
    others = [claim(made.other_id, c, contact[c] + 1, won[c]) for c in twice]
    session.execute(insert(Candidate), others)

    opened = [opening(c, chance.integers(won[c], contact[c] + 1)) for c in [*genuine, *twice]]
    opened += [opening(c, won[c] - chance.integers(GRACE - 12, GRACE + 1)) for c in late]
    # Three kinds of lies: nothing at all, an old account, another product.
    opened += [opening(c, contact[c] + chance.integers(1, 400)) for c in false[:60]]
    opened += [opening(c, won[c], w.CARD) for c in false[60:120]]
    # Some open an account without having been spoken with, treated or held out.
    opened += [opening(c, 70) for c in silent[:90]]
    opened += [opening(c, 70) for c in everybody[TREATED : TREATED + 60]]
    session.execute(insert(Holding), opened)
    within = {
        row["customer_id"]
        for row in opened
        if row["product_id"] == w.SAVINGS and 1 <= (TODAY - row["opened_on"]).days <= 150
    }
    everyone = set(treated)
    made.opened = Counter(each in everyone for each in within)
    candidates(session, made.run_id, silent, steps=2)
    candidates(session, made.run_id, list(everybody[TREATED:]), arm=0)
    return made


def test_planted_lies_are_found_and_the_result_is_the_truth(do, ask, world, planted):
    do(world.mia, observe_outcomes, ObserveOutcomes(planted.run_id))
    found = ask(world.mia, truth, run_id=planted.run_id)
    rows = ask(world.eve, conversions, run_id=planted.run_id, window=Window(size=10_000)).rows
    by = {standing: set() for standing in Standing}
    for row in rows:
        by[row.standing].add(row.customer_id)

    # At least nine in ten of those without an opening: here, all of them.
    assert len(by[Standing.NO_OPENING] & planted.false) >= 0.9 * len(planted.false)
    assert by[Standing.NO_OPENING] == planted.false
    assert not planted.late & (by[Standing.NO_OPENING] | by[Standing.DUPLICATE])
    assert planted.late <= by[Standing.STANDS]
    assert by[Standing.DUPLICATE] == planted.duplicates
    assert by[Standing.OPEN] == planted.young

    truly = REPORTED - FALSE - DUPLICATES
    assert (found.reported.numerator, found.reported.denominator) == (REPORTED, TREATED)
    assert (found.restated.numerator, found.restated.denominator) == (truly, TREATED)
    assert found.funnel.won == found.check.restated == truly
    assert found.impact.treated.won == REPORTED  # what was reported is not written over
    assert found.score.value == pytest.approx((truly - YOUNG) / (REPORTED - YOUNG))
    treated, held_out = planted.opened[True], planted.opened[False]
    assert found.measured.value == pytest.approx(treated / TREATED - held_out / HELD_OUT)
    other = ask(world.mia, truth, run_id=planted.other_id)
    assert other.check.stands == other.check.reported == DUPLICATES


def test_no_report_moves_the_measured_effect(do, ask, world, planted, arrange):
    do(world.mia, observe_outcomes, ObserveOutcomes(planted.run_id))
    before = ask(world.mia, truth, run_id=planted.run_id)
    arrange(
        lambda session: session.execute(
            update(Candidate)
            .where(Candidate.run_id == planted.run_id, Candidate.customer_id.in_(planted.false))
            .values(won_at=None)
        )
    )
    after = ask(world.mia, truth, run_id=planted.run_id)

    assert before.measured == after.measured
    assert before.believed.value > after.believed.value >= after.measured.value
    assert after.restated == before.restated


def test_the_parts_add_up_branch_by_branch(ask, world, planted):
    found = ask(world.mia, truth, run_id=planted.run_id)

    parts = Counter()
    for actor in (world.lea, world.lou):
        own = ask(actor, truth, run_id=planted.run_id).check
        parts += Counter({each: own.at(each) for each in Standing})
    assert parts == Counter(
        {each: found.check.at(each) for each in Standing if found.check.at(each)}
    )
    assert found.check.reported == REPORTED == found.impact.treated.won
