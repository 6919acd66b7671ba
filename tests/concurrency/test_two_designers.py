"""Two people at the same segment or version at the same moment: one does it, the other is told."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.actions import (
    ChangeDesign,
    DraftDesign,
    SendBackDesign,
    change_design,
    draft_design,
    send_back_design,
)
from core.campaigns.model import Design
from core.campaigns.rules import DesignStatus
from core.campaigns.terms import DesignTerms
from core.gate.actions import ApproveDesign, approve_design
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, Refusal
from core.segments.actions import ChangeSegment, change_segment
from core.segments.model import Segment
from tests.concurrency.racing import at_once
from tests.making.campaigns import approved_design, segment

ROUNDS = range(10)
ASKED = {"approver_id": None, "decided_at": None, "frozen": None}


def refused(outcomes, kind=Refusal):
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_changes_the_segment(do, world, engine, _round):
    with Session(engine) as session, session.begin():
        id_ = segment(session)

    outcomes = at_once(
        *(
            lambda who=who, name=name: do(
                who, change_segment, ChangeSegment(id_, 1, name, {"all": []})
            )
            for who, name in ((world.mia, "Hers"), (world.max, "His"))
        )
    )

    assert len(refused(outcomes, Conflict)) == 1
    [done] = [fact for fact in outcomes if not isinstance(fact, Refusal)]
    with Session(engine) as session:
        assert session.get_one(Segment, id_).name == done.name
        assert len(session.scalars(select(Entry)).all()) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_decides(do, world, engine, _round):
    with Session(engine) as session, session.begin():
        id_ = approved_design(session, status=DesignStatus.SUBMITTED, **ASKED)

    outcomes = at_once(
        lambda: do(world.pia, approve_design, ApproveDesign(id_, 1)),
        lambda: do(world.pia, send_back_design, SendBackDesign(id_, 1, "Shorter")),
    )

    assert len(refused(outcomes, Conflict)) == 1
    with Session(engine) as session:
        kept = session.get_one(Design, id_)
        decided = {
            DesignStatus.APPROVED: "design.approved",
            DesignStatus.RETURNED: "design.sent-back",
        }
        assert session.scalars(select(Entry.kind)).all() == [decided[kept.status]]


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_begins_the_next_version(do, world, engine, _round):
    with Session(engine) as session, session.begin():
        id_ = approved_design(session)

    outcomes = at_once(
        lambda: do(world.mia, change_design, ChangeDesign(id_, 1, DesignTerms(offer="Hers"))),
        lambda: do(world.max, draft_design, DraftDesign(1, copy_from=id_)),
    )

    assert len(refused(outcomes, (Conflict, Invalid))) == 1
    with Session(engine) as session:
        assert session.scalars(select(Design.version).order_by(Design.version)).all() == [1, 2]
