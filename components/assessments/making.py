"""Making an assessment: see the figures as they stand, conclude, cite, and freeze it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import navigation
from components.assessments.saying import actual, judgement
from components.design.choosing import word
from components.gateway import fetch, submit
from components.tables import Column, table
from core.market.queries.tasks import market_tasks
from core.people.queries import UnitRow, units
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.queries import PlanRow, plans
from core.portfolio.queries.performance import Performance, performance
from core.portfolio.queries.reach import SegmentReach, reach
from core.portfolio.rules import Verb
from core.segments.queries import segments
from core.windows import Window

DRAFT = (
    Column("campaign", "Campaign", width="medium"),
    Column("version", "Version", "count", width="small"),
    Column("goal", "Goal", "percent"),
    Column("actual", "So far", write=actual),
    Column("standing", "Against the goal", write=judgement),
)
COVERED = (
    Column("segment", "Segment", width="medium"),
    Column("customers", "Customers", "count"),
    Column("selected", "Ever selected", "count"),
    Column("coverage", "Coverage", "percent", write=lambda row: row.coverage.value),
    Column("counted_at", "As counted", "moment"),
)
_MOST = 10  # conclusions
_ALL = Window(size=1_000)


@dataclass(frozen=True)
class Subject:
    """What something may be concluded of."""

    label: str
    campaign_id: int | None = None
    segment_id: int | None = None


def draw() -> None:
    """Ask for an assessment, with its figures as they stand before they are frozen."""
    choices: list[PlanRow | UnitRow] = [*fetch(plans), *fetch(units)]
    if not choices:
        st.info("There is no plan and no unit to assess.", icon=":material/inbox:")
        return
    about = st.selectbox("Of", choices, format_func=_named, width=420)
    what: dict[str, Any] = (
        {"plan_id": about.plan_id} if isinstance(about, PlanRow) else {"unit_id": about.id}
    )
    unit_id = about.unit_id if isinstance(about, PlanRow) else about.id
    found = fetch(performance, **what)
    table(found, columns=DRAFT, key="draft_campaigns")
    covered = _covered(unit_id, found)
    tasks = st.multiselect(
        "Market tasks to cite",
        fetch(market_tasks, window=_ALL).rows,
        format_func=lambda task: f"{task.code}: {task.name}",
        placeholder="None",
        help="Those not concluded are refreshed by being cited.",
    )
    name = st.text_input("Name", placeholder=f"{about.name}, and the day")
    wanted = _conclusions(found, covered)
    if st.button("Freeze the assessment", type="primary", icon=":material/ac_unit:"):
        submit(
            assess,
            lambda: Assess(
                **what,
                name=name,
                segment_ids=[each.segment_id for each in covered],
                cited=[task.id for task in tasks],
                conclusions=[
                    Conclude(verb, text, subject.campaign_id, subject.segment_id)
                    for verb, subject, text in wanted
                ],
            ),
            done=lambda fact: f"“{fact.name}” is frozen. Set going what it concludes.",
            then=navigation.opens("assessments", id=lambda fact: fact.assessment_id),
        )


def _covered(unit_id: int, found: Sequence[Performance]) -> list[SegmentReach]:
    """Ask whose coverage is judged; at first the audiences of what is assessed."""
    known = fetch(segments)
    audiences = {judged.segment_id for judged in found}
    chosen = st.multiselect(
        "Segments whose coverage is judged",
        known,
        [each for each in known if each.id in audiences],
        format_func=lambda each: each.name,
        placeholder="None",
    )
    rows = fetch(reach, unit_id=unit_id, segment_ids=tuple(each.id for each in chosen))
    if rows:
        table(rows, columns=COVERED, key="draft_segments")
    return rows


def _conclusions(
    found: Sequence[Performance], covered: Sequence[SegmentReach]
) -> list[tuple[Verb, Subject, str]]:
    """Ask what follows, line by line."""
    st.subheader("What follows?")
    campaigns = {judged.campaign_id: judged.campaign for judged in found if judged.campaign_id}
    subjects = [
        *(Subject(name, campaign_id=id_) for id_, name in campaigns.items()),
        *(Subject(f"Segment {each.segment}", segment_id=each.segment_id) for each in covered),
        Subject("All of it"),
    ]
    number = st.number_input("Conclusions", 1, _MOST, 1, width=140)
    wanted = []
    for place in range(int(number)):
        with st.container(border=True):
            left, right = st.columns(2)
            verb = word(left, "Conclusion", list(Verb), Verb.AMEND, key=f"verb{place}")
            subject = right.selectbox(
                "About", subjects, format_func=lambda each: each.label, key=f"about{place}"
            )
            text = st.text_input("Why, and how", key=f"why{place}")
            wanted.append((verb, subject, text))
    return wanted


def _named(about: PlanRow | UnitRow) -> str:
    return f"{about.name} (plan)" if isinstance(about, PlanRow) else about.name
