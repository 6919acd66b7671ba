"""What an offer comes with is given away once to each customer, and never more than there is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.rules import Outcome
from core.campaigns.model import Consumable, Design, DesignConsumable
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.actions.giving import Give, give
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Gift
from core.responses.queries import gifts_of_lead
from core.runs.model import Run
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of

PEN, UMBRELLA, CLOCK = 1, 2, 3
ANN, BEN = 1, 2
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def leads(engine, world, do):
    """Ann has open leads of customers 1 and 2, Ben one of 3; offers come with pen and umbrella."""
    work = pool_of(engine, range(1, 4), held={1: ANN, 2: ANN, 3: BEN})
    with Session(engine) as session, session.begin():
        session.add_all(
            [
                Consumable(id=PEN, name="Pen", unit_cost=Decimal("1.20"), stock=5),
                Consumable(id=UMBRELLA, name="Umbrella", unit_cost=Decimal("7.50"), stock=1),
                Consumable(id=CLOCK, name="Clock", unit_cost=Decimal(20), stock=9),
            ]
        )
        session.flush()
        [design_id] = session.scalars(select(Design.id).join(Run, Run.design_id == Design.id))
        for each in (PEN, UMBRELLA):
            session.add(DesignConsumable(design_id=design_id, consumable_id=each))
    who = {1: world.ann, 2: world.ann, 3: world.ben}
    yes = Outcome.ACCEPTED
    return {
        customer: do(who[customer], respond, Respond(id_, yes)).lead.lead_id
        for customer, id_ in work.items()
    }


def stock(engine, consumable_id):
    with Session(engine) as session:
        return session.get_one(Consumable, consumable_id).stock


def test_the_last_one_goes_to_the_first_who_is_given_it(engine, do, ask, world, leads):
    fact = do(world.ann, give, Give(leads[1], UMBRELLA), now=LATER)

    assert (fact.gift, fact.unit_cost, fact.left) == ("Umbrella", Decimal("7.50"), 0)
    assert f"consumable:{UMBRELLA}" in fact.subjects
    assert f"lead:{leads[1]}" in fact.subjects
    assert stock(engine, UMBRELLA) == 0
    with pytest.raises(Invalid, match="none left in stock: Umbrella"):
        do(world.ann, give, Give(leads[2], UMBRELLA))
    pen, umbrella = ask(world.ann, gifts_of_lead, lead_id=leads[1])
    assert (pen.name, pen.left, pen.given_at) == ("Pen", 5, None)
    assert (umbrella.left, umbrella.given_at) == (0, LATER)
    with Session(engine) as session:
        [kept] = session.scalars(select(Gift))
        assert (kept.lead_id, kept.person_id, kept.unit_cost) == (leads[1], ANN, Decimal("7.50"))


def test_what_it_cost_stays_when_the_price_changes(engine, do, world, leads):
    do(world.ann, give, Give(leads[1], PEN))
    with Session(engine) as session, session.begin():
        session.get_one(Consumable, PEN).unit_cost = Decimal(9)

    with Session(engine) as session:
        assert session.scalars(select(Gift.unit_cost)).one() == Decimal("1.20")


def test_a_customer_gets_one_of_each(engine, do, world, leads):
    do(world.ann, give, Give(leads[1], PEN))
    with pytest.raises(Conflict, match="given this already: Pen"):
        do(world.ann, give, Give(leads[1], PEN))
    do(world.ann, give, Give(leads[2], PEN))

    assert stock(engine, PEN) == 3


def test_no_more_than_were_planned(engine, do, world, leads):
    with Session(engine) as session, session.begin():
        [design_id] = session.scalars(select(Design.id).join(Run, Run.design_id == Design.id))
        session.get_one(Design, design_id).planned_gifts = 1

    do(world.ann, give, Give(leads[1], PEN))
    with pytest.raises(Invalid, match=r"All 1 that were planned .* given away: Pen"):
        do(world.ann, give, Give(leads[2], PEN))
    do(world.ann, give, Give(leads[2], UMBRELLA))

    assert stock(engine, PEN) == 4


def test_only_what_the_offer_comes_with(engine, do, world, leads):
    for consumable_id in (CLOCK, 99):
        with pytest.raises(Invalid, match="does not come with this"):
            do(world.ann, give, Give(leads[1], consumable_id))

    assert stock(engine, CLOCK) == 9


def test_while_the_lead_is_not_lost(do, world, leads):
    do(world.ann, win_lead, WinLead(leads[1]))
    do(world.ann, lose_lead, LoseLead(leads[2], "Went elsewhere"))

    assert do(world.ann, give, Give(leads[1], PEN)).left == 4
    with pytest.raises(Invalid, match="lead is lost"):
        do(world.ann, give, Give(leads[2], PEN))


def test_by_whoever_has_the_lead(engine, do, ask, world, leads):
    with pytest.raises(NotAllowed, match="somebody else"):
        do(world.lea, give, Give(leads[1], PEN))
    with pytest.raises(NotFound):
        do(world.ann, give, Give(leads[3], PEN))
    with pytest.raises(NotFound):
        do(world.sam, give, Give(leads[1], PEN))
    with pytest.raises(NotAllowed):
        do(world.mia, give, Give(leads[1], PEN))
    assert ask(world.sam, gifts_of_lead, lead_id=leads[1]) == []
    assert stock(engine, PEN) == 5


def test_two_who_give_away_the_last_one_that_was_planned(engine, do, world, leads):
    with Session(engine) as session, session.begin():
        session.execute(update(Design).values(planned_gifts=1))

    came = at_once(
        lambda: do(world.ann, give, Give(leads[1], PEN)),
        lambda: do(world.ben, give, Give(leads[3], PEN)),
    )

    assert sorted(isinstance(each, Invalid) for each in came) == [False, True]
    assert stock(engine, PEN) == 4


def test_two_who_give_away_the_last_one_at_once(engine, do, world, leads):
    came = at_once(
        lambda: do(world.ann, give, Give(leads[1], UMBRELLA)),
        lambda: do(world.ben, give, Give(leads[3], UMBRELLA)),
    )

    assert sorted(isinstance(each, Invalid) for each in came) == [False, True]
    assert stock(engine, UMBRELLA) == 0
