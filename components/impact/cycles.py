"""The cycles of one run that were measured and frozen, and freezing the next."""

import streamlit as st

from components import words
from components.gateway import current_actor, fetch, submit
from components.tables import Column, table
from core.access import Permission
from core.impact import actions
from core.impact.queries.analyses import AnalysisRow, analyses
from core.impact.queries.runs import RunImpact
from core.measures import Rate


def _result(row: AnalysisRow) -> str:
    found = row.figures["result"]
    return words.rate(Rate(found["numerator"], found["denominator"]))


COLUMNS = (
    Column("cycle", "Cycle", "count", width="small"),
    Column("cut_off_at", "As of", "moment"),
    Column("metric", "Metric",
           write=lambda row: words.sentence(row.figures["metric"])),
    Column("result", "Reached", write=_result),
    Column("goal", "Goal", "percent", write=lambda row: row.figures["goal"]),
    Column("verdict", "Verdict", write=lambda row: words.sentence(row.verdict)),
    Column("conclusion", "Conclusion", width="large"),
    Column("author", "By"),
)  # fmt: skip


def draw(run: RunImpact) -> None:
    """List the frozen cycles, and let those who may freeze another."""
    st.subheader("Analysis cycles")
    table(
        fetch(analyses, run_id=run.id),
        columns=COLUMNS,
        key=f"cycles{run.id}",
        empty="No cycle of this run has been frozen yet.",
    )
    if not current_actor().may(Permission.ANALYSE):
        return
    with st.expander("Freeze a cycle and tell the design", icon=":material/ac_unit:"):
        with st.form(f"analyse{run.id}", border=False):
            conclusion = st.text_area(
                "What is made of it", placeholder="What worked for whom, and what should change?"
            )
            asked = st.form_submit_button("Analyse and freeze", type="primary")
        if asked:
            submit(
                actions.analyse_run,
                lambda: actions.AnalyseRun(run.id, conclusion),
                done=lambda fact: (
                    f"Cycle {fact.cycle} is frozen: the goal is {fact.verdict}."
                    if run.facts.goal is not None
                    else f"Cycle {fact.cycle} is frozen."
                ),
            )
