"""Who somebody is, and whom they work with."""

from core.people.queries.actors import Profile, actor_of, own_profile
from core.people.queries.people import AccountCounts, PersonRow, account_counts, people
from core.people.queries.qualifications import QualificationRow, qualifications, qualified_for
from core.people.queries.units import TeamRow, UnitRow, inside, of_units, subtree, teams, units
from core.people.queries.visits import Limits, Visit, opened_since, person_by_email, visit

__all__ = [
    "AccountCounts",
    "Limits",
    "PersonRow",
    "Profile",
    "QualificationRow",
    "TeamRow",
    "UnitRow",
    "Visit",
    "account_counts",
    "actor_of",
    "inside",
    "of_units",
    "opened_since",
    "own_profile",
    "people",
    "person_by_email",
    "qualifications",
    "qualified_for",
    "subtree",
    "teams",
    "units",
    "visit",
]
