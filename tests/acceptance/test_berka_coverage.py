"""A real bank's coverage: each part of each cell, before and after a campaign, judged by hand."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.launch import Launch, launch
from core.activities.actions.taking import TakeNext, take_next
from core.activities.model import Activity
from core.activities.rules import Outcome, Status
from core.campaigns.model import StatusReason
from core.coverage.queries.cells import coverage
from core.coverage.queries.counting import count
from core.coverage.queries.customers import customers_of
from core.coverage.rules import Aim, Part, rolling
from core.coverage.upkeep import keep
from core.customers.model import CustomerState, Product
from core.database import connect
from core.responses.actions.responding import Respond, respond
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM
from core.segments.model import Segment
from core.segments.queries import in_segment
from core.work import Reader, reading, upkeep
from data import reference as words
from tests.conftest import NOW
from tests.databases import administer, named
from tests.making import berka

pytestmark = pytest.mark.reference
WORKED = NOW + timedelta(days=2)


@pytest.fixture(params=["sqlite", "postgresql"])
def bank(request, reference, tmp_path):
    """The bank of the public data, in a database of its own."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'berka.db'}")
        yield berka.open_bank(engine, reference / "berka", now=NOW)
        engine.dispose()
        return
    server = request.getfixturevalue("postgresql_url")
    administer(server, "CREATE DATABASE berka_coverage")
    engine = connect(named(server, "berka_coverage"))
    yield berka.open_bank(engine, reference / "berka", now=NOW)
    engine.dispose()
    administer(server, "DROP DATABASE berka_coverage")


def counted(bank, now):
    with reading(bank.engine, SYSTEM, now=now) as view:
        found = count(view, periods=[rolling(90, now.date())])
    with upkeep(bank.engine) as session:
        keep(session, found)


def told(bank, now, aim):
    with reading(bank.engine, bank.dana, now=now) as view:
        return coverage(view, aim=aim)


def members(bank, now):
    """Return the customers of each segment and what each customer holds and allows."""
    with Session(bank.engine) as session:
        view = Reader(session, SYSTEM, now)
        inside = {
            id_: set(
                session.scalars(select(CustomerState.customer_id).where(in_segment(view, id_)))
            )
            for id_ in session.scalars(select(Segment.id))
        }
        states = {row.customer_id: row for row in session.scalars(select(CustomerState))}
        session.expunge_all()
    return inside, states


def judge(bank, now):
    """Judge every customer for every cell: the campaign sells insurance, and nothing else."""
    inside, states = members(bank, now)
    with Session(bank.engine) as session:
        products = list(session.scalars(select(Product)))
        arms = dict(session.execute(select(Candidate.customer_id, Candidate.arm)).all())
        work = {row.customer_id: row for row in session.scalars(select(Activity))}
        session.expunge_all()
    cells = {}
    for segment_id, ids in inside.items():
        for product in products:
            for aim in Aim:
                parts = Counter()
                sold = product.code == "insurance" and aim is Aim.SELL
                for id_ in ids:
                    activity = work.get(id_) if sold else None
                    holds = bool(states[id_].products >> product.bit & 1)
                    if activity is not None and activity.contacted_at is not None:
                        parts[Part.REACHED] += 1
                    elif sold and arms.get(id_) == CONTROL_ARM:
                        parts[Part.HELD_OUT] += 1
                    elif activity is not None and activity.status in (
                        Status.UNASSIGNED,
                        Status.ASSIGNED,
                        Status.IN_PROGRESS,
                    ):
                        parts[Part.IN_WORK] += 1
                    elif holds == (aim is Aim.KEEP):
                        parts[stands(states[id_])] += 1
                cells[segment_id, product.id, aim] = parts
    return cells


def stands(state):
    """Say what is in the way of who was not touched; nobody has had enough contacts yet."""
    asked = state.consents & 0b110  # the branch and the telephone
    in_the_way = not state.is_active or state.do_not_contact or not asked or state.indicators & 8
    if in_the_way:
        return Part.SUPPRESSED
    return Part.CAPPED if state.last_refusal_at is not None else Part.OPEN_GAP


def check(bank, now):
    counted(bank, now)
    expected = judge(bank, now)
    found = {
        (cell.segment_id, cell.product_id, aim): cell.parts
        for aim in Aim
        for cell in told(bank, now, aim).cells
    }
    assert found.keys() == expected.keys()
    for key, parts in found.items():
        assert {part: parts.of(part) for part in Part} == {p: expected[key][p] for p in Part}
        assert parts.eligible == expected[key].total()
    return found


def test_every_cell_is_the_sum_of_its_parts_before_and_after_a_campaign(bank):
    design_id = berka.agree_on_campaign(bank)
    before = check(bank, NOW)

    run_id = berka.start(bank, design_id)
    bank.do(bank.dana, select_candidates, SelectCandidates(run_id))
    bank.do(bank.dana, launch, Launch(run_id))
    with Session(bank.engine) as session:
        refused = session.scalars(
            select(StatusReason.id).where(StatusReason.code == words.REFUSED_OFFER)
        ).one()
    for agent, outcomes in (
        (bank.jan, (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.REFUSED)),
        (bank.milan, (Outcome.ACCEPTED,)),
    ):
        for outcome in outcomes:
            taken = bank.do(agent, take_next, TakeNext(), now=WORKED)
            why = refused if outcome is Outcome.REFUSED else None
            answer = Respond(taken.activity_id, outcome, reason_id=why)
            bank.do(agent, respond, answer, now=WORKED)
    after = check(bank, WORKED)

    # Nobody has bought yet, so nobody has come or gone: customers stand elsewhere, that is all.
    assert {key: parts.eligible for key, parts in before.items()} == {
        key: parts.eligible for key, parts in after.items()
    }
    assert before != after
    with Session(bank.engine) as session:
        insurance = session.scalars(select(Product.id).where(Product.code == "insurance")).one()
        households = session.scalars(select(Segment.id).where(Segment.code == "B3")).one()
        held_out = session.scalars(
            select(Candidate.customer_id).where(Candidate.arm == CONTROL_ARM)
        ).all()
    cell = after[households, insurance, Aim.SELL]
    assert (cell.reached, cell.held_out) == (4, len(held_out))
    with reading(bank.engine, bank.dana, now=WORKED) as view:
        of = {"segment_id": households, "product_id": insurance}
        for part in Part:
            assert customers_of(view, part=part, **of).total == cell.of(part)
