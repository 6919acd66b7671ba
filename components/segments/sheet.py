"""One segment: what it says, how it stands, how it went, and where it is used."""

import streamlit as st

from components import look, navigation, words
from components.charts import impact as impact_charts
from components.charts import segments as charts
from components.charts.frame import chart
from components.filters import switch
from components.gateway import current_actor, fetch
from components.impact import estimates
from components.tables import Column, forget, table
from components.tiles import Tile, tiles
from core.impact.queries.runs import RunImpact, impacts
from core.segments.queries import SegmentSheet, Standing, UsingDesign, trend, usage, versions
from core.segments.queries.versions import redrawn_beneath

_MOST_DRAWN = 12
_DESIGNS = (
    Column("campaign", "Campaign", width="medium"),
    Column("version", "Version", "count", width="small"),
    Column("status", "Status", write=lambda row: words.sentence(row.status)),
    Column("leaves_out", "Leaves its customers out", "flag"),
)
_RUNS = (
    Column("code", "Run", write=lambda run: run.facts.code),
    Column("campaign", "Campaign", write=lambda run: run.facts.campaign, width="medium"),
    Column("starts_on", "Starts", "date", write=lambda run: run.facts.starts_on),
    Column("targeted", "Targeted", "count", write=lambda run: run.treated.targeted),
    Column("reached", "Reached", "count", write=lambda run: run.treated.reached),
    Column("converted", "Converted", "count", write=lambda run: run.treated.converted),
    Column("effect", "What it changed", width="large", write=lambda run: run.sentence),
)
_VERSIONS = (
    Column("what", "What", width="small"),
    Column("before", "Before", width="large"),
    Column("after", "After", width="large"),
)


def head(found: SegmentSheet) -> None:
    """Say whom the segment means, and since when."""
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge("Retired" if found.is_retired else words.sentence(found.kind), "neutral")
        st.caption(
            words.plain(f"{found.code}, version {found.version}, {words.day(found.changed_at)}")
            + (f", {words.plain(found.author)}" if found.author else "")
        )
    if found.problem:
        st.warning(words.plain(found.problem))
        return
    st.markdown(f"#### {words.plain(found.says)}")
    if found.description:
        st.markdown(words.plain(found.description))


def overview(found: SegmentSheet) -> None:
    """Show how the segment stands now and where it is used."""
    days = fetch(trend, segment_id=found.id)
    last = days[-1] if days else None
    tiles([Tile("Customers", words.count(found.members), note="Now"), *_standing(last)])
    if last is None:
        st.info(
            "There is no snapshot yet: every night brings one, and “Take a snapshot” one at once.",
            icon=":material/photo_camera:",
        )
    else:
        st.caption(f"The other figures are those of {words.day(last.taken_on)}.")
    st.subheader("Where it is used")
    used = fetch(usage, segment_id=found.id)
    for user in used.segments:
        navigation.link("segments", user.name, actor=current_actor(), id=user.segment_id)
    if used.designs:
        _designs(used.designs)
    elif not used.segments:
        st.caption("No other segment and no campaign refers to it.")


def _designs(designs: tuple[UsingDesign, ...]) -> None:
    table(designs, columns=_DESIGNS, key="using")
    for campaign_id, name in {row.campaign_id: row.campaign for row in designs}.items():
        navigation.link("campaign", name, actor=current_actor(), id=campaign_id)


def _standing(last: Standing | None) -> list[Tile]:
    if last is None:
        return []
    return [
        Tile("Balance", words.money(last.balance, short=True)),
        Tile("Products each", words.number(last.products_each, digits=1)),
        Tile("Churn risk", words.percent(last.churn), help="Mean of those for whom it is known."),
        Tile("Reached", words.percent(last.reach), help="With a contact in the last 90 days."),
        Tile("Converted", words.count(last.converted), help="In a run of the last 90 days."),
    ]


def over_time(found: SegmentSheet) -> None:
    """Draw one figure of the segment over the days of its snapshots."""
    days = fetch(trend, segment_id=found.id)
    if len(days) < 2:
        st.info("A trend needs snapshots of two days at least.", icon=":material/timeline:")
        return
    figure = charts.FIGURES[switch("Figure", list(charts.FIGURES), "figure")]
    chart(
        charts.trend(days, figure),
        key=f"trend-{figure.label}",
        reading=charts.trend_reading(days, figure),
        rows=days[::-1],
        columns=charts.TREND,
    )
    through = [
        f"{words.plain(each.segment)} on {words.day(each.changed_at)}"
        for each in fetch(redrawn_beneath, segment_id=found.id, since=days[0].taken_on)
    ]
    if through:
        said = "; ".join(through)
        st.caption(f"Whom it means changed with segments that its rule names: {said}.")


def campaigns(found: SegmentSheet) -> None:
    """List what the runs for this segment came to; their effects are never added up."""
    runs: list[RunImpact] = fetch(impacts, segment_id=found.id)
    if not runs:
        st.info("No run has been launched for this segment.", icon=":material/campaign:")
        return
    lines = estimates.of_runs(runs[:_MOST_DRAWN], "points")
    chart(
        impact_charts.intervals(lines, "points"),
        key="segment-runs",
        reading=_of_runs(len(runs)),
        rows=lines,
        columns=impact_charts.estimate_columns("points"),
    )
    chosen = table(runs, columns=_RUNS, key="runs-of-segment", choose="one")
    if chosen:
        forget("runs-of-segment")
        navigation.go_to("impact", run=chosen[0].id)


def history(found: SegmentSheet) -> None:
    """Show every version beside the one before it."""
    rows = fetch(versions, segment_id=found.id)
    if not rows:
        st.info("No version of it was kept.", icon=":material/history:")
    for row in rows:
        with st.container(border=True):
            by = f" by {words.plain(row.author)}" if row.author else ""
            st.markdown(f"**Version {row.version}**, {words.moment(row.changed_at)}{by}")
            if row.is_current:
                look.badge("Holds now", "brand")
            if row.differences:
                table(row.differences, columns=_VERSIONS, key=f"version-{row.version}")
            else:
                st.markdown(words.plain(row.says))


def _of_runs(number: int) -> str:
    said = f"{words.counted(number, 'run')} went to this segment"
    if number > 1:
        said += ". Their customers may be the same, so **effects are not added up**"
    return f"{said}; an interval over zero proves nothing."
