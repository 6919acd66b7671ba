"""The list of a team: what its columns are, and by what it can be narrowed."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from components import filters, words
from components.gateway import fetch
from components.tables import Column
from core.activities.queries.choices import Choice, choices
from core.activities.queries.counts import PersonLoad
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import Status
from core.campaigns.rules import ActivityType, Priority

COLUMNS = (
    Column("due_at", "Due", "date", sort="due"),
    Column("customer", "Customer", sort="customer", pinned=True),
    Column("campaign", "Campaign", sort="campaign", width="medium"),
    Column("status", "Status", sort="status"),
    Column("person", "Person", sort="person", width=130),
    Column("is_overdue", "Overdue", "flag"),
    Column("priority", "Priority", sort="priority"),
    Column("type", "Type"),
    Column("subtype", "Subtype"),
    Column("attempts", "Tries", "count", sort="attempts"),
    Column("next_action_at", "Next action", "moment", sort="next action"),
    Column("reason", "Reason"),
    Column("detail", "Detailed status"),
    Column("branch", "Branch", sort="branch"),
    Column("run", "Run"),
    Column("activity_on", "Activity date", "date", sort="activity date"),
    Column("ends_on", "End date", "date"),
    Column("pin", "PIN"),
    Column("fiscal_no", "Fiscal no."),
    Column("closed_at", "Closed on", "moment", sort="closed"),
    Column("is_completed", "Completed", "flag"),
)

_AGES = (3, 7, 14, 30, 60, 90)  # days
_VALUES = tuple(Decimal(value) for value in (100, 250, 500, 1_000, 2_500, 5_000))


def narrowed(people: Sequence[PersonLoad]) -> ActivityFilter:
    """Draw the filters, those used less behind a button, and return what they let through."""
    offered = fetch(choices)
    with filters.row():
        text = filters.text("Search", "q", placeholder="Customer")
        campaign = _one_of("Campaign", offered.campaigns, "campaign")
        person = filters.one_of("Person", people, "person", name=lambda each: each.name)
        status = filters.some_of("Status", list(Status), "status", everything="All pending")
        with st.popover("More filters", icon=":material/filter_list:"):
            run = _one_of("Run", offered.runs, "run")
            of_type = filters.some_of("Type", list(ActivityType), "type", name=words.sentence)
            subtype = _one_of("Subtype", offered.subtypes, "subtype")
            branch = _one_of("Branch", offered.branches, "branch")
            priority = filters.some_of("Priority", list(Priority), "priority")
            age = filters.one_of("Age", _AGES, "age", name=lambda days: f"{days} days or more")
            value = filters.one_of("Value a year", _VALUES, "value", name=_or_more)
            with filters.row():
                due_from = filters.day("Due from", "from")
                due_to = filters.day("Due until", "until")
        overdue = filters.flag("Overdue only", "overdue")
    return ActivityFilter(
        campaign_id=campaign,
        run_id=run,
        types=frozenset(of_type),
        subtype_id=subtype,
        statuses=frozenset(status),
        priorities=frozenset(priority),
        due_from=due_from,
        due_to=due_to,
        overdue=overdue,
        branch_id=branch,
        person_id=person.person_id if person else None,
        age=age,
        value=value,
        text=text,
    )


def _or_more(value: Decimal) -> str:
    return f"{words.money(value, short=True)} or more"


def _one_of(label: str, offered: Sequence[Choice], key: str) -> int | None:
    chosen = filters.one_of(label, offered, key, name=lambda each: each.name)
    return chosen.id if chosen else None
