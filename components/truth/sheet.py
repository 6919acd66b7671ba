"""One run: what was reported of it, what stands, and what it comes to."""

import streamlit as st

from components import look, navigation, words
from components.gateway import current_actor, submit
from components.tables import Column, table
from components.tiles import Tile, tiles
from components.truth import listed, wording
from components.truth.comparing import COMPARED, compared, explained
from core.access import Permission
from core.truth.actions import MOST, AskForReview, ask_for_review
from core.truth.events import ReviewAsked
from core.truth.queries.runs import Truth
from core.truth.sentences import extrapolated_says, score_says

BRANCHES = (
    Column("branch", "Branch", pinned=True),
    *wording.scores()[:3],
    *wording.parts(),
    Column("asked", "Asked to look at", "count", write=lambda row: row.looked.asked),
    Column("done", "Looked at", "count", write=lambda row: row.looked.done),
    *wording.scores()[3:],
)
BURSTS = (
    Column("branch", "Branch", pinned=True),
    Column("who", "Who", write=lambda row: _who(row.person_id, row.person)),
    Column("window", "When", width="medium"),
    Column("conversions", "Conversions", "count"),
    Column("expected", "To be expected", "number", write=lambda row: round(row.expected, 1),
           help="As many as answers came just then, at the rate of all answers."),
    Column("p", "Chance of so many", write=lambda row: words_of_chance(row.p),
           help="Adjusted for all branches, or all people, that could have stood out."),
)  # fmt: skip


def draw(found: Truth) -> None:
    """Draw what is known of the reports of one run, most important first."""
    _identity(found)
    st.markdown(f"#### {words.plain(found.sentence)}")
    if not found.is_checked:
        return
    st.caption(score_says(found.score, found.check))
    _tiles(found)
    _compared(found)
    if found.bursts:
        _bursts(found)
    st.subheader("Branch by branch")
    table(found.branches, columns=BRANCHES, key=f"branches{found.id}")
    _reviews(found)
    listed.draw(found)


def _identity(found: Truth) -> None:
    facts = found.facts
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.plain(facts.campaign)}**, version {facts.version}")
        navigation.link("run", f"Run {facts.code}", actor=current_actor(), id=found.id)
        navigation.link("impact", "Impact", actor=current_actor(), run=found.id)
    if found.known_until is not None:
        st.caption(
            f"{words.sentence(words.plain(facts.unit))}. Holdings are known until "
            f"{words.day(found.known_until)}."
            + ("" if found.checked_at is None else f" Checked {words.moment(found.checked_at)}.")
        )


def _tiles(found: Truth) -> None:
    check = found.check
    row = [Tile("Reported", words.count(check.reported), "Sales, or a yes, that people reported.")]
    row += [
        Tile(label, words.count(check.at(each)), wording.HELPS[each])
        for each, label in wording.LABELS.items()
    ]
    tiles(row, narrowest=130)


def _compared(found: Truth) -> None:
    st.subheader("Reported and restated")
    table(compared(found), columns=COMPARED, key=f"compared{found.id}")
    st.caption(explained(found))


def _bursts(found: Truth) -> None:
    st.subheader("Bursts")
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge("Suspicion only", "warn")
        st.markdown("More conversions in a short time than so many answers usually bring.")
    table(found.bursts, columns=BURSTS, key=f"bursts{found.id}")


def _reviews(found: Truth) -> None:
    st.subheader("Looked at by the leads")
    looked = found.looked
    st.markdown(
        f"**{words.count(looked.done)} of {words.count(looked.asked)}** looked at, "
        f"{words.count(looked.false)} found false. "
        + extrapolated_says(found.extrapolated, looked.drawn)
    )
    if not current_actor().may(Permission.ANALYSE):
        return
    with st.form(f"ask{found.id}", border=False):
        size = st.number_input(
            "Conversions of each branch",
            1,
            MOST,
            20,
            help="Half of them are drawn at random, the rest are those that look false.",
        )
        if st.form_submit_button("Ask the leads to look", icon=":material/visibility:"):
            submit(ask_for_review, lambda: AskForReview(found.id, int(size)), done=_asked)


def _asked(fact: ReviewAsked) -> str:
    branches = words.counted(fact.branches, "branch", "branches")
    return f"{words.counted(fact.asked, 'conversion')} to be looked at, in {branches}."


def _who(person_id: int | None, person: str | None) -> str:
    if person_id is None:
        return "The whole branch"
    return person or "One person"


def words_of_chance(p: float) -> str:
    """Write a probability as a share."""
    return "Below 0.1 %" if p < 0.001 else words.percent(p)
