"""Approving a version and launching a run: past the gate, or over it with a reason that is kept."""

from dataclasses import dataclass

from core.access import Permission
from core.activities.actions.launch import Launch, Progress, launch, silent
from core.campaigns.actions.approval import check_ready, facts_of, moved_design
from core.campaigns.events import DesignApproved
from core.campaigns.queries.designs import sheet
from core.campaigns.queries.forecasts import frozen
from core.campaigns.queries.hands import writers_of
from core.campaigns.rules import APPROVE
from core.gate.events import LaunchAllowed
from core.gate.model import LaunchOverride
from core.gate.queries.gates import gate_of
from core.gate.queries.launching import weighed_again
from core.gate.queries.waiting import objection_of
from core.gate.rules import percent
from core.gate.sentences import plain, verdict
from core.refusals import Conflict, Invalid, NotAgreed, OwnHand
from core.runs.events import RunLaunched
from core.runs.model import Run
from core.runs.moves import run_in_scope
from core.runs.rules import LAUNCH
from core.segments.queries import known_words
from core.work import Work


@dataclass(frozen=True)
class ApproveDesign:
    """`override` is why the version is approved although it can hardly show its gain."""

    design_id: int
    row_version: int
    comment: str = ""
    override: str = ""


def approve_design(work: Work, request: ApproveDesign) -> DesignApproved:
    """Agree to a version, and freeze what was agreed to: rule, counts, forecast, what is shown.

    :raises OwnHand: the approver had a hand in writing it
    :raises Invalid: it can hardly show the gain that it is to show, and no reason is given to
        approve it all the same
    :raises NotReady: something that it needs was taken away since it was asked for
    """
    got = moved_design(work, APPROVE, request.design_id, request.row_version)
    if work.actor.person_id in writers_of(work, got.design):
        raise OwnHand(
            "You had a hand in this version. Somebody else has to approve it.",
            (f"design:{got.design.id}",),
        )
    known = known_words(work)
    agreed = sheet(work, got.design.id, known=known)
    check_ready(agreed)
    weighed = gate_of(work, agreed, known)
    override = request.override.strip() if weighed.needs_override else ""
    if weighed.needs_override and not override:
        raise Invalid(f"{verdict(weighed)} To approve it all the same, say why.")

    design = got.design
    design.status = APPROVE.target
    design.approver_id = work.actor.person_id
    design.decided_at = work.now
    design.comment = request.comment.strip() or None
    design.override = override or None
    design.frozen = frozen(work, agreed, known, weighed.forecast, plain(weighed))
    work.session.flush()

    fact = DesignApproved(
        *facts_of(got), comment=request.comment.strip(), frozen=design.frozen, override=override
    )
    work.record(fact)
    return fact


@dataclass(frozen=True)
class AllowLaunch:
    """`reason` is why a run is launched although it can hardly show the gain agreed to."""

    run_id: int
    reason: str


def allow_launch(work: Work, request: AllowLaunch) -> LaunchAllowed:
    """Let a selection be launched whose power has fallen below the target since the approval.

    :raises NotFound: no such run among those of the approver's units
    :raises Conflict: it is not to be launched any more, or shows what was agreed to
    :raises OwnHand: the approver wrote at the version, or had a hand in the run
    :raises Invalid: no reason is given
    """
    work.authorize(Permission.APPROVE_DESIGNS)
    run = run_in_scope(work, request.run_id)
    work.session.refresh(run, with_for_update=True)
    if run.status not in LAUNCH.sources:
        raise Conflict(f"Run {run.code} is {run.status} by now: there is no launch to allow.")
    found = weighed_again(work, run)
    if found is None or not found.is_weaker_now:
        raise Conflict(f"Run {run.code} needs no permission: it can show what was agreed to.")
    if (against := objection_of(work, run)) is not None:
        raise OwnHand(against, (f"run:{run.id}",))
    reason = request.reason.strip()
    if not reason:
        raise Invalid("Say why it is to be launched all the same.")

    agreed, power = found.agreed.power or 0.0, found.power_now or 0.0
    row = work.session.get(LaunchOverride, run.id) or LaunchOverride(run_id=run.id)
    row.reason, row.power = reason, power
    row.at, row.person_id = work.now, work.actor.person_id
    work.session.add(row)
    work.session.flush()

    fact = LaunchAllowed(run.id, run.code, run.design_id, agreed, power, reason)
    work.record(fact)
    return fact


def launch_weighed(work: Work, request: Launch, *, progress: Progress = silent) -> RunLaunched:
    """Launch a run past the gate: it shows what was agreed to, or an approver has allowed it.

    :raises NotAgreed: its power has fallen below the target since the approval, and nobody has
        allowed that
    :raises OwnHand: whoever launches is who has allowed it
    :raises Invalid: whatever else stands in the way of making its work
    """
    return launch(work, request, progress=progress, check=_check_power)


def _check_power(work: Work, run: Run) -> None:
    found = weighed_again(work, run)
    if found is None:
        return
    allowed = found.allowed
    if allowed and allowed.person_id is not None and allowed.person_id == work.actor.person_id:
        raise OwnHand(
            "You allowed this launch yourself. Somebody else has to launch it.", (f"run:{run.id}",)
        )
    if found.needs_override:
        before, now = (
            percent(chance, digits=0) for chance in (found.agreed.power, found.power_now)
        )
        raise NotAgreed(
            f"What was agreed to can hardly be shown with this selection: the chance to see the "
            f"gain is {now}, where {before} was agreed and {percent(found.target, digits=0)} is "
            "wanted. An approver has to allow the launch, with a reason; or select again.",
            (f"run:{run.id}",),
        )
