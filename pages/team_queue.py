"""Team queue: who carries how much, and what to move."""

from components import handed_out, handing_out, navigation, one_activity, queue, whatif, words
from components.charts import workload as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, heading, now
from components.hours import escalated
from components.tables import listing
from components.tiles import Tile, tiles
from core.access import Permission
from core.activities.queries.counts import team_counts, workload
from core.activities.queries.lists import team_list
from core.service.queries.escalations import escalation_counts

heading("Team queue", "Who carries how much, and what should move?")
counts, people, told = fetch(team_counts), fetch(workload), fetch(escalation_counts)
tiles(
    [
        Tile("Unassigned", words.count(counts.unassigned), help="Nobody has these yet."),
        Tile("Open", words.count(counts.open), help="Assigned or in progress."),
        Tile("Due today", words.count(counts.due_today)),
        Tile(
            "Overdue",
            words.count(counts.overdue),
            help="Their due moment has passed, also of those that nobody has yet."
            " At risk is what has used up most of its time.",
            note=f"{words.count(told.at_risk)} at risk",
        ),
        Tile("Done today", words.count(sum(each.done_today for each in people))),
        Tile("Away today", words.count(sum(each.is_away for each in people))),
    ],
)
if batch_id := navigation.record("batch"):
    handed_out.result(batch_id)
if people:
    chart(
        charts.workload(people),
        key="workload",
        reading=charts.reading(people),
        rows=people,
        columns=charts.COLUMNS,
        cut_off=now(),
    )
escalated.alarms()
escalated.in_time()

matching = queue.narrowed(people)
chosen = listing(
    team_list,
    columns=queue.COLUMNS,
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
    whatif.section(chosen, matching)
    handed_out.past()
if len(chosen) == 1:
    one_activity.one(chosen[0])
