"""A run before its launch: what was agreed to, beside what the selection really found."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Integer, case, literal_column, select, type_coerce

from core.campaigns.model import Design
from core.database import Ids, ids_as_text, read_ids
from core.gate.hands import BranchRoom, Need
from core.gate.judging import Sizes, power_of_gain, smallest_gain
from core.gate.model import LaunchOverride
from core.gate.queries.hands import Staff, hands_of
from core.people.model import Person
from core.runs.model import Candidate, Run
from core.runs.moves import run_in_scope
from core.runs.queries.lists import SEE_RUNS
from core.runs.rules import CONTROL_ARM, Confirmation
from core.work import Reader


@dataclass(frozen=True)
class Standing:
    """Arms, for how many of the treated there are hands, and what that can show."""

    control: int
    treated: int
    worked: int
    smallest: float | None
    power: float | None


@dataclass(frozen=True)
class Allowed:
    """Who allowed a launch that can hardly show its gain, when and why, and the chance by then."""

    person_id: int | None
    reason: str
    by: str | None
    at: datetime
    power: float


@dataclass(frozen=True)
class BeforeLaunch:
    """What was agreed to and what was found; `gain` is what is to be shown, if anything is.

    `power_now` is the chance to see it if the run is launched now, without those whose manager has
    not answered. `override` is why the version was approved over the gate, and `allowed` why this
    selection of it may be launched although its power has fallen since.
    """

    agreed: Standing
    found: Standing
    gain: float | None
    target: float
    power_now: float | None
    short: tuple[BranchRoom, ...]
    override: str | None
    allowed: Allowed | None

    @property
    def needs_override(self) -> bool:
        """Tell whether an approver has to allow the launch first."""
        return self.is_weaker_now and self.allowed is None

    @property
    def is_weaker(self) -> bool:
        """Tell whether the gain was to be seen when it was agreed to, and now hardly would be."""
        return self._has_fallen(self.found.power)

    @property
    def is_weaker_now(self) -> bool:
        """Tell the same of a launch that waits for no answer any more."""
        return self._has_fallen(self.power_now)

    def _has_fallen(self, to: float | None) -> bool:
        before = self.agreed.power
        return before is not None and to is not None and before >= self.target > to


def before_launch(view: Reader, *, run_id: int) -> BeforeLaunch | None:
    """Weigh a selection as its design was weighed; None before it, or if nothing was weighed.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    run = run_in_scope(view, run_id)
    return None if run.launched_at is not None else weighed_again(view, run)


@dataclass(frozen=True)
class Selected:
    """The arms of a selection; of the treated by branch whom no manager struck, and who agreed."""

    sizes: Sizes
    to_work: dict[int, int]
    confirmed: dict[int, int]


def weighed_again(
    view: Reader, run: Run, selected: Selected | None = None, staff: Staff | None = None
) -> BeforeLaunch | None:
    """Weigh the selection of a run at hand; whoever calls has asked for the permission.

    :param selected: what `selected_in` counted of the run, if that was done already
    :param staff: of its branches at least, likewise
    """
    design = view.session.get_one(Design, run.design_id)
    frozen: dict[str, Any] = design.frozen or {}
    if run.selected_at is None or "gate" not in frozen:
        return None
    agreed, counts = frozen["gate"], frozen["forecast"]
    found = selected or selected_in(view, [run.id])[run.id]
    sizes, to_work, confirmed = found.sizes, found.to_work, found.confirmed
    need = Need(
        agreed["minutes_each"],
        agreed["activities_each"],
        after_days=agreed.get("after_days", 0),  # versions approved before it was kept
    )
    hands = hands_of(
        view,
        to_work,
        starts_on=run.starts_on + timedelta(days=need.after_days),
        ends_on=run.ends_on,
        qualification_id=design.qualification_id,
        staff=staff,
    )
    last = hands.place(run.ends_on)
    rooms = hands.rooms(need, control_share=0, day=last)
    worked = sum(room.worked for room in rooms)
    base, effect = agreed["base"], agreed["design_effect"]
    smallest = None if base is None else smallest_gain(base, sizes, effect)
    power = power_now = None
    if agreed["power"] is not None:
        each = np.array([confirmed[branch_id] for branch_id in to_work], float)
        # Of all who are treated: those whom a manager struck are compared with the others.
        power, power_now = (
            power_of_gain(base, agreed["gain"], sizes, effect, reach=some / (sizes.treated or 1))
            for some in (worked, float(hands.worked(each, need, last).sum()))
        )
    return BeforeLaunch(
        agreed=Standing(
            counts["control"],
            counts["treated"],
            agreed["worked"],
            agreed["smallest"],
            agreed["power"],
        ),
        found=Standing(sizes.control, sizes.treated, worked, smallest, power),
        gain=agreed["gain"],
        target=agreed["target"],
        power_now=power_now,
        short=tuple(room for room in rooms if room.is_short),
        override=design.override,
        allowed=_allowed(view, run),
    )


def _allowed(view: Reader, run: Run) -> Allowed | None:
    """Return who allowed the launch of the selection as it is now."""
    found = view.session.execute(
        select(
            LaunchOverride.person_id,
            LaunchOverride.reason,
            Person.name,
            LaunchOverride.at,
            LaunchOverride.power,
        )
        .outerjoin(Person, Person.id == LaunchOverride.person_id)
        .where(LaunchOverride.run_id == run.id, LaunchOverride.at >= run.selected_at)
    ).one_or_none()
    return None if found is None else Allowed(*found)


def selected_in(view: Reader, run_ids: Collection[int]) -> dict[int, Selected]:
    """Count the selections of runs in one look, each as a column: SQLite would sort its rows."""
    zero, four, eight = (literal_column(each, Integer) for each in ("0", "4", "8"))
    is_treated = case((Candidate.arm > CONTROL_ARM, four), else_=zero)
    kind = Candidate.branch_id * eight + is_treated + type_coerce(Candidate.confirmation, Integer)
    kinds = select(ids_as_text(kind)).where(Candidate.run_id == Run.id).scalar_subquery()
    rows = view.session.execute(select(Run.id, kinds).where(Run.id.in_(run_ids)))
    return {run_id: _selected(read_ids(text)) for run_id, text in rows}


def _selected(kinds: Ids) -> Selected:
    """Tell candidates apart by branch, arm and answer, as `selected_in` put them into a number."""
    by_branch = np.bincount(kinds, minlength=8)
    by_branch = np.pad(by_branch, (0, -len(by_branch) % 8)).reshape(-1, 2, 4)
    treated = by_branch[:, 1]
    branches = np.flatnonzero(treated.any(axis=1)).tolist()
    struck, confirmed = (
        treated[:, each.code] for each in (Confirmation.REJECTED, Confirmation.CONFIRMED)
    )
    to_work = treated.sum(axis=1) - struck
    return Selected(
        Sizes(int(by_branch[:, 0].sum()), int(treated.sum())),
        {id_: int(to_work[id_]) for id_ in branches},
        {id_: int(confirmed[id_]) for id_ in branches},
    )
