"""One assessment: its frozen figures down to run and branch, what it cites, what it concludes."""

from collections.abc import Sequence

import streamlit as st

from components import filters, look, navigation, words
from components.assessments import acting, board
from components.assessments.saying import VERBS, actual, judgement
from components.charts.frame import chart, latest
from components.charts.goals import against_goals
from components.gateway import current_actor, fetch, heading
from components.tables import Column, listing, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.portfolio.queries.assessments import (
    AssessmentSheet,
    Concluded,
    JudgedCampaign,
    JudgedSegment,
    assessment,
)
from core.portfolio.queries.directions import directions
from core.portfolio.queries.drill import branches_behind, customers_behind, runs_behind
from core.portfolio.rules import Standing, Verb

CAMPAIGNS = (
    Column("campaign", "Campaign", width="medium"),
    Column("goal", "Goal", "percent"),
    Column("actual", "Actual", write=actual),
    Column("standing", "Against the goal", width=220, write=judgement),
    Column("version", "Version", "count", width="small"),
    Column("metric", "Metric"),
    Column("unit", "Unit"),
)
SEGMENTS = (
    Column("segment", "Segment", width="medium"),
    Column("customers", "Customers", "count"),
    Column("selected", "Ever selected", "count"),
    Column("coverage", "Coverage", "percent", write=lambda row: row.coverage.value),
    Column("counted_at", "As counted", "moment"),
)
RUNS = (
    Column("run", "Run"),
    Column("branch", "Branch"),
    Column("numerator", "Counted", "count"),
    Column("denominator", "Out of", "count"),
)
BRANCHES = (
    Column("branch", "Branch", width="medium"),
    Column("customers", "Customers", "count"),
    Column("selected", "Ever selected", "count"),
)
CUSTOMERS = (
    Column("customer_no", "Number"),
    Column("name", "Name"),
    Column("branch", "Branch", sort="branch"),
    Column("run", "Run", sort="run"),
    Column("won_at", "Won", "moment", sort="won"),
)
COUNT, ALL = "Who count for the goal", "All they are counted out of"


def draw(assessment_id: int) -> None:
    """Draw one assessment."""
    found = fetch(assessment, assessment_id=assessment_id)
    heading(found.name, "How did campaigns and segments stand, and what follows?")
    actor = current_actor()
    navigation.link("assessments", "All assessments", actor=actor, icon=":material/arrow_back:")
    by = f" by {found.author}" if found.author else ""
    st.caption(
        words.plain(f"{found.about}, frozen {words.moment(found.made_at)}{by}.")
        + f" As of {words.moment(found.cut_off_at)}."
    )
    campaigns(found.campaigns)
    segments(found.segments)
    _cited(found)
    _conclusions(found)


def campaigns(rows: Sequence[JudgedCampaign]) -> None:
    """Draw how campaigns stand against their goals, and the rows behind the one that is chosen."""
    st.subheader("Campaigns")
    many = {state: sum(row.standing is state for row in rows) for state in Standing}
    tiles(
        [
            Tile("Goal met", words.count(many[Standing.MET])),
            Tile("Missed", words.count(many[Standing.MISSED])),
            Tile("No data", words.count(many[Standing.NO_DATA])),
        ],
        narrowest=110,
    )
    drawn = [row for row in rows if row.actual is not None]
    clicked: list[int] = []
    if drawn:
        clicked = chart(
            against_goals(drawn),
            key="goals",
            reading=f"**{words.counted(len(drawn), 'version')}** with figures, each against its"
            " goal.",
            choose=True,
            numbered=True,
        )
    chosen = table(rows, columns=CAMPAIGNS, key="assessed_campaigns", choose="one")
    shown = [drawn[place] for place in clicked if place < len(drawn)]
    if chosen := latest("assessed", shown, chosen):
        _behind(chosen[-1])
    else:
        st.caption("Choose a campaign to see the runs and branches behind its figure.")


def segments(rows: Sequence[JudgedSegment]) -> None:
    """Draw the coverage of segments, and the branches behind the one that is chosen."""
    if not rows:
        return
    st.subheader("Coverage of segments")
    chosen = table(rows, columns=SEGMENTS, key="assessed_segments", choose="one")
    if chosen:
        segment = chosen[-1]
        st.markdown(f"**{words.plain(segment.segment)}: {words.rate(segment.coverage)}**")
        table(
            fetch(branches_behind, finding_id=segment.id),
            columns=BRANCHES,
            key=f"branches{segment.id}",
        )


def _behind(judged: JudgedCampaign) -> None:
    st.markdown(f"**{words.plain(judged.campaign)}: {judgement(judged)}**")
    if judged.campaign_id is not None:
        navigation.link("campaign", "Campaign sheet", actor=current_actor(), id=judged.campaign_id)
    if judged.actual is None:
        st.info("No run carried it out by then.", icon=":material/inbox:")
        return
    rows = fetch(runs_behind, finding_id=judged.id)
    table(rows, columns=RUNS, key=f"runs{judged.id}")
    counted = sum(row.numerator for row in rows)
    st.caption(
        f"They add up to {words.count(counted)} of "
        f"{words.count(sum(row.denominator for row in rows))}."
    )
    actor = current_actor()
    if actor.may(Permission.SEE_IMPACT) and actor.may(Permission.SEE_CUSTOMERS):
        with st.expander("Customers behind it"):
            _customers(judged)


def _customers(judged: JudgedCampaign) -> None:
    counted = filters.switch("Customers", (COUNT, ALL), "who") == COUNT
    listing(
        customers_behind,
        columns=CUSTOMERS,
        key=f"customers{judged.id}",
        filters={"finding_id": judged.id, "counted": counted},
        noun="customer",
        empty="Nobody, by what is known now.",
    )
    st.caption(
        f"Frozen are the figures: {words.count(judged.numerator)} of"
        f" {words.count(judged.denominator)}. Who is behind them is looked up, by what is known now"
        " of the cut-off; a result that was corrected since makes the difference."
    )


def _cited(found: AssessmentSheet) -> None:
    if not found.cited:
        return
    st.subheader("Cited")
    for task in found.cited:
        navigation.link(
            "market_tasks", f"{task.code}: {task.name}", actor=current_actor(), id=task.task_id
        )
        st.caption(f"{words.plain(task.said)} Looked at {words.moment(task.refreshed_at)}.")


def _conclusions(found: AssessmentSheet) -> None:
    st.subheader("Conclusions")
    items = fetch(directions, assessment_id=found.id)
    if items:
        board.timeline(items, key="from_assessment")
    may_steer = current_actor().may(Permission.STEER_PORTFOLIO)
    for conclusion in found.conclusions:
        with st.container(border=True):
            _concluded(conclusion)
            for item in items:
                if item.conclusion_id == conclusion.id:
                    navigation.link(
                        "assessments",
                        f"{words.sentence(item.kind)}: {item.name} ({item.state})",
                        actor=current_actor(),
                        icon=":material/arrow_forward:",
                        view="Directions",
                        item=item.id,
                    )
            if may_steer and conclusion.verb is not Verb.NONE:
                with st.expander("Set it going", icon=":material/play_circle:"):
                    acting.direct_form(
                        f"conclusion{conclusion.id}",
                        name=conclusion.text,
                        conclusion_id=conclusion.id,
                    )


def _concluded(conclusion: Concluded) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(conclusion.verb), VERBS[conclusion.verb])
        st.markdown(f"**{words.plain(conclusion.subject or 'All of it')}**")
    st.markdown(words.plain(conclusion.text))
