"""A competitor's move threatens customers; a campaign answers it, and what it changed is known.

Told twice, with other products, sides, regions and gaps.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.actions.launch import Launch, launch
from core.campaigns.actions import (
    ChangeDesign,
    SetStages,
    SubmitDesign,
    change_design,
    set_stages,
    submit_design,
)
from core.campaigns.queries import design as design_sheet
from core.campaigns.terms import StageTerms
from core.customers.model import CustomerState, Holding
from core.gate.actions import ApproveDesign, approve_design
from core.impact.actions import AnalyseRun, analyse_run
from core.journal.model import Entry, Outgoing
from core.market.actions.competitors import AddCompetitor, add_competitor
from core.market.actions.pricing import SetProductRate, set_product_rate
from core.market.actions.recording import RecordMove, record_move
from core.market.actions.threats import FindThreats, find_threats
from core.market.actions.watching import SetWatch, set_watch
from core.market.queries.exposure import exposed_customers
from core.market.rules import MoveKind, Side
from core.portfolio.actions.answering import AnswerThreat, answer_threat
from core.portfolio.queries.threats import threat, threats
from core.refusals import Conflict
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.model import Candidate
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making.results import crowd

TODAY = NOW.date()
START, END = TODAY, TODAY + timedelta(days=45)
PEOPLE = 400
EVERYBODY = Window(size=10_000)


@dataclass(frozen=True)
class Case:
    """What we pay or take, what the competitor does, and in which of the two branches."""

    product: int
    side: Side
    ours: float
    theirs: float
    branch: int
    balance: Decimal


CASES = (
    Case(w.SAVINGS, Side.DEPOSIT, 3.25, 3.75, w.NORTH, Decimal("1250.40")),
    Case(w.GOLD, Side.LENDING, 7.9, 7.1, w.SOUTH, Decimal(80)),
)


def holders(session, case):
    """Give everybody of a crowd the product; the crowd lives in both branches by turns."""
    people = crowd(session, PEOPLE)
    session.add_all(
        Holding(
            agreement_no=f"R{id_}",
            customer_id=id_,
            product_id=case.product,
            balance=case.balance,
            opened_on=TODAY - timedelta(days=500),
        )
        for id_ in people
    )
    bit = 1 << case.product - 1
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id.in_(people))
        .values(products=CustomerState.products.bitwise_or(bit), consents=0b1111110)
    )
    theirs = select(Holding.customer_id).where(
        Holding.product_id == case.product,
        Holding.customer_id == CustomerState.customer_id,
    )
    return set(
        session.scalars(
            select(CustomerState.customer_id).where(
                CustomerState.branch_id == case.branch, theirs.exists()
            )
        )
    )


@pytest.mark.parametrize("case", CASES, ids=["deposit", "loan"])
def test_a_move_is_answered_and_the_answer_measured(  # noqa: PLR0915  a story of six steps
    engine, do, ask, arrange, world, case
):
    mia = world.mia
    exposed = arrange(lambda session: holders(session, case))
    do(
        mia,
        set_product_rate,
        SetProductRate(
            case.product, w.BANK, case.side, "theirs", case.ours, TODAY - timedelta(days=90)
        ),
    )
    do(mia, set_watch, SetWatch(case.product, w.BANK, "theirs", case.side, 0.5))
    do(mia, set_watch, SetWatch(w.CARD, w.BANK, "other", case.side, 0.5))

    # The move is recorded; exactly the holders of its region and their balance appear.
    competitor = do(mia, add_competitor, AddCompetitor("Harbour")).competitor_id
    move = RecordMove(
        competitor,
        TODAY,
        MoveKind.RATE_ADDED,
        "theirs",
        "Harbour Best",
        side=case.side,
        new_value=case.theirs,
        unit_id=case.branch,
    )
    do(mia, record_move, move)
    [found] = do(mia, find_threats, FindThreats()).threat_ids
    row = ask(mia, threat, threat_id=found)
    listed = ask(mia, exposed_customers, threat_id=found, window=EVERYBODY).rows
    assert {each.id for each in listed} == exposed
    assert row.customers == len(exposed)
    assert row.balance == sum(each.balance or 0 for each in listed)
    assert row.gap == pytest.approx(abs(case.ours - case.theirs))

    # An offer on a product that nobody holds drafts nothing.
    do(mia, record_move, replace(move, product_category="other", product_name="Harbour Other"))
    arrange(
        lambda session: session.execute(
            update(Holding).where(Holding.product_id == w.CARD).values(closed_on=TODAY)
        )
    )
    with pytest.raises(Conflict):
        do(mia, find_threats, FindThreats())

    # One step makes the brief: whom, what, until when.
    brief = do(mia, answer_threat, AnswerThreat(found, row.version, START, END, goal=0.8))
    draft = ask(mia, design_sheet, design_id=brief.design_id)
    assert draft.terms.product_id == case.product
    assert f"{case.theirs:g} %" in draft.terms.offer

    # It is designed, approved by another person, selected and launched with a control group.
    terms = replace(draft.terms, guide="Ask what keeps them.", control_share=5000)
    written = do(mia, change_design, ChangeDesign(draft.id, draft.row_version, terms))
    call = StageTerms(
        "Call", content_id=w.CALL, activity_subtype_id=1, reason_template_id=w.REASONS
    )
    staged = do(mia, set_stages, SetStages(draft.id, written.row_version, [call]))
    submitted = do(mia, submit_design, SubmitDesign(draft.id, staged.row_version))
    do(world.pia, approve_design, ApproveDesign(draft.id, submitted.row_version))
    run = do(mia, start_run, StartRun(draft.id, case.branch, START, END))
    do(mia, select_candidates, SelectCandidates(run.run_id))
    do(mia, launch, Launch(run.run_id, without_pending=True))
    with Session(engine) as session:
        arms = dict(session.execute(select(Candidate.customer_id, Candidate.arm)).all())
    assert set(arms) <= exposed
    assert ask(mia, threat, threat_id=found).status == "open"

    # A third of those held out leave, and a tenth of those who were talked to.
    treated = sorted(id_ for id_, arm in arms.items() if arm)
    held_out = sorted(id_ for id_, arm in arms.items() if not arm)
    gone = [*treated[::10], *held_out[::3]]
    arrange(
        lambda session: session.execute(
            update(Holding)
            .where(Holding.customer_id.in_(gone), Holding.product_id == case.product)
            .values(closed_on=TODAY + timedelta(days=20))
        )
    )

    # The analysis answers the threat, with the effect and its interval.
    later = NOW + timedelta(days=30)
    do(mia, analyse_run, AnalyseRun(run.run_id), now=later)
    answered = ask(world.eve, threat, threat_id=found, now=later)
    stayed = 1 - len(treated[::10]) / len(treated)
    alone = 1 - len(held_out[::3]) / len(held_out)
    assert answered.status == "answered"
    assert answered.effect.difference == pytest.approx(stayed - alone)
    assert answered.effect.low < stayed - alone < answered.effect.high
    assert answered.effect.low > 0

    with Session(engine) as session:
        kinds = set(session.scalars(select(Entry.kind)))
        told = set(session.scalars(select(Outgoing.type)))
    assert {"move.recorded", "threats.found", "brief.made", "run.analysed"} <= kinds
    assert "MarketTracking/Updated" in told
    assert len(ask(mia, threats, window=Window()).rows) == 1
