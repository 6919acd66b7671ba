"""Approving a version: past the gate, or over it with a reason that is kept."""

from dataclasses import dataclass

from core.campaigns.actions.approval import check_ready, facts_of, moved_design, writers_of
from core.campaigns.events import DesignApproved
from core.campaigns.queries.designs import sheet
from core.campaigns.queries.forecasts import frozen
from core.campaigns.rules import APPROVE
from core.gate.queries.gates import gate_of
from core.gate.sentences import plain, verdict
from core.refusals import Invalid
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

    :raises Invalid: the approver had a hand in writing it, or it can hardly show the gain that it
        is to show and no reason is given to approve it all the same
    :raises NotReady: something that it needs was taken away since it was asked for
    """
    got = moved_design(work, APPROVE, request.design_id, request.row_version)
    if work.actor.person_id in writers_of(work, got.design):
        raise Invalid("You had a hand in this version. Somebody else has to approve it.")
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
