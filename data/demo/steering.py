"""Steer the demo bank: an initiative, what was found in the market, reviews, and what followed.

Everything is done by the actions that people use, at the moments when it is said to be done.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Actor
from core.campaigns.model import Campaign
from core.market.actions.tasks import (
    ConcludeTask,
    NoteTask,
    OpenTask,
    conclude_task,
    note_task,
    open_task,
)
from core.market.model import MarketTask
from core.market.rules import NoteKind, TaskType
from core.people.queries import actor_of
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.actions.directing import Direct, direct
from core.portfolio.actions.following import AskForDesign, ask_for_design
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.model import Plan
from core.portfolio.rules import DirectionKind, Verb
from core.segments.model import Segment
from core.work import Work
from data.demo.money import give_budget, stock

T = TypeVar("T")
R = TypeVar("R")
_REVIEWED = ("earning-adults", "householders", "good-earners", "deposits-ending", "young-families")
_NOTES = (
    (NoteKind.RESEARCH, "Deposits in the region grew by 3 % last year, ours by 1 %."),
    (NoteKind.COMPETITOR, "Harbour Fixed Year pays 3.75 % for twelve months."),
    (NoteKind.SURVEY, "One in four savers would move 10,000 for half a point."),
    (NoteKind.FINDING, "Competitor rate offer: half a point above ours on term deposits."),
)


class _Steerer:
    """A campaign manager of the demo bank, at moments of the last months."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now

    def do(self, action: Callable[[Work, R], T], request: R, *, days_ago: float) -> T:
        moment = self.now - timedelta(days=days_ago)
        return action(Work(self.session, self.actor, moment), request)


def steer(session: Session, now: datetime) -> None:
    """Insert a year of steering: budgets, tasks, an initiative, two reviews and directions."""
    plan = session.scalars(select(Plan)).one()
    designer = session.scalars(select(Campaign.owner_id).where(Campaign.code == "SAVE")).one()
    if designer is None:
        return
    hand = _Steerer(session, actor_of(session, designer), now)
    give_budget(session, plan)
    stock(session)
    task_id = _watch(hand, plan)
    campaigns = {campaign.code: campaign.id for campaign in session.scalars(select(Campaign))}
    segments = {segment.code: segment.id for segment in session.scalars(select(Segment))}
    _first_review(hand, plan, campaigns, segments, task_id)
    _initiative(hand, plan, segments)
    _second_review(hand, plan, campaigns, segments, task_id)


def _watch(hand: _Steerer, plan: Plan) -> int:
    """Open two tasks, of which one goes on, and note what was read."""
    deposits = OpenTask(
        "Term deposits of our competitors",
        TaskType.COMPETITORS,
        plan.unit_id,
        "Who pays more than we do, and for whom does it matter?",
    )
    opened = hand.do(open_task, deposits, days_ago=70)
    for days_ago, (kind, text) in zip((66, 58, 49, 33), _NOTES, strict=True):
        hand.do(note_task, NoteTask(opened.task_id, kind, text), days_ago=days_ago)
    cards = OpenTask("What customers expect of a card", TaskType.CUSTOMERS, plan.unit_id)
    other = hand.do(open_task, cards, days_ago=150)
    survey = NoteTask(other.task_id, NoteKind.SURVEY, "Insurance matters, lounges do not.")
    hand.do(note_task, survey, days_ago=140)
    version = hand.session.get_one(MarketTask, other.task_id).version
    said = "The travel insurance sells the card. Say it first."
    hand.do(conclude_task, ConcludeTask(other.task_id, version, said), days_ago=130)
    return opened.task_id


def _first_review(
    hand: _Steerer,
    plan: Plan,
    campaigns: dict[str, int],
    segments: dict[str, int],
    task_id: int,
) -> None:
    """Judge the plan two months ago, and carry half of what followed."""
    made = hand.do(
        assess,
        Assess(
            plan_id=plan.id,
            name="Review of the third quarter",
            segment_ids=[segments[code] for code in _REVIEWED],
            cited=(task_id,),
            conclusions=(
                Conclude(Verb.AMEND, "Say the travel insurance first", campaigns["GOLD"]),
                Conclude(Verb.NONE, "Savings go as planned", campaigns["SAVE"]),
            ),
        ),
        days_ago=40,
    )
    today = hand.now.date()
    item = hand.do(
        direct,
        Direct(
            kind=DirectionKind.DEVELOPMENT,
            name="Amend the Gold card",
            starts_on=today - timedelta(days=36),
            ends_on=today - timedelta(days=8),
            conclusion_id=made.conclusion_ids[0],
        ),
        days_ago=38,
    )
    hand.do(ask_for_design, AskForDesign(item.direction_id, item.version), days_ago=30)


def _initiative(hand: _Steerer, plan: Plan, segments: dict[str, int]) -> None:
    """Take up a wish of the business, and plan its development."""
    today = hand.now.date()
    wish = hand.do(
        take_initiative,
        TakeInitiative(
            reference="BD-2031",
            name="Reduce churn among term deposits by 2 points",
            unit_id=plan.unit_id,
            starts_on=today - timedelta(days=10),
            ends_on=today + timedelta(days=80),
            description="Deposits that end this quarter are what our competitors are after.",
            segment_id=segments["deposits-ending"],
            measure="churn",
            change=-2,
            budget=Decimal(30_000),
            plan_id=plan.id,
            source="Business Development",
        ),
        days_ago=21,
    )
    hand.do(
        direct,
        Direct(
            kind=DirectionKind.DEVELOPMENT,
            name="Design an answer for savers",
            starts_on=today - timedelta(days=5),
            ends_on=today + timedelta(days=20),
            initiative_id=wish.initiative_id,
        ),
        days_ago=20,
    )


def _second_review(
    hand: _Steerer,
    plan: Plan,
    campaigns: dict[str, int],
    segments: dict[str, int],
    task_id: int,
) -> None:
    """Judge the plan three days ago; what follows has yet to begin."""
    made = hand.do(
        assess,
        Assess(
            plan_id=plan.id,
            name="Review of the autumn",
            segment_ids=[segments[code] for code in _REVIEWED],
            cited=(task_id,),
            conclusions=(
                Conclude(
                    Verb.EXPAND,
                    "Nobody has offered them cover for the mortgage yet",
                    segment_id=segments["young-families"],
                ),
                Conclude(
                    Verb.REDIRECT,
                    "From the branch to the telephone: fewer visits, more answers",
                    campaigns["HOME"],
                ),
            ),
        ),
        days_ago=3,
    )
    today = hand.now.date()
    for kind, name, conclusion_id, first, last in (
        (DirectionKind.EXECUTION, "Reach young families", made.conclusion_ids[0], 5, 60),
        (DirectionKind.DEVELOPMENT, "Home by telephone", made.conclusion_ids[1], 2, 30),
    ):
        request = Direct(
            kind=kind,
            name=name,
            starts_on=today + timedelta(days=first),
            ends_on=today + timedelta(days=last),
            conclusion_id=conclusion_id,
        )
        hand.do(direct, request, days_ago=2)
