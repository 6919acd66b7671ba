"""Team queue: who carries how much, and what to move."""

from components import filters, handing_out, navigation, words
from components.charts import workload as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, heading, now
from components.tables import Column, listing
from components.tiles import Tile, tiles
from core.access import Permission
from core.activities.queries.counts import campaign_choices, team_counts, workload
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.lists import team_list
from core.activities.rules import Status
from core.campaigns.rules import ActivityType, Priority

COLUMNS = (
    Column("due_at", "Due", "date", sort="due"),
    Column("customer", "Customer", sort="customer", pinned=True),
    Column("campaign", "Campaign", sort="campaign", width="medium"),
    Column("status", "Status", sort="status"),
    Column("person", "Person", sort="person"),
    Column("is_overdue", "Overdue", "flag"),
    Column("priority", "Priority", sort="priority"),
    Column("type", "Type"),
    Column("subtype", "Subtype"),
    Column("attempts", "Tries", "count", sort="attempts"),
    Column("next_action_at", "Next action", "moment", sort="next action"),
    Column("reason", "Reason"),
    Column("detail", "Detailed status"),
    Column("branch", "Branch", sort="branch"),
    Column("activity_on", "Activity date", "date", sort="activity date"),
    Column("ends_on", "End date", "date"),
    Column("pin", "PIN"),
    Column("fiscal_no", "Fiscal no."),
    Column("closed_at", "Closed on", "moment", sort="closed"),
    Column("is_completed", "Completed", "flag"),
)

heading("Team queue", "Who carries how much, and what should move?")
counts, people = fetch(team_counts), fetch(workload)
tiles(
    [
        Tile("Unassigned", words.count(counts.unassigned), help="Nobody has these yet."),
        Tile("Open", words.count(counts.open), help="Assigned or in progress."),
        Tile("Due today", words.count(counts.due_today)),
        Tile("Overdue", words.count(counts.overdue), help="Their due moment has passed."),
    ],
    narrowest=150,
)
if people:
    chart(
        charts.workload(people),
        key="workload",
        reading=charts.reading(people),
        rows=people,
        columns=charts.COLUMNS,
        cut_off=now(),
    )
if batch_id := navigation.record("batch"):
    handing_out.result(batch_id)

with filters.row():
    text = filters.text("Search", "q", placeholder="Customer")
    campaign = filters.one_of(
        "Campaign", fetch(campaign_choices), "campaign", name=lambda each: each.name
    )
    person = filters.one_of("Person", people, "person", name=lambda each: each.name)
    status = filters.some_of("Status", list(Status), "status", everything="All pending")
    of_type = filters.some_of("Type", list(ActivityType), "type", name=words.sentence)
    priority = filters.some_of("Priority", list(Priority), "priority")
    due_from = filters.day("Due from", "from")
    due_to = filters.day("Due until", "until")
    overdue = filters.flag("Overdue only", "overdue")
matching = ActivityFilter(
    campaign_id=campaign.id if campaign else None,
    person_id=person.person_id if person else None,
    statuses=frozenset(status),
    types=frozenset(of_type),
    priorities=frozenset(priority),
    due_from=due_from,
    due_to=due_to,
    overdue=overdue,
    text=text,
)
chosen = listing(
    team_list,
    columns=COLUMNS,
    key="queue",
    filters={"matching": matching},
    noun="activity",
    nouns="activities",
    empty="Nothing matches. Without a status, the list shows what is pending.",
    choose="many",
    export=Permission.EXPORT,
)
if current_actor().may(Permission.ASSIGN_ACTIVITIES):
    handing_out.hand_out(chosen, matching)
if len(chosen) == 1:
    handing_out.one(chosen[0])
