"""The work under way, refreshed by itself: figures, pace, finish, and a way down to the rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import streamlit as st

from components import errors, filters, navigation, sessions, words
from components.charts import monitor as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now
from components.hours.escalated import against_target
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.access import BRANCH_ROLES, Permission
from core.queues.pace import Pace
from core.queues.queries.gathering import By
from core.queues.queries.monitor import Monitored, MonitorRow, monitor
from core.service.queries import shares as service

EVERY = timedelta(seconds=15)
NONE_CHOSEN = -1
ON_A_WALL = 6  # rows that somebody reads in passing
_MOST_DRAWN = 20
_CUTS = {"Run": By.RUN, "Branch": By.BRANCH, "Team": By.TEAM, "Person": By.PERSON}
_DAYS = 30
_KEPT = {By.RUN: service.By.CAMPAIGN, By.BRANCH: service.By.BRANCH}
_WITHIN = {By.TEAM: service.Within.TEAM, By.PERSON: service.Within.PERSON}
_REACHED = "Closed work whose customer was spoken to, sales and administrative."
_CONVERTED = "Sales work in which the customer agreed; administrative work never counts here."
_COLUMNS = (
    Column("pace", "Pace", write=lambda row: words.sentence(row.pace)),
    Column("likely", "Likely finish", write=charts.finish_of, width=215),
    Column("unassigned", "Unassigned", "count", write=lambda row: row.figures.unassigned),
    Column("open", "Open", "count", write=lambda row: row.figures.open),
    Column("overdue", "Overdue", "count", write=lambda row: row.figures.overdue),
    Column(
        "due_today", "Due today", "count", write=lambda row: row.figures.due - row.figures.overdue
    ),
    Column("today", "Closed today", "count", write=lambda row: row.figures.today),
    Column(
        "kept",
        "Closed of what was due",
        "percent",
        write=lambda row: row.kept.value,
        help="Of the work due by the end of today, since the runs under way began.",
    ),
    Column("reached", "Reached", "count", write=lambda row: row.figures.reached, help=_REACHED),
    Column(
        "converted", "Converted", "count", write=lambda row: row.figures.converted, help=_CONVERTED
    ),
    Column("closed", "Closed so far", "count", write=lambda row: row.figures.closed),
)


def cut() -> tuple[By, int | None]:
    """Ask what to tell apart; whoever oversees many branches chooses one for teams and people."""
    may = current_actor().may
    names = [
        name
        for name, by in _CUTS.items()
        if by is not By.PERSON or may(Permission.SEE_TEAM) or may(Permission.SEE_PEOPLE)
    ]
    with filters.row():
        by = _CUTS[filters.switch("By", names, "by")]
        if by in (By.TEAM, By.PERSON) and not current_actor().roles <= BRANCH_ROLES:
            branches = [row for row in fetch(monitor, by=By.BRANCH).rows if row.id is not None]
            chosen = filters.one_of(
                "Branch", branches, "branch", name=lambda row: row.name, everything="Choose one"
            )
            return by, chosen.id if chosen else NONE_CHOSEN
    return by, None


@st.fragment(run_every=EVERY)
def live(by: By, branch_id: int | None) -> None:
    """Draw the figures as they are, and again after a while; the page around stays as it is."""
    with _still_signed_in():
        _rows(by, branch_id)


@st.fragment(run_every=EVERY)
def wall() -> None:
    """Draw what can be read in passing: no names of people or customers, nothing to press."""
    with _still_signed_in():
        _tiles()


@contextmanager
def _still_signed_in() -> Iterator[None]:
    """Continue only in a session that goes on; looking again must not keep it alive."""
    if sessions.recognise(active=False) is None:
        st.rerun()
    with errors.boundary():
        yield


def _rows(by: By, branch_id: int | None) -> None:
    told = fetch(monitor, by=by, branch_id=branch_id)
    figures(told)
    st.markdown(charts.reading(told.total, told.rows))
    chosen = table(
        told.rows,
        columns=(Column("name", words.sentence(by), pinned=True), *_also(by), *_COLUMNS),
        key=f"monitor_{by}",
        empty="No run is under way.",
        choose="one" if by is not By.TEAM else None,
    )
    if chosen:
        down(by, chosen[0])
    drawn = charts.foretold(told.rows)[:_MOST_DRAWN]
    if drawn:
        chart(
            charts.finish(drawn),
            key="finish",
            reading="When the work that there is now will be finished at the rate of the last"
            " working days; 8 of 10 finish within the bar.",
            cut_off=told.counted_at,
        )


def in_time(by: By, branch_id: int | None) -> None:
    """Draw which share of the work due lately was done in time, told apart alike."""
    me, within = current_actor(), _WITHIN.get(by)
    if within and not (me.may(Permission.SEE_TEAM) or me.may(Permission.SEE_PEOPLE)):
        return
    title = f"Done in time in the last {_DAYS} days"
    opened = st.expander(title, icon=":material/task_alt:", key="timely", bind="query-params")
    if not opened.open:
        return
    with opened:
        last = now().date()
        first = last - timedelta(days=_DAYS - 1)
        unit_id = branch_id or (me.unit_id if me.roles <= BRANCH_ROLES else None)
        if within:
            shares = fetch(service.people_share, by=within, unit_id=unit_id, first=first, last=last)
        else:
            shares = fetch(service.met_share, by=_KEPT[by], unit_id=unit_id, first=first, last=last)
        against_target(shares, unit_id=unit_id, first=first, last=last)


def figures(told: Monitored) -> None:
    """Draw the sums, with the moment of which they tell."""
    total = told.total
    tiles(
        [
            Tile("Unassigned", words.count(total.unassigned)),
            Tile("Open", words.count(total.open)),
            Tile(
                "Overdue",
                words.count(total.overdue),
                note=f"{words.count(total.due - total.overdue)} more due today",
            ),
            Tile("Closed today", words.count(total.today)),
            Tile("Reached", words.count(total.reached), help=_REACHED),
            Tile("Converted", words.count(total.converted), help=_CONVERTED),
        ],
        narrowest=130,
    )
    st.caption(f"As of {words.clock(told.counted_at)}; refreshed by itself.")


def down(by: By, row: MonitorRow) -> None:
    """Lead from one row to the work behind it."""
    me = current_actor()
    name = words.plain(row.name)
    if by is By.RUN:
        navigation.link("run", f"Run {name}", actor=me, id=row.id)
        if me.may(Permission.SEE_TEAM):
            navigation.link("team_queue", f"Work of {name}", actor=me, run=row.name)
    elif by is By.BRANCH:
        navigation.link("monitor", f"People of {name}", actor=me, by="Person", branch=row.name)
    elif me.may(Permission.SEE_TEAM) and row.id is not None:
        navigation.link("team_queue", f"Work of {name}", actor=me, person=row.name)
    elif me.may(Permission.SEE_TEAM):
        navigation.link("team_queue", "Work in the pool", actor=me, status="Unassigned")


def _tiles() -> None:
    leads = current_actor().roles <= BRANCH_ROLES
    told = fetch(monitor, by=By.RUN)
    figures(told)
    rows = fetch(monitor, by=By.BRANCH).rows if not leads else told.rows
    worst = sorted(rows, key=_gravity)[:ON_A_WALL]
    grid = st.grid(3, min_column_width=260, gap="small", border=True)
    for row in worst:
        with grid.cell():
            st.metric(
                words.plain(f"{row.campaign} ({row.name})" if row.campaign else row.name),
                words.count(row.figures.left),
                delta=words.sentence(row.pace),
                delta_color={"good": "green", "bad": "red", "warn": "orange"}.get(
                    charts.MEANINGS[row.pace], "gray"
                ),  # type: ignore[arg-type]  # of the colours that there are
                delta_arrow="off",
            )
            late = f"{words.count(row.figures.overdue)} of them overdue"
            st.caption(f"Activities left, {late}; {words.count(row.figures.today)} closed today")
            seen = charts.finish_of(row)
            st.caption(f"Likely done {seen}" if row.likely_on else seen)


def _gravity(row: MonitorRow) -> tuple[int, int]:
    order: Sequence[Pace] = (Pace.BEHIND, Pace.LATE, Pace.ON, Pace.UNKNOWN, Pace.DONE)
    return order.index(row.pace), -row.figures.overdue


def _also(by: By) -> tuple[Column, ...]:
    return (Column("campaign", "Campaign"),) if by is By.RUN else ()
