"""One frozen cycle: what it came to, how that stands now, and what worked for whom."""

from collections.abc import Sequence

import streamlit as st

from components import look, navigation, words
from components.charts import impact as charts
from components.charts.frame import chart
from components.feedback.board import STATES, VERDICTS
from components.gateway import current_actor
from components.impact import estimates
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.impact.findings import Group, Split
from core.impact.metrics import METRICS
from core.impact.queries.feedback import FeedbackSheet

MOST_DRAWN = 12


def draw(sheet: FeedbackSheet) -> None:
    """Draw what was frozen, and beside it what has changed since."""
    row, actor = sheet.row, current_actor()
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(f"Goal {row.verdict}", VERDICTS[row.verdict])
        look.badge(words.sentence(row.state), STATES[row.state])
        navigation.link("impact", f"Run {row.run}", actor=actor, run=row.run_id)
        navigation.link("campaign", "Campaign sheet", actor=actor, id=row.campaign_id)
    by = f", by {row.author}" if row.author else ""
    st.caption(words.plain(f"{row.unit}. Frozen as of {words.moment(row.cut_off_at)}{by}."))
    metric = METRICS[row.metric]
    tiles(
        [
            estimates.rate_tile(metric.label, row.result, metric.explained),
            Tile("Goal", words.percent(row.goal), note=_judged(sheet)),
            Tile("As it stands now", words.percent(sheet.now), note=words.rate(sheet.now)),
        ],
        narrowest=200,
    )
    _moved(sheet)
    st.markdown(f"#### {words.plain(sheet.sentence)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(sheet.grade), estimates.TRUST[sheet.grade])
        st.caption(words.plain(sheet.why))
    if row.conclusion:
        st.markdown(f"> {words.plain(row.conclusion)}")


def _judged(sheet: FeedbackSheet) -> str:
    return "No goal was set" if sheet.row.goal is None else words.sentence(sheet.row.verdict)


def moved(sheet: FeedbackSheet) -> str:
    """Say by how much the live figure differs from the frozen one, and where that is taken in."""
    was, now = sheet.row.result, sheet.now
    said = f"Frozen were {words.rate(was)}; now it is {words.rate(now)}"
    if was.value is not None and now.value is not None:
        said += f", {words.points(now.value - was.value)}"
    if sheet.is_latest:
        return f"{said}. The frozen figures stay: freezing a new cycle takes the difference in."
    return f"{said}. The frozen figures stay: cycle {sheet.latest} is the latest."


def _moved(sheet: FeedbackSheet) -> None:
    if sheet.moved:
        st.warning(moved(sheet), icon=":material/published_with_changes:")
    else:
        st.caption("The live figure is the same as the frozen one.")


def findings(sheet: FeedbackSheet) -> None:
    """Draw what worked for whom, split by split."""
    st.subheader("What worked for whom")
    splits = sheet.findings.splits
    if not splits:
        st.info("This cycle was frozen without groups.", icon=":material/inbox:")
    for place, split in enumerate(splits):
        st.markdown(f"**By {split.label.lower()}**")
        key = f"split{sheet.row.id}-{place}"
        if any(group.control is not None for group in split.groups):
            _effects(split, sheet, key)
        else:
            st.caption("Rates only: they say what happened, not what the campaign changed.")
            table(split.groups, columns=_rates(METRICS[sheet.row.metric].label), key=key)
        if split.left_out:
            st.caption(f"{words.counted(split.left_out, 'smaller group')} not kept.")


def _rates(metric: str) -> tuple[Column, ...]:
    return (
        Column("label", "Group", width="medium"),
        Column("treated", metric, write=lambda group: words.rate(group.treated)),
    )


_EFFECTS = (
    Column("label", "Group", width="medium"),
    Column("says", "Proven", write=lambda group: words.sentence(group.says)),
    Column("span", "Effect (95 % sure)", width="medium"),
    Column("treated", "Treated", write=lambda group: words.rate(group.treated)),
    Column("control", "Held out", write=lambda group: words.rate(group.control)),
    Column("p_adjusted", "p, adjusted", "rate", help="By Holm, over all groups of this split."),
)


def _effects(split: Split, sheet: FeedbackSheet, key: str) -> None:
    drawn = split.groups[:MOST_DRAWN]
    lines = [_estimate(group) for group in drawn]
    chart(
        charts.intervals(lines, "points"),
        key=key,
        reading=reading(split.groups),
        rows=split.groups,
        columns=_EFFECTS,
        cut_off=sheet.row.cut_off_at,
    )


def reading(groups: Sequence[Group]) -> str:
    """Say in one sentence how many groups prove an effect."""
    gains, losses = (sum(group.says == word for group in groups) for word in ("gain", "loss"))
    few = sum(group.says == "too few" for group in groups)
    said = (
        f"A gain is proven in **{gains}** and a loss in **{losses}** of "
        f"**{words.counted(len(groups), 'group')}**; with so many looked at, a grey interval may "
        "leave zero out by chance"
    )
    return f"{said}; {few} have too few customers to tell." if few else f"{said}."


def _estimate(group: Group) -> charts.Estimate:
    return charts.Estimate(
        group.label,
        group.value,
        group.low,
        group.high,
        group.says,
        is_sound=group.says in {"gain", "loss"},
    )
