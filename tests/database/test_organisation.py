from dataclasses import replace
from importlib import import_module

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import Scope
from core.customers.model import CustomerState
from core.people.actions.organisation import (
    AddQualification,
    AddTeam,
    AddUnit,
    SetQualifications,
    add_qualification,
    add_team,
    add_unit,
    set_qualifications,
)
from core.people.model import Unit
from core.people.queries import inside, qualifications, qualified_for, teams, units
from core.people.rules import UnitKind
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests.world import BANK, CERTIFIED, NORTH, REGION, SOUTH

ANN, SAM = 1, 4
EAST = AddUnit("B3", "East", UnitKind.BRANCH, REGION)
EVENING = AddTeam("Evening team", NORTH)
LENDING = AddQualification("LEND", "Lending")


def test_a_branch_a_team_in_it_and_a_qualification_are_added(do, ask, world):
    east = do(world.ada, add_unit, EAST)
    team = do(world.ada, add_team, AddTeam("East team", east.unit_id))
    lending = do(world.ada, add_qualification, LENDING)

    assert east.unit_id in [unit.id for unit in ask(world.ada, units)]
    assert team.team_id in [each.id for each in ask(world.ada, teams)]
    assert lending.qualification_id in [each.id for each in ask(world.ada, qualifications)]


def test_a_person_is_certified_for_exactly_what_is_chosen(do, ask, world):
    lending = do(world.ada, add_qualification, LENDING).qualification_id

    fact = do(world.ada, set_qualifications, SetQualifications(ANN, (lending,)))

    assert (fact.before, fact.after) == (("SAV",), ("LEND",))
    assert ask(world.ada, qualified_for, person_id=ANN) == [lending]
    do(world.ada, set_qualifications, SetQualifications(ANN, ()))
    assert ask(world.ada, qualified_for, person_id=ANN) == []


@pytest.mark.parametrize(
    ("action", "request_", "refusal", "word"),
    [
        (add_unit, replace(EAST, code="b1"), Conflict, "code"),
        (add_unit, replace(EAST, parent_id=NORTH), Invalid, "last level"),
        (add_unit, replace(EAST, parent_id=99), Invalid, "Choose a unit"),
        (add_team, replace(EVENING, name="North team"), Conflict, "already has"),
        (add_team, replace(EVENING, unit_id=99), Invalid, "Choose a unit"),
        (add_qualification, replace(LENDING, code="sav"), Conflict, "code"),
        (set_qualifications, SetQualifications(ANN, (99,)), Invalid, "from the list"),
        (set_qualifications, SetQualifications(99, ()), NotFound, "no such person"),
    ],
)
def test_what_does_not_fit_is_refused(do, world, action, request_, refusal, word):
    with pytest.raises(refusal, match=word):
        do(world.ada, action, request_)


@pytest.mark.parametrize("who", ["ann", "lea", "mia", "pia", "eve", "tom"])
def test_only_administrators_may(do, world, who):
    for action, request in (
        (add_unit, EAST),
        (add_team, EVENING),
        (add_qualification, LENDING),
        (set_qualifications, SetQualifications(ANN, ())),
    ):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), action, request)


def test_an_administrator_of_one_branch_stays_in_it(do, ask, world):
    of_north = replace(world.ada, scope=Scope(unit_ids=(NORTH,)))

    do(of_north, add_team, EVENING)
    with pytest.raises(Invalid):
        do(of_north, add_team, replace(EVENING, unit_id=SOUTH))
    with pytest.raises(NotFound):
        do(of_north, set_qualifications, SetQualifications(SAM, (CERTIFIED,)))
    assert ask(of_north, qualified_for, person_id=SAM) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: replace(EAST, code=" "),
        lambda: replace(EAST, name=""),
        lambda: replace(EAST, kind=UnitKind.BANK),
        lambda: replace(EVENING, name=" "),
        lambda: replace(LENDING, code=""),
    ],
)
def test_what_is_left_out_is_named(wrong):
    with pytest.raises(Invalid):
        wrong()


@pytest.mark.parametrize("few", [0, 100])
def test_a_unit_has_its_own_customers_and_no_others(engine, world, monkeypatch, few):
    monkeypatch.setattr(import_module("core.people.queries.units"), "_A_FEW_UNITS", few)
    branch_id = CustomerState.branch_id

    def customers(session, unit_id):
        rows = select(CustomerState.customer_id).where(inside(session, unit_id, branch_id))
        return set(session.scalars(rows))

    with Session(engine) as session:
        everybody, north = customers(session, BANK), customers(session, NORTH)
        assert everybody == set(session.scalars(select(CustomerState.customer_id)))
        assert customers(session, REGION) == north | customers(session, SOUTH)

        another = Unit(code="OTHER", name="Another bank", kind=UnitKind.BANK)
        session.add(another)
        session.flush()
        session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id == min(north))
            .values(branch_id=another.id)
        )
        assert customers(session, BANK) == everybody - {min(north)}
        assert customers(session, another.id) == {min(north)}
