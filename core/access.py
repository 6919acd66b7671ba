"""Who may do what, to whose records, and how much of a customer they see: the whole policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, true

from core.database import Coded


class Permission(StrEnum):
    WORK_ACTIVITIES = "activities:work"
    SEE_TEAM = "activities:see-team"
    ASSIGN_ACTIVITIES = "activities:assign"
    PLAN_ABSENCES = "absences:plan"
    REVIEW_CONVERSIONS = "conversions:review"
    CONFIRM_CANDIDATES = "runs:confirm"
    SEE_PEOPLE = "people:see"
    MANAGE_PEOPLE = "people:manage"
    MANAGE_REFERENCE = "reference:manage"
    IMPORT = "intake:import"
    SEE_SEGMENTS = "segments:see"
    DEFINE_SEGMENTS = "segments:define"
    DESIGN_CAMPAIGNS = "campaigns:design"
    APPROVE_DESIGNS = "campaigns:approve"
    RUN_CAMPAIGNS = "runs:run"
    RECORD_MARKET = "market:record"
    SEE_PORTFOLIO = "portfolio:see"
    STEER_PORTFOLIO = "portfolio:steer"
    SEE_IMPACT = "impact:see"
    ANALYSE = "impact:analyse"
    SEE_CUSTOMERS = "customers:see"
    NOTE_CUSTOMERS = "customers:note"
    ASSIGN_CUSTOMERS = "customers:assign"
    EXPORT = "export:rows"
    EXPORT_AGGREGATES = "export:aggregates"
    EXPORT_IMPACT = "export:impact"
    READ_JOURNAL = "journal:read"
    READ_EXCHANGE = "exchange:read"  # no role's: what neighbouring systems receive, unmasked
    OWN_ACCOUNT = "account:own"  # everybody's: seeing the own name, changing the own password
    OPEN_SESSIONS = "sessions:open"  # nobody's: the sign-in itself, before anybody is known


MEANINGS: Mapping[Permission, str] = {
    Permission.WORK_ACTIVITIES: "working on activities",
    Permission.SEE_TEAM: "seeing the work of the team",
    Permission.ASSIGN_ACTIVITIES: "assigning activities to people",
    Permission.PLAN_ABSENCES: "planning absences",
    Permission.REVIEW_CONVERSIONS: "looking at reported conversions",
    Permission.CONFIRM_CANDIDATES: "confirming candidates",
    Permission.SEE_PEOPLE: "seeing people",
    Permission.MANAGE_PEOPLE: "administering people",
    Permission.MANAGE_REFERENCE: "changing reasons, channels, types and working time",
    Permission.IMPORT: "importing",
    Permission.SEE_SEGMENTS: "seeing segments",
    Permission.DEFINE_SEGMENTS: "defining segments",
    Permission.DESIGN_CAMPAIGNS: "designing campaigns",
    Permission.APPROVE_DESIGNS: "approving designs",
    Permission.RUN_CAMPAIGNS: "running campaigns",
    Permission.RECORD_MARKET: "recording the market",
    Permission.SEE_PORTFOLIO: "seeing the portfolio",
    Permission.STEER_PORTFOLIO: "assessing and directing the portfolio",
    Permission.SEE_IMPACT: "seeing impact",
    Permission.ANALYSE: "analysing results",
    Permission.SEE_CUSTOMERS: "seeing customers",
    Permission.NOTE_CUSTOMERS: "noting what customers allow",
    Permission.ASSIGN_CUSTOMERS: "giving customers to a relationship manager",
    Permission.EXPORT: "exporting rows",
    Permission.EXPORT_AGGREGATES: "exporting aggregates",
    Permission.EXPORT_IMPACT: "taking reports of impact out",
    Permission.READ_JOURNAL: "reading the journal",
    Permission.READ_EXCHANGE: "reading events of other systems",
    Permission.OWN_ACCOUNT: "having an account",
    Permission.OPEN_SESSIONS: "signing people in",
}


class Role(Coded):
    AGENT = "agent", 1
    TEAM_LEAD = "team lead", 2
    CAMPAIGN_MANAGER = "campaign manager", 3
    APPROVER = "approver", 4
    EXECUTIVE = "executive", 5
    ADMINISTRATOR = "administrator", 6
    AUDITOR = "auditor", 7


class Sight(IntEnum):
    """How much of a customer's name and numbers somebody is shown."""

    NEVER = 0
    MASKED = 1
    OWN_WORK = 2
    OWN_TEAM = 3
    EVERYBODY = 4


_P = Permission
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {_P.WORK_ACTIVITIES, _P.CONFIRM_CANDIDATES, _P.SEE_CUSTOMERS, _P.NOTE_CUSTOMERS}
    ),
    Role.TEAM_LEAD: frozenset(
        {_P.WORK_ACTIVITIES, _P.SEE_TEAM, _P.ASSIGN_ACTIVITIES, _P.PLAN_ABSENCES}
        | {_P.REVIEW_CONVERSIONS, _P.SEE_PORTFOLIO, _P.SEE_IMPACT}
        | {_P.SEE_CUSTOMERS, _P.NOTE_CUSTOMERS, _P.ASSIGN_CUSTOMERS}
        | {_P.EXPORT, _P.READ_JOURNAL}
    ),
    Role.CAMPAIGN_MANAGER: frozenset(
        {
            _P.SEE_PEOPLE,
            _P.SEE_SEGMENTS,
            _P.DEFINE_SEGMENTS,
            _P.DESIGN_CAMPAIGNS,
            _P.RUN_CAMPAIGNS,
            _P.RECORD_MARKET,
            _P.SEE_PORTFOLIO,
            _P.STEER_PORTFOLIO,
            _P.SEE_IMPACT,
            _P.ANALYSE,
            _P.SEE_CUSTOMERS,
            _P.EXPORT,
            _P.EXPORT_AGGREGATES,
            _P.EXPORT_IMPACT,
            _P.READ_JOURNAL,
        }
    ),
    Role.APPROVER: frozenset(
        {_P.APPROVE_DESIGNS, _P.SEE_SEGMENTS, _P.SEE_PORTFOLIO, _P.SEE_IMPACT, _P.SEE_CUSTOMERS}
    ),
    Role.EXECUTIVE: frozenset(
        {_P.SEE_SEGMENTS, _P.SEE_PORTFOLIO, _P.SEE_IMPACT}
        | {_P.EXPORT_AGGREGATES, _P.EXPORT_IMPACT}
    ),
    Role.ADMINISTRATOR: frozenset(
        {_P.SEE_PEOPLE, _P.MANAGE_PEOPLE, _P.PLAN_ABSENCES, _P.MANAGE_REFERENCE}
        | {_P.IMPORT, _P.READ_JOURNAL}
    ),
    Role.AUDITOR: frozenset(
        {_P.SEE_PEOPLE, _P.SEE_SEGMENTS, _P.SEE_PORTFOLIO, _P.SEE_IMPACT}
        | {_P.SEE_CUSTOMERS, _P.EXPORT, _P.EXPORT_IMPACT, _P.READ_JOURNAL}
    ),
}

_EVERYBODY = frozenset({_P.OWN_ACCOUNT})
SIGHTS: Mapping[Role, Sight] = {
    Role.AGENT: Sight.OWN_WORK,
    Role.TEAM_LEAD: Sight.OWN_TEAM,
    Role.CAMPAIGN_MANAGER: Sight.MASKED,
    Role.APPROVER: Sight.MASKED,
    Role.EXECUTIVE: Sight.NEVER,
    Role.ADMINISTRATOR: Sight.NEVER,
    Role.AUDITOR: Sight.MASKED,
}


# These see the records of their own branch; every other role looks at its unit's whole subtree.
BRANCH_ROLES = frozenset({Role.AGENT, Role.TEAM_LEAD})


@dataclass(frozen=True)
class Scope:
    """The units (branches above all), and the team, whose records a person may see and change."""

    unit_ids: tuple[int, ...] = ()
    team_id: int | None = None
    bank_wide: bool = False

    def limits(self, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
        """Restrict a statement to the units of this scope; the only place that knows how."""
        if self.bank_wide:
            return true()
        return unit_id.in_(self.unit_ids) if self.unit_ids else false()

    def holds(self, unit_id: int | None) -> bool:
        """Test one unit that is already at hand, by the same rule as `limits`."""
        return self.bank_wide or unit_id in self.unit_ids


@dataclass(frozen=True)
class Actor:
    """The person, or the system itself, for whom something is done.

    `person_id` is None for the system: an operator at the command line or a nightly job.
    """

    person_id: int | None
    name: str
    roles: frozenset[Role]
    scope: Scope
    unit_id: int | None = None
    is_system: bool = False
    permissions: frozenset[Permission] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        granted = frozenset(Permission) if self.is_system else _EVERYBODY
        object.__setattr__(
            self, "permissions", granted.union(*(GRANTS[role] for role in self.roles))
        )

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def sight(self) -> Sight:
        """Return the widest sight of any of the roles: rights add up."""
        if self.is_system:
            return Sight.EVERYBODY
        return max((SIGHTS[role] for role in self.roles), default=Sight.NEVER)

    def of_branch(self, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
        """Restrict a statement to what a team lead answers for, however wide the scope is.

        Another role of the same person widens the scope, but not whose names a lead reads or
        whose work a lead hands out.
        """
        own = self.scope.limits(unit_id)
        if self.is_system or (self.roles <= BRANCH_ROLES and not self.scope.bank_wide):
            return own
        return and_(own, unit_id == self.unit_id)

    def describe(self) -> str:
        """Say the roles in words, as a refusal does."""
        return "the system" if self.is_system else ", ".join(sorted(self.roles)) or "no role"


SYSTEM = Actor(
    person_id=None,
    name="system",
    roles=frozenset(),
    scope=Scope(bank_wide=True),
    is_system=True,
)


def masked(text: str | None) -> str | None:
    """Keep the first letter of each word of a name: enough to tell rows apart, not people."""
    return None if text is None else " ".join(f"{word[0]}•••" for word in text.split())


def masked_number(number: str | None) -> str | None:
    """Keep the last two characters of a PIN or fiscal number."""
    return None if number is None else f"••••{number[-2:]}"
