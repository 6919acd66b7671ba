"""The cycles of one run that were measured and frozen, and freezing the next."""

import streamlit as st

from components import navigation, words
from components.gateway import current_actor, fetch, submit
from components.tables import Column, forget, table
from core.access import Permission
from core.impact import actions
from core.impact.queries.feedback import feedback
from core.impact.queries.runs import RunImpact
from core.windows import Window

COLUMNS = (
    Column("cycle", "Cycle", "count", width="small"),
    Column("cut_off_at", "As of", "moment"),
    Column("metric", "Metric"),
    Column("result", "Reached", write=lambda row: words.rate(row.result)),
    Column("goal", "Goal", "percent"),
    Column("verdict", "Verdict"),
    Column("conclusion", "Conclusion", width="large"),
    Column("state", "Proposal"),
    Column("author", "By"),
)  # fmt: skip
_ALL = Window(size=500)


def draw(run: RunImpact) -> None:
    """List the frozen cycles, and let those who may freeze another."""
    st.subheader("Analysis cycles")
    key = f"cycles{run.id}"
    chosen = table(
        fetch(feedback, run_id=run.id, window=_ALL).rows,
        columns=COLUMNS,
        key=key,
        empty="No cycle of this run has been frozen yet.",
        choose="one",
    )
    if chosen:
        forget(key)
        navigation.go_to("feedback", id=chosen[0].id)
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
                then=navigation.opens("feedback", id=lambda fact: fact.analysis_id),
            )
