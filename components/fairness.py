"""Who is given how much, how branches want their work handed out, and why somebody got it."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from components import filters, words
from components.charts import fairness as charts
from components.charts.frame import chart
from components.gateway import as_seen, current_actor, fetch, now, submit
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.actions.ways import SetBranchWay, set_branch_way
from core.distribution.events import WorkDistributed
from core.distribution.queries.ledger import ledger, own_share
from core.distribution.queries.ways import WayRow, branch_ways, distributions
from core.distribution.queries.why import why_me
from core.distribution.rules import Cause, Way

_WAYS = (
    Column("branch", "Branch", pinned=True),
    Column("way", "Work is handed out"),
)
_TIMES = (
    Column("at", "When", "moment"),
    Column("cause", "Because"),
    Column("people", "People asked", "count"),
    Column("given", "Given", "count"),
)
_ASKED = (
    Column("name", "Person", pinned=True),
    Column("verdict", "What came of it", width="medium"),
    Column("open", "Open", "count"),
    Column("capacity", "Capacity a day", "count"),
    Column("place", "Place in turn", "count", help="1 has waited longest."),
    Column("last_given_at", "Last turn", "moment"),
)
_MEANS = {
    Way.POOL: "People take it themselves from the branch pool.",
    Way.ROUND_ROBIN: "Customers' own people first; the rest goes to whoever waited longest.",
    Way.LOAD: "Customers' own people first; the rest goes to whoever carries least.",
}
_ORDER = list(_MEANS)


def of_team(first: date, last: date) -> None:
    """Draw each person's share of what the team was given, by count, value or minutes."""
    by = filters.switch("By", charts.BY, "by")
    rows = fetch(ledger, first=first, last=last)
    if not rows:
        st.info("Nobody of your team works activities.", icon=":material/group_off:")
        return
    chart(
        charts.shares(rows, by=by),
        key="fairness",
        reading=charts.reading(rows, by=by, first=first, last=last),
        rows=rows,
        columns=charts.COLUMNS,
        cut_off=now(),
    )


def own(first: date, last: date) -> None:
    """Draw what I was given beside the team's average; who of the others got what stays theirs."""
    share = fetch(own_share, first=first, last=last)
    people = share.people or 1
    averages = (
        ("Given to you", share.mine.given, share.team.given),
        ("By the system", share.mine.by_rule, share.team.by_rule),
        ("By a lead", share.mine.by_lead, share.team.by_lead),
        ("Taken by yourself", share.mine.taken, share.team.taken),
        ("Minutes", share.mine.minutes, share.team.minutes),
        ("Handed away", share.mine.handed_away, share.team.handed_away),
    )
    st.markdown(
        f"You were given **{words.counted(share.mine.given, 'activity', 'activities')}**; the "
        f"average of your team of {words.count(share.people)} is "
        f"{words.number(share.team.given / people, digits=1)}."
    )
    tiles(
        [
            Tile(label, words.count(mine), note=f"Average {words.number(team / people, digits=1)}")
            for label, mine, team in averages
        ]
    )


def ways() -> None:
    """Draw how branches want their work, and the form that changes it."""
    rows = as_seen(branch_ways)
    if not rows:
        return
    st.subheader("How work is handed out")
    chosen = _chosen(rows)
    if chosen is None:
        return
    st.markdown(f"**{words.plain(chosen.branch)}**: {chosen.way}.")
    with st.form("way", border=False):
        way = st.radio(
            "Work of customers who have nobody of their own",
            _ORDER,
            index=_ORDER.index(chosen.way),
            format_func=words.sentence,
            captions=[_MEANS[each] for each in _ORDER],
            key=f"way:{chosen.id}:{chosen.version}",
        )
        asked = st.form_submit_button("Change the way")
    if asked:
        submit(
            set_branch_way,
            lambda: SetBranchWay(chosen.id, way, chosen.version),
            done=lambda fact: f"{chosen.branch} has its work by this way now: {fact.way}.",
        )
    if chosen.way is not Way.POOL and current_actor().may(Permission.ASSIGN_ACTIVITIES):
        _now(chosen)


def _chosen(rows: Sequence[WayRow]) -> WayRow | None:
    if len(rows) == 1:
        return rows[0]
    picked = table(rows, columns=_WAYS, key="ways", choose="one")
    return picked[0] if picked else None


def _now(branch: WayRow) -> None:
    if st.button("Hand out now", help="It happens by itself every minute."):
        submit(
            distribute,
            lambda: Distribute((branch.id,), Cause.LEAD),
            done=_handed_out,
        )


def _handed_out(fact: WorkDistributed) -> str:
    if not fact.given:
        return "Nothing could be handed out: nothing waits, or nobody who may take it has room."
    waits = f" {words.counted(fact.left, 'waits', 'wait')} for room." if fact.left else ""
    return f"{words.counted(fact.given, 'activity', 'activities')} handed out.{waits}"


def times() -> None:
    """Draw the latest times that work of the branch was handed out."""
    st.subheader("Handed out by rule")
    table(
        fetch(distributions),
        columns=_TIMES,
        key="distributions",
        empty="The system has not handed out any work of your branch yet.",
    )


def why(activity_id: int, *, label: str = "Why me?") -> None:
    """Draw on demand how an activity came to whoever has it."""
    if not st.toggle(label, key=f"why:{activity_id}"):
        return
    answer = fetch(why_me, activity_id=activity_id)
    for sentence in answer.sentences:
        st.markdown(words.plain(sentence))
    if answer.people:
        table(answer.people, columns=_ASKED, key=f"asked:{activity_id}")
