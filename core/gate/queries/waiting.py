"""Launches that wait for an approver, and who may not be the one to allow them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, select

from core.campaigns.model import Campaign, Design
from core.campaigns.queries.hands import who_did, writers_of
from core.gate.model import LaunchOverride
from core.gate.queries.hands import staff_of
from core.gate.queries.launching import selected_in, weighed_again
from core.gate.rules import TARGET
from core.journal.events import LaunchRefused
from core.journal.model import Entry, Subject
from core.people.model import Person, Unit
from core.runs.events import CandidatesSelected, RunStarted
from core.runs.model import Run
from core.runs.moves import run_in_scope
from core.runs.queries.lists import SEE_RUNS, joined
from core.runs.rules import LAUNCH
from core.work import Reader

_HAVING_A_HAND = (RunStarted.kind, CandidatesSelected.kind, LaunchRefused.kind)


class Objection(StrEnum):
    """Why somebody is not the one to allow a launch."""

    WROTE = "You had a hand in this version. Somebody else has to allow its launch."
    RUNS = "You started this run, selected for it or asked for its launch. Somebody else allows it."


@dataclass(frozen=True)
class WaitingLaunch:
    """A selection that shows less than was agreed to: the chance to see the gain, then and now.

    `asked_by` is who tried to launch it last, and is None if nobody has. `objection` says why it
    is not for whoever is looking to allow it.
    """

    id: int
    run: str
    campaign: str
    version: int
    unit: str
    agreed: float
    now: float
    selected_at: datetime
    asked_by: str | None
    asked_at: datetime | None
    objection: Objection | None


def launches_waiting(view: Reader) -> list[WaitingLaunch]:
    """List the selections that can't be launched before an approver allows it, the oldest first."""
    view.authorize(*SEE_RUNS)
    is_allowed = exists().where(
        LaunchOverride.run_id == Run.id, LaunchOverride.at >= Run.selected_at
    )
    statement = (
        joined(select(Run, Design.frozen, Campaign.name, Design.version, Unit.name))
        .where(
            Run.status.in_(LAUNCH.sources),
            Run.selected_at.is_not(None),
            Run.ends_on >= view.now.date(),
            ~is_allowed,
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.selected_at, Run.id)
    )
    agreed_to = [
        (agreed, *row)
        for row in view.session.execute(statement)
        # Else it showed too little when it was agreed to, or nothing was to be shown.
        if (agreed := ((row.frozen or {}).get("gate") or {}).get("power") or 0.0) >= TARGET
    ]
    if not agreed_to:
        return []
    selected = selected_in(view, [run.id for _, run, *_ in agreed_to])
    staff = staff_of(view, {id_ for each in selected.values() for id_ in each.to_work})
    waiting = []
    for agreed, run, _, campaign, version, unit in agreed_to:
        found = weighed_again(view, run, selected[run.id], staff)
        if found is None or not found.needs_override:
            continue
        asked_by, asked_at = _asked(view, run)
        waiting.append(
            WaitingLaunch(
                run.id,
                run.code,
                campaign,
                version,
                unit,
                agreed,
                found.power_now or 0.0,
                run.selected_at,
                asked_by,
                asked_at,
                objection_of(view, run),
            )
        )
    return waiting


def objection(view: Reader, *, run_id: int) -> Objection | None:
    """Tell why whoever is looking may not allow the launch of a run, if anything speaks against it.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    return objection_of(view, run_in_scope(view, run_id))


def objection_of(view: Reader, run: Run) -> Objection | None:
    """Answer the same of a run at hand; whoever calls has asked for the permission."""
    me = view.actor.person_id
    if me in writers_of(view, view.session.get_one(Design, run.design_id)):
        return Objection.WROTE
    if me in who_did(view, f"run:{run.id}", *_HAVING_A_HAND):
        return Objection.RUNS
    return None


def _asked(view: Reader, run: Run) -> tuple[str | None, datetime | None]:
    """Return who last asked for the launch of the selection as it is now, and when."""
    found = view.session.execute(
        select(Person.name, Entry.at)
        .select_from(Subject)
        .join(Entry, Entry.id == Subject.entry_id)
        .join(Person, Person.id == Entry.actor_id)
        .where(
            Subject.name == f"run:{run.id}",
            Entry.kind == LaunchRefused.kind,
            Entry.at >= run.selected_at,
        )
        .order_by(Entry.id.desc())
        .limit(1)
    ).one_or_none()
    return (None, None) if found is None else (found.name, found.at)
