"""What is wrong with work, one line for each kind, with its rows and what puts it right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from components import look, navigation, troubled, words
from components.gateway import current_actor, fetch
from components.tables import Column, table
from core.access import BRANCH_ROLES, Actor, Permission
from core.activities.scope import OVERSIGHT
from core.people.queries.working import without_calendar
from core.queues.queries.exceptions import Exceptional, branches_in_trouble
from core.queues.queries.monitor import off_pace
from core.queues.rules import OF_ACTIVITIES, Trouble

KIND = "kind"  # what the address calls the kind that is open


@dataclass(frozen=True)
class Told:
    """How a kind is told: `one` and `many` without the number, its cause, and what helps.

    `fix` is for whoever may do it; everybody else reads in `others` who that is.
    """

    one: str
    many: str
    cause: str
    meaning: look.Meaning = "warn"
    fix: str = ""
    others: str = ""
    by: Permission = Permission.ASSIGN_ACTIVITIES

    def because(self, actor: Actor) -> str:
        """Say the cause, and what this person can do about it."""
        return " ".join(filter(None, (self.cause, self.fix if actor.may(self.by) else self.others)))


TOLD: Mapping[Trouble, Told] = {
    Trouble.HELD_OUT: Told(
        "try to contact a held-out customer was refused",
        "tries to contact held-out customers were refused",
        "Within seven days somebody wanted to work with a customer whom a run holds out to measure"
        " its effect. Nothing happened, but the work should not be there: look it up.",
        "bad",
    ),
    Trouble.UNWELCOME: Told(
        "activity is no longer allowed by its customer",
        "activities are no longer allowed by their customers",
        "The customer has opted out, and the work is still open. End it.",
        "bad",
    ),
    Trouble.INACTIVE_HOLDER: Told(
        "open activity is with somebody who has left",
        "open activities are with people who have left",
        "Nobody works on these.",
        "bad",
        "Put them into the pool, or give them to somebody.",
        "The lead of the branch puts them into the pool, or gives them to somebody.",
    ),
    Trouble.NOBODY_THERE: Told(
        "activity waits in a branch where nobody works",
        "activities wait in branches where nobody works",
        "The branch is closed, or has nobody who works activities.",
        "bad",
        "Give it people, or its customers another branch.",
        "An administrator can give it people, or its customers another branch.",
        Permission.MANAGE_PEOPLE,
    ),
    Trouble.NOBODY_QUALIFIED: Told(
        "activity needs a qualification that nobody of its branch has",
        "activities need a qualification that nobody of their branch has",
        "The design asks for a qualification.",
        fix="Note who of the branch has it.",
        others="An administrator notes who of the branch has it.",
        by=Permission.MANAGE_PEOPLE,
    ),
    Trouble.MISSED: Told(
        "missed activity is not noted yet",
        "missed activities are not noted yet",
        "Their due moment has passed.",
        "bad",
        "Give them to somebody, or note that you have seen them.",
    ),
    Trouble.PROMISES: Told(
        "promised call will be broken",
        "promised calls will be broken",
        "Whoever promised it will be away, or has more to do than the time holds.",
        fix="Give it to somebody else before.",
    ),
    Trouble.UNASSIGNED: Told(
        "activity has been waiting for too long",
        "activities have been waiting for too long",
        "Nobody has taken these, for longer than the bank tolerates in working time.",
        fix="Hand them out.",
        others="The lead of the branch can hand them out.",
    ),
    Trouble.OFF_PACE: Told(
        "run is off its pace",
        "runs are off their pace",
        "More than a tenth of what was due is not done, or at the present rate the work outlasts"
        " the run.",
    ),
    Trouble.LATE_MESSAGES: Told(
        "message was not sent on its day",
        "messages were not sent on their day",
        "They are queued, and their day has passed. Have them sent, or withdraw them.",
    ),
    Trouble.NO_CALENDAR: Told(
        "unit has people and no calendar",
        "units have people and no calendar",
        "Their work is judged from nine to five by the bank's public holidays.",
        "neutral",
        "Set a calendar.",
        "An administrator can set a calendar.",
        Permission.MANAGE_REFERENCE,
    ),
}


def overview(found: Sequence[Exceptional]) -> Trouble | None:
    """Draw a line for each kind that there is, and return the one that is open."""
    there = [each for each in found if each.count]
    if not there:
        st.success("Nothing is in the way of the work.", icon=":material/check:")
    opened = st.query_params.get(KIND, "")
    for each in there:
        told = TOLD[each.trouble]
        name = each.trouble.name.lower()
        with st.container(border=True):
            said, pressed = st.columns([9, 1], vertical_alignment="center")  # below it on a phone
            with said, st.container(horizontal=True, vertical_alignment="center"):
                label = {"bad": "Grave", "warn": "Soon"}.get(told.meaning, "To do")
                look.badge(label, told.meaning)
                number = words.count(each.count)
                st.markdown(f"**{number}** {told.one if each.count == 1 else told.many}")
            said.caption(told.because(current_actor()))
            shown = opened == name
            label = "Hide" if shown else "Show"
            if pressed.button(label, key=f"show:{name}", width="stretch"):
                st.query_params[KIND] = "" if shown else name
                st.rerun()
    calm = [str(each.trouble) for each in found if not each.count]
    if there and calm:
        st.caption("There is none of this: " + "; ".join(calm) + ".")
    if there:
        st.caption(f"Counted at {words.clock(min(each.counted_at for each in there))}.")
    return next((each.trouble for each in there if each.trouble.name.lower() == opened), None)


def rows(trouble: Trouble) -> None:
    """Draw what a kind consists of, and beside it what puts it right."""
    st.subheader(words.sentence(str(trouble)))
    match trouble:
        case Trouble.MISSED:
            troubled.missed()
        case Trouble.PROMISES:
            troubled.promises()
        case Trouble.LATE_MESSAGES:
            troubled.messages()
        case Trouble.HELD_OUT:
            troubled.tries()
        case Trouble.OFF_PACE:
            _runs()
        case Trouble.NO_CALENDAR:
            _units()
        case _ if trouble in OF_ACTIVITIES:
            _work(trouble)


def _work(trouble: Trouble) -> None:
    if current_actor().roles <= BRANCH_ROLES:
        troubled.work(trouble, None)
        return
    chosen = table(
        fetch(branches_in_trouble, trouble=trouble),
        columns=(
            Column("branch", "Branch", pinned=True),
            Column("activities", "Activities", "count"),
        ),
        key="trouble_branches",
        choose="one",
    )
    if trouble in (Trouble.NOBODY_QUALIFIED, Trouble.NOBODY_THERE, Trouble.INACTIVE_HOLDER):
        navigation.link("people", "People and what they are certified for", actor=current_actor())
    if not current_actor().permissions >= OVERSIGHT:
        return
    if chosen:
        troubled.work(trouble, chosen[0].id)
    else:
        st.caption("Choose a branch to see its work.")


def _runs() -> None:
    chosen = table(
        fetch(off_pace),
        columns=(
            Column("name", "Run", pinned=True),
            Column("campaign", "Campaign"),
            Column("pace", "Pace"),
            Column("due", "Due and not done", "count", write=lambda row: row.figures.overdue),
            Column("left", "Left", "count", write=lambda row: row.figures.left),
            Column("likely_on", "Likely finish", "date"),
            Column("ends_on", "Last day", "date"),
        ),
        key="off_pace",
        choose="one",
    )
    link = partial(navigation.link, actor=current_actor())
    if chosen:
        link("run", f"Run {words.plain(chosen[0].name)}", id=chosen[0].id)
    link("monitor", "See all runs in the monitor")


def _units() -> None:
    table(
        fetch(without_calendar),
        columns=(
            Column("unit", "Unit", pinned=True),
            Column("kind", "Kind"),
            Column("people", "People", "count"),
        ),
        key="uncovered",
    )
    navigation.link("hours", "Set calendars", actor=current_actor())
