import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access import (
    GRANTS,
    MEANINGS,
    SIGHTS,
    SYSTEM,
    Actor,
    Permission,
    Role,
    Scope,
    Sight,
    masked,
)
from core.access import masked_number as number

roles = st.frozensets(st.sampled_from(Role))


def person(some_roles, scope=None):
    return Actor(person_id=1, name="Ada", roles=some_roles, scope=scope or Scope())


@given(some=roles)
def test_rights_of_several_roles_add_up(some):
    granted = frozenset().union(*(GRANTS[role] for role in some))
    assert person(some).permissions == granted | {Permission.OWN_ACCOUNT}
    assert person(some).sight == max((SIGHTS[role] for role in some), default=Sight.NEVER)


def test_the_system_may_everything_and_a_person_without_a_role_only_see_the_own_account():
    assert all(SYSTEM.may(permission) for permission in Permission)
    assert person(frozenset()).permissions == {Permission.OWN_ACCOUNT}


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        (Role.AGENT, Permission.ASSIGN_ACTIVITIES),
        (Role.TEAM_LEAD, Permission.SEE_PEOPLE),
        (Role.CAMPAIGN_MANAGER, Permission.APPROVE_DESIGNS),
        (Role.APPROVER, Permission.DESIGN_CAMPAIGNS),
        (Role.EXECUTIVE, Permission.SEE_CUSTOMERS),
        (Role.EXECUTIVE, Permission.EXPORT),
        (Role.ADMINISTRATOR, Permission.SEE_PORTFOLIO),
        (Role.AUDITOR, Permission.MANAGE_PEOPLE),
    ],
)
def test_what_a_role_must_never_hold(role, permission):
    assert permission not in GRANTS[role]


def test_every_permission_is_granted_to_somebody_but_those_that_no_role_needs():
    of_no_role = {Permission.OWN_ACCOUNT, Permission.OPEN_SESSIONS, Permission.READ_EXCHANGE}
    assert frozenset().union(*GRANTS.values()) == frozenset(Permission) - of_no_role


def test_a_masked_name_tells_rows_apart_and_nothing_else():
    assert masked("Ada Lovelace") == "A••• L•••"
    assert number("19600101-1234") == "••••34"
    assert masked(None) is None
    assert number(None) is None


def test_every_permission_is_said_in_words():
    assert set(MEANINGS) == set(Permission)
    assert len(set(MEANINGS.values())) == len(MEANINGS)
