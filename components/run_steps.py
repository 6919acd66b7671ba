"""What can be done with a run now: one button for each step that its state and the person allow."""

import streamlit as st

from components import passing, words
from components.gateway import current_actor, fetch, submit
from core.access import Permission
from core.activities.actions.ending import CHANGES, ChangeRun
from core.activities.actions.launch import Launch, MakeDueWork, make_due_work
from core.gate.actions import launch_weighed
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.events import RunLaunched
from core.runs.queries import RunSheet
from core.runs.queries.contended import contenders
from core.runs.rules import LAUNCH, RUN_LIFECYCLE, SELECT, RunStatus
from core.work import Work


def steps(sheet: RunSheet) -> None:
    """Draw the buttons in one line; nothing for somebody who only reads, or an imported run."""
    actor = current_actor()
    if sheet.is_imported or not actor.may(Permission.RUN_CAMPAIGNS):
        return
    offered = RUN_LIFECYCLE.offered(sheet.status, actor)
    with st.container(horizontal=True, vertical_alignment="center"):
        if LAUNCH in offered:
            _launch(sheet)
        if SELECT in offered:
            _select(sheet)
        if sheet.status is RunStatus.LAUNCHED and any(s.made is None for s in sheet.stages):
            _make_due(sheet)
        _endings(sheet, [move.verb for move in offered if move.verb in CHANGES])


def _select(sheet: RunSheet) -> None:
    again = sheet.status is RunStatus.SELECTED
    label = "Select again" if again else "Select candidates"
    note = "Replaces the candidates and the answers about them." if again else None
    if st.button(label, type="secondary" if again else "primary", help=note):
        with st.spinner("Looking at every customer of the unit"):
            submit(
                select_candidates,
                lambda: SelectCandidates(sheet.id),
                done=lambda fact: (
                    f"{words.counted(fact.candidates, 'candidate')} of "
                    f"{words.counted(fact.population, 'customer')} selected."
                ),
            )


def _launch(sheet: RunSheet) -> None:
    without = False
    if wanted := fetch(contenders, run_id=sheet.id):
        by = ", ".join(
            f"{words.plain(each.campaign)} ({words.count(each.customers)})" for each in wanted
        )
        st.caption(f"A launch leaves candidates to campaigns of higher priority: {by}.")
    if sheet.pending:
        without = st.toggle(f"Leave out the {words.count(sheet.pending)} not confirmed yet")
    if st.button("Launch", type="primary", icon=":material/rocket_launch:"):
        submit(
            _with_bar,
            lambda: Launch(sheet.id, without_pending=without),
            done=_launched,
            then=lambda _fact: passing.soon(),
        )


def _with_bar(work: Work, request: Launch) -> RunLaunched:
    bar = st.progress(0.0, text="Launching")

    def tell(step: str, done: int, of: int) -> None:
        bar.progress(done / of, text=step)

    return launch_weighed(work, request, progress=tell)


def _launched(fact: RunLaunched) -> str:
    said = (
        f"Launched: {words.counted(fact.activities, 'activity', 'activities')} and "
        f"{words.counted(fact.messages, 'message')} for {words.count(fact.treated)} candidates; "
        f"{words.count(fact.control)} are held out."
    )
    if fact.left_out:
        said += f" {words.count(fact.left_out)} were left out because nobody confirmed them."
    if fact.released:
        said += f" {words.count(fact.released)} are left to campaigns of higher priority."
    if fact.opted_out:
        said += f" {words.count(fact.opted_out)} may not be contacted any more."
    return said


def _make_due(sheet: RunSheet) -> None:
    if st.button("Make what is due", help="Later stages, when their day has come."):
        submit(
            make_due_work,
            lambda: MakeDueWork(sheet.id),
            done=lambda fact: (
                f"{words.counted(fact.activities, 'activity', 'activities')} and "
                f"{words.counted(fact.messages, 'message')} made."
            ),
            then=lambda _fact: passing.soon(),
        )


def _endings(sheet: RunSheet, verbs: list[str]) -> None:
    if not verbs:
        return
    with st.popover("Pause or end" if len(verbs) > 1 else "Stop"):
        reason = st.text_input("Reason", help="Kept in the journal; a stop needs one.")
        st.caption("An end aborts what is unfinished and withdraws what is queued.")
        for verb in verbs:
            if st.button(words.sentence(verb), key=f"do {verb}", width="stretch"):
                submit(
                    CHANGES[verb],
                    lambda: ChangeRun(sheet.id, reason),
                    done=lambda fact: f"The run is {fact.status} now.",
                )
