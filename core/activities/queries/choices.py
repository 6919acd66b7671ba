"""To what the list of a team can be narrowed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from core.activities.model import Activity
from core.activities.queries.lists import authorize_list
from core.activities.scope import OVERSIGHT, pending_seen
from core.campaigns.model import ActivitySubtype, Campaign, Design, Stage
from core.database import id_set
from core.people.model import Unit
from core.runs.model import Run
from core.work import Reader


@dataclass(frozen=True)
class Choice:
    """Something that a list can be narrowed to."""

    id: int
    name: str


@dataclass(frozen=True)
class Choices:
    """What the filters offer, each by name."""

    campaigns: list[Choice]
    runs: list[Choice]
    subtypes: list[Choice]
    branches: list[Choice]


def choices(view: Reader) -> Choices:
    """List what has pending work in the actor's scope.

    For whoever oversees many branches the subtypes are those of the runs with pending work: their
    work is found run by run and branch by branch, without reading all of it.
    """
    authorize_list(view)
    overseeing = view.actor.permissions >= OVERSIGHT and not view.actor.is_system
    return _found_out(view) if overseeing else _read(view)


def _found_out(view: Reader) -> Choices:
    def has_work(*same: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(*same, pending_seen(view))

    runs = view.session.execute(
        select(Run.id, Run.code, Run.design_id)
        .where(has_work(Activity.run_id == Run.id))
        .order_by(Run.code)
    ).all()
    designs = id_set(view.dialect, {run.design_id for run in runs})
    campaigns = select(Design.campaign_id).where(Design.id.in_(designs))
    subtypes = select(Stage.activity_subtype_id).where(Stage.design_id.in_(designs))
    return Choices(
        _named(view, Campaign.id, Campaign.name, Campaign.id.in_(campaigns)),
        [Choice(run.id, run.code) for run in runs],
        _named(view, ActivitySubtype.id, ActivitySubtype.name, ActivitySubtype.id.in_(subtypes)),
        _named(view, Unit.id, Unit.name, has_work(Activity.branch_id == Unit.id)),
    )


def _read(view: Reader) -> Choices:
    columns = (Activity.campaign_id, Activity.run_id, Activity.subtype_id, Activity.branch_id)
    rows = view.session.execute(select(*columns).where(pending_seen(view)).distinct()).all()

    def those(at: int) -> Select[tuple[int]]:
        return id_set(view.dialect, _present(row[at] for row in rows))

    return Choices(
        _named(view, Campaign.id, Campaign.name, Campaign.id.in_(those(0))),
        _named(view, Run.id, Run.code, Run.id.in_(those(1))),
        _named(view, ActivitySubtype.id, ActivitySubtype.name, ActivitySubtype.id.in_(those(2))),
        _named(view, Unit.id, Unit.name, Unit.id.in_(those(3))),
    )


def _present(ids: Any) -> Collection[int]:
    return {id_ for id_ in ids if id_ is not None}


def _named(
    view: Reader,
    id_: InstrumentedAttribute[int],
    name: InstrumentedAttribute[str],
    which: ColumnElement[bool],
) -> list[Choice]:
    rows = view.session.execute(select(id_, name).where(which).order_by(name, id_))
    return [Choice(*row) for row in rows]
