"""Banks for coverage: random ones, and where each customer stands when one judges by hand."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import Campaign, ContactPolicy, Stage
from core.campaigns.rules import ActivityType, Priority
from core.coverage.rules import Aim, Period, Place
from core.customers.model import Consent, CustomerState, Holding, Indicator
from core.customers.rules import IndicatorKind, Medium
from core.runs.model import Candidate, Run, RunStage
from core.runs.rules import Confirmation, RunStatus
from core.segments.model import SegmentMember
from core.segments.rules import SegmentKind
from tests import world
from tests.conftest import NOW
from tests.making.campaigns import (
    ADMINISTRATIVE,
    CROSS_SELL,
    RETENTION,
    UP_SELL,
    approved_design,
    segment,
)

CUSTOMERS = (*world.NORTH_CUSTOMERS, *world.SOUTH_CUSTOMERS)
PRODUCTS = (world.CURRENT, world.SAVINGS, world.CARD, world.GOLD, world.INSURANCE)
AIMS = {CROSS_SELL: Aim.SELL, UP_SELL: Aim.SELL, RETENTION: Aim.KEEP}
LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)
PENDING = (Status.UNASSIGNED, Status.ASSIGNED, Status.IN_PROGRESS)
PERIOD_DAYS = 90
_PERSON = 1


def ago(days):
    return None if days is None else NOW - timedelta(days=days)


@dataclass
class Person:
    """What is drawn of one customer; days are days ago."""

    is_active: bool = True
    do_not_contact: bool = False
    media: frozenset[Medium] = frozenset(Medium)
    distress: str = "none"
    holds: frozenset[int] = frozenset({world.CURRENT})
    refused: int | None = None
    contacted_elsewhere: int | None = None


@dataclass
class Chosen:
    """A candidate, with the activity if there is one: status, type, when reached."""

    arm: int = 1
    confirmation: Confirmation = Confirmation.CONFIRMED
    reached: int | None = None
    status: Status | None = None
    type: ActivityType = ActivityType.SALES
    contacted: int | None = None


@dataclass
class Undertaking:
    """A run; `stages_made` is false where work of it is still to come."""

    type_id: int = CROSS_SELL
    product_id: int | None = world.SAVINGS
    status: RunStatus = RunStatus.LAUNCHED
    launched: int = 20
    finished: int | None = None
    is_imported: bool = False
    stages_made: bool = True
    candidates: dict[int, Chosen] = field(default_factory=dict)


@dataclass
class Bank:
    people: dict[int, Person]
    runs: list[Undertaking]
    members: frozenset[int] = frozenset(CUSTOMERS)
    most_contacts: int = 2
    quiet_days: int = 60


_days = st.sampled_from([None, 5, 45, 89, 91, 150, 400])
_people = st.builds(
    Person,
    is_active=st.sampled_from([True, True, True, False]),
    do_not_contact=st.sampled_from([False, False, False, True]),
    media=st.sampled_from(
        [frozenset(Medium), frozenset({Medium.PHONE}), frozenset({Medium.EMAIL}), frozenset()]
    ),
    distress=st.sampled_from(["none", "none", "valid", "over"]),
    holds=st.frozensets(st.sampled_from([world.CURRENT, world.SAVINGS, world.INSURANCE])),
    refused=_days,
    contacted_elsewhere=_days,
)
_candidates = st.builds(
    Chosen,
    arm=st.sampled_from([0, 1, 1, 2]),
    confirmation=st.sampled_from(Confirmation),
    reached=_days,
    status=st.none() | st.sampled_from(Status),
    type=st.sampled_from([ActivityType.SALES, ActivityType.SALES, ActivityType.ADMINISTRATIVE]),
    contacted=_days,
)


@st.composite
def _undertakings(draw: Any) -> Undertaking:
    status = draw(st.sampled_from([each for each in RunStatus if each is not RunStatus.PLANNED]))
    launched = draw(st.sampled_from([2, 60, 120, 380]))
    is_over = status not in LIVE
    return Undertaking(
        type_id=draw(st.sampled_from([CROSS_SELL, UP_SELL, RETENTION, ADMINISTRATIVE])),
        product_id=draw(st.sampled_from([world.SAVINGS, world.INSURANCE, world.CURRENT, None])),
        status=status,
        launched=launched,
        finished=draw(st.integers(0, launched)) if is_over else None,
        is_imported=is_over and draw(st.booleans()),
        stages_made=draw(st.booleans()),
        candidates=draw(st.dictionaries(st.sampled_from(CUSTOMERS), _candidates, max_size=8)),
    )


BANKS = st.builds(
    Bank,
    people=st.fixed_dictionaries(dict.fromkeys(CUSTOMERS, _people)),
    runs=st.lists(_undertakings(), max_size=5),
    members=st.frozensets(st.sampled_from(CUSTOMERS)),
    most_contacts=st.integers(1, 3),
    quiet_days=st.sampled_from([0, 60, 120]),
)


def settle(session: Session, bank: Bank) -> dict[str, int]:
    """Write a bank over the small one; return its segments: all, cardless by rule, and a list."""
    for table in (Consent, Holding):
        session.execute(delete(table))
    session.execute(
        update(ContactPolicy).values(
            most_contacts=bank.most_contacts,
            period_days=PERIOD_DAYS,
            quiet_days=bank.quiet_days,
        )
    )
    for id_, person in bank.people.items():
        _write(session, bank, id_, person)
    for number, run in enumerate(bank.runs, start=1):
        _undertake(session, number, run)
    everybody = segment(session, "everybody", rule={"all": []})
    by_rule = segment(session, "savers", rule={"holds": {"product": "savings"}})
    listed = segment(session, "listed", kind=SegmentKind.STATIC, rule=None)
    segment(session, "gone", is_retired=True)
    session.add_all(SegmentMember(segment_id=listed, customer_id=id_) for id_ in bank.members)
    session.flush()
    return {"everybody": everybody, "savers": by_rule, "listed": listed}


def place_of(
    bank: Bank, customer_id: int, product_id: int, aim: Aim, period: Period
) -> Place | None:
    """Judge one customer by hand; None is for those whom the product does not concern."""
    person = bank.people[customer_id]
    since, until = period.since(NOW.tzinfo), period.until(NOW.tzinfo)
    reached = held_out = in_work = False
    for run in bank.runs:
        if run.product_id != product_id or AIMS.get(run.type_id) is not aim:
            continue
        chosen = run.candidates.get(customer_id)
        if chosen is None:
            continue
        is_sale = chosen.type is ActivityType.SALES and has_activity(run, chosen)
        at = ago(chosen.reached) if run.is_imported else ago(chosen.contacted) if is_sale else None
        reached |= at is not None and since <= at < until
        is_rejected = chosen.confirmation is Confirmation.REJECTED
        goes_on = ago(run.launched) < until and (run.status in LIVE or ago(run.finished) >= since)
        held_out |= chosen.arm == 0 and not is_rejected and goes_on
        waits = run.status is RunStatus.SELECTED or (run.status in LIVE and not run.stages_made)
        in_work |= chosen.arm > 0 and not is_rejected and waits
        in_work |= is_sale and chosen.status in PENDING
    if reached:
        return Place.REACHED
    if held_out:
        return Place.HELD_OUT
    if in_work:
        return Place.IN_WORK
    if (product_id in person.holds) != (aim is Aim.KEEP):
        return None
    return _in_the_way(bank, customer_id, person)


def has_activity(run: Undertaking, chosen: Chosen) -> bool:
    return not run.is_imported and chosen.arm > 0 and chosen.status is not None


def contacts_of(bank: Bank, customer_id: int) -> list[tuple[ActivityType, Any]]:
    """List when activities reached the customer."""
    return [
        (chosen.type, ago(chosen.contacted))
        for run in bank.runs
        if (chosen := run.candidates.get(customer_id)) and has_activity(run, chosen)
        if chosen.contacted is not None
    ]


def last_contact(bank: Bank, customer_id: int) -> Any:
    elsewhere = ago(bank.people[customer_id].contacted_elsewhere)
    moments = [at for _type, at in contacts_of(bank, customer_id)]
    return max([*moments, *([elsewhere] if elsewhere else [])], default=None)


def _in_the_way(bank: Bank, customer_id: int, person: Person) -> Place:
    if not person.is_active:
        return Place.NOT_ACTIVE
    if person.do_not_contact:
        return Place.DO_NOT_CONTACT
    if not person.media & {Medium.BRANCH, Medium.PHONE}:
        return Place.NO_CONSENT
    if person.distress == "valid":
        return Place.DISTRESS
    last, since = last_contact(bank, customer_id), ago(PERIOD_DAYS)
    made = contacts_of(bank, customer_id)
    sales = sum(type_ is ActivityType.SALES and at > since for type_, at in made)
    unexplained = last is not None and not any(at >= last for _type, at in made)
    capped = last is not None and last > since and sales + unexplained >= bank.most_contacts
    quiet = person.refused is not None and ago(person.refused) > ago(bank.quiet_days)
    return Place.CAPPED if capped or quiet else Place.OPEN_GAP


def _write(session: Session, bank: Bank, id_: int, person: Person) -> None:
    bits = {world.CURRENT: 0, world.SAVINGS: 1}
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id == id_)
        .values(
            is_active=person.is_active,
            do_not_contact=person.do_not_contact,
            consents=sum(medium.bit for medium in person.media),
            indicators=0 if person.distress == "none" else IndicatorKind.DISTRESS.bit,
            products=sum(1 << bits[held] for held in person.holds if held in bits),
            last_contact_at=last_contact(bank, id_),
            last_refusal_at=ago(person.refused),
        )
    )
    session.add_all(
        Holding(agreement_no=f"H{id_}-{held}", customer_id=id_, product_id=held)
        for held in person.holds
    )
    if person.distress != "none":
        until = NOW + timedelta(days=1) if person.distress == "valid" else NOW - timedelta(days=1)
        session.add(
            Indicator(
                customer_id=id_,
                kind=IndicatorKind.DISTRESS,
                valid_from=NOW - timedelta(days=9),
                valid_until=until,
            )
        )


def _undertake(session: Session, number: int, run: Undertaking) -> None:
    design_id = approved_design(
        session,
        code=f"R{number}",
        product_id=run.product_id,
        campaign_columns={"type_id": run.type_id},
    )
    stage_id = session.scalars(select(Stage.id).where(Stage.design_id == design_id)).one()
    campaign_id = session.scalars(select(Campaign.id).where(Campaign.code == f"R{number}")).one()
    begun = ago(run.launched)
    row = Run(
        code=f"RUN-{number}",
        design_id=design_id,
        unit_id=world.BANK,
        status=run.status,
        starts_on=begun.date(),
        ends_on=begun.date() + timedelta(days=400),
        initiated_at=begun,
        selected_at=None if run.is_imported else begun,
        launched_at=None if run.status is RunStatus.SELECTED else begun,
        finished_at=ago(run.finished),
        arm_key=number,
        control_share=0,
        is_imported=run.is_imported,
    )
    session.add(row)
    session.flush()
    if run.stages_made:
        session.add(RunStage(run_id=row.id, stage_id=stage_id, made_at=begun, made=1))
    branches = dict(
        session.execute(select(CustomerState.customer_id, CustomerState.branch_id)).all()
    )
    for customer_id, chosen in run.candidates.items():
        session.add(
            Candidate(
                run_id=row.id,
                customer_id=customer_id,
                branch_id=branches[customer_id],
                arm=chosen.arm,
                confirmation=chosen.confirmation,
                reached_at=ago(chosen.reached),
                is_imported=run.is_imported,
            )
        )
        if has_activity(run, chosen):
            session.add(_activity(row.id, stage_id, campaign_id, customer_id, branches, chosen))
    session.flush()


def _activity(run_id, stage_id, campaign_id, customer_id, branches, chosen: Chosen) -> Activity:
    closed = chosen.status not in PENDING
    return Activity(
        run_id=run_id,
        stage_id=stage_id,
        campaign_id=campaign_id,
        customer_id=customer_id,
        type=chosen.type,
        priority=Priority.MEDIUM,
        status=chosen.status,
        is_completed=chosen.status is Status.COMPLETED,
        branch_id=branches[customer_id],
        person_id=None if chosen.status is Status.UNASSIGNED else _PERSON,
        activity_on=NOW.date(),
        ends_on=NOW.date(),
        due_at=NOW,
        contacted_at=ago(chosen.contacted),
        closed_at=NOW if closed else None,
        created_at=NOW,
    )
