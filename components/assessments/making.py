"""Making an assessment: see the figures as they stand, conclude, cite, and freeze it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from components import navigation
from components.assessments.saying import actual, judgement
from components.design.choosing import word
from components.gateway import as_seen, fetch, now, submit
from components.tables import Column, table
from core.market.queries.tasks import market_tasks
from core.people.queries import UnitRow, units
from core.periods import last_moment
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.queries import PlanRow, plans
from core.portfolio.queries.past import AsItWas, as_it_was
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
    Column("standing", "Against the goal", width=220, write=judgement),
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
    with st.container(horizontal=True):
        about = st.selectbox("Of", choices, format_func=_named, width=420)
        day = _day(about)
    what: dict[str, Any] = (
        {"plan_id": about.plan_id} if isinstance(about, PlanRow) else {"unit_id": about.id}
    )
    unit_id = about.unit_id if isinstance(about, PlanRow) else about.id
    stands = fetch(performance, **what)
    chosen = _segments(stands)
    then = _then(day, segment_ids=chosen, **what)
    found = then.campaigns if then else stands
    table(found, columns=DRAFT, key="draft_campaigns")
    covered = (
        list(then.segments.values()) if then else fetch(reach, unit_id=unit_id, segment_ids=chosen)
    )
    if covered:
        table(covered, columns=COVERED, key="draft_segments")
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
                then=then,
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


def _day(about: PlanRow | UnitRow) -> date | None:
    """Ask for the cut-off; a day that can't be is not taken, so nothing written below is lost."""
    today = now().date()
    begins = about.starts_on if isinstance(about, PlanRow) else None
    return st.date_input(
        "As of the end of",
        today,
        min_value=min(begins, today) if begins else None,
        max_value=today,
        format="DD/MM/YYYY",
        width=160,
        key=f"as_of_{_named(about)}",
        help="Today is as it stands now. Of an earlier day everybody is counted again, by what"
        " had happened by then. Whom a segment means is asked as of now.",
    )


def _then(day: date | None, **asked: Any) -> AsItWas | None:
    """Count as it was on an earlier day, until it is frozen; None for how it stands today."""
    today = now().date()
    if day is None or day == today:
        return None
    with st.spinner("Counting what had happened by then"):
        return as_seen(as_it_was, cut_off_at=last_moment(day, now().tzinfo), **asked)


def _segments(stands: Sequence[Performance]) -> tuple[int, ...]:
    """Ask whose coverage is judged; at first the audiences of what is assessed."""
    known = fetch(segments)
    audiences = {judged.segment_id for judged in stands}
    chosen = st.multiselect(
        "Segments whose coverage is judged",
        known,
        [each for each in known if each.id in audiences],
        format_func=lambda each: each.name,
        placeholder="None",
    )
    return tuple(each.id for each in chosen)


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
