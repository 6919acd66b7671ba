"""Two people enter what there can be only one of: one gets it, the other reads a sentence."""

from threading import Barrier

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.access import Permission, Role
from core.campaigns.actions import CampaignTerms, CreateCampaign, create_campaign
from core.campaigns.actions import reference as words
from core.campaigns.rules import Objective
from core.people.actions.accounts import AddPerson, GiveAccount, add_person, give_account
from core.people.actions.organisation import AddUnit, add_unit
from core.people.events import UnitAdded
from core.people.model import PersonRole, Unit
from core.people.rules import UnitKind
from core.portfolio.actions import CreatePlan, create_plan
from core.refusals import Conflict, Refusal
from core.segments.actions import DefineSegment, define_segment
from core.work import changing
from tests import world as bank
from tests.concurrency.racing import at_once
from tests.conftest import NOW

TODAY = NOW.date()
TERMS = CampaignTerms("Savings", 1, bank.BANK, TODAY, TODAY)
RULE = {"all": []}
ROUNDS = 5

CASES = {
    "campaign": ("mia", create_campaign, lambda n, _: CreateCampaign(f"C{n}", TERMS)),
    "segment": ("mia", define_segment, lambda n, who: DefineSegment(f"s{n}", f"S{who}", RULE)),
    "plan": (
        "mia",
        create_plan,
        lambda n, _: CreatePlan(f"P{n}", "Plan", bank.BANK, TODAY, TODAY),
    ),
    "unit": (
        "ada",
        add_unit,
        lambda n, who: AddUnit(f"U{n}", f"U{n} {who}", UnitKind.BRANCH, bank.REGION),
    ),
    "campaign type": (
        "ada",
        words.save_campaign_type,
        lambda n, _: words.SaveCampaignType(f"T{n}", Objective.RETENTION),
    ),
    "person": (
        "ada",
        add_person,
        lambda n, who: AddPerson(f"N{n}", "New", f"n{n}.{who}@bank.example", bank.NORTH),
    ),
    "e-mail address": (
        "ada",
        add_person,
        lambda n, who: AddPerson(f"N{n}.{who}", "New", f"n{n}@bank.example", bank.NORTH),
    ),
    "user name": (
        "ada",
        give_account,
        lambda n, who: GiveAccount(2 * n + who + 1, f"user{n}", "a long first password 1"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_gets_it_and_the_other_is_told(engine, world, case):
    who, action, request = CASES[case]

    def attempt(number, place):
        def carry_out():
            with changing(engine, getattr(world, who), now=NOW) as work:
                return action(work, request(number, place))

        return carry_out

    for number in range(ROUNDS):
        outcomes = at_once(attempt(number, 0), attempt(number, 1))

        assert len(outcomes) == 2
        [refused] = [each for each in outcomes if isinstance(each, Refusal)]
        assert str(refused).endswith((".", "!"))


def test_both_look_before_either_enters(engine, world):
    """What no look beforehand can find: only the database sees it, and names it."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets nobody look who is about to write until the other is done")
    looked = Barrier(2)

    def attempt():
        with changing(engine, world.ada, now=NOW) as work:
            work.authorize(Permission.MANAGE_PEOPLE)
            assert work.session.scalar(select(Unit.id).where(Unit.code == "TWICE")) is None
            looked.wait()
            work.session.execute(insert(Unit).values(code="TWICE", name="T", kind=UnitKind.BRANCH))
            work.record(UnitAdded(99, "TWICE", bank.REGION))

    outcomes = at_once(attempt, attempt)

    [refused] = [each for each in outcomes if isinstance(each, Refusal)]
    assert isinstance(refused, Conflict)
    assert str(refused) == (
        "Somebody else has just used this code for another unit. Look again, or choose anew."
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        pytest.param({"code": "B1"}, "this code for another unit", id="unique column"),
        pytest.param({"id": bank.NORTH}, None, id="a number that nobody chose"),
        pytest.param({"parent_id": 999}, None, id="another rule of the database"),
    ],
)
def test_only_what_people_choose_is_explained(engine, world, values, sentence):
    row = {"code": "NEW", "name": "New", "kind": UnitKind.BRANCH} | values
    expected = Conflict if sentence else IntegrityError

    with (
        pytest.raises(expected, match=sentence or "."),
        changing(engine, world.ada, now=NOW) as work,
    ):
        work.session.execute(insert(Unit).values(row))


def test_several_columns_are_named_together(engine, world):
    with (
        pytest.raises(Conflict, match="this person and role for another person role"),
        changing(engine, world.ada, now=NOW) as work,
    ):
        work.session.execute(insert(PersonRole).values(person_id=1, role=Role.AGENT))
