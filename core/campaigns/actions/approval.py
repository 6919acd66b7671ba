"""Asking for approval, sending back and giving up. Approving itself stands at the gate."""

from dataclasses import dataclass
from datetime import date

from core import saying
from core.campaigns.actions.holding import Held, held
from core.campaigns.events import (
    DesignSentBack,
    DesignSubmitted,
    DesignWithdrawn,
)
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import SEND_BACK, SUBMIT, WITHDRAW, DesignStatus
from core.lifecycle import Move
from core.refusals import Invalid
from core.work import Work


class NotReady(Invalid):
    """A version lacks something; `reasons` lists everything that it lacks."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("\n".join(("Approval can't be asked for yet:", *reasons)))
        self.reasons = reasons


@dataclass(frozen=True)
class SubmitDesign:
    design_id: int
    row_version: int
    decide_by: date | None = None


@dataclass(frozen=True)
class SendBackDesign:
    design_id: int
    row_version: int
    comment: str

    def __post_init__(self) -> None:
        if not self.comment.strip():
            raise Invalid("Say what has to change: the author only has your comment to go by.")


@dataclass(frozen=True)
class WithdrawDesign:
    design_id: int
    row_version: int


def submit_design(work: Work, request: SubmitDesign) -> DesignSubmitted:
    """Ask somebody else to approve a version.

    :raises NotReady: with everything that it still lacks
    :raises Conflict: somebody else changed it since the requester looked
    """
    got = moved_design(work, SUBMIT, request.design_id, request.row_version)
    check_ready(sheet(work, got.design.id))
    if request.decide_by is not None and request.decide_by < work.now.date():
        raise Invalid(f"The decision is wanted by {saying.day(request.decide_by)}, which is over.")

    got.design.status = SUBMIT.target
    got.design.submitted_at = work.now
    got.design.decide_by = request.decide_by
    got.design.comment = None
    work.session.flush()

    fact = DesignSubmitted(*facts_of(got), decide_by=request.decide_by)
    work.record(fact)
    return fact


def send_back_design(work: Work, request: SendBackDesign) -> DesignSentBack:
    """Ask for changes before a version can be approved."""
    got = moved_design(work, SEND_BACK, request.design_id, request.row_version)

    got.design.status = SEND_BACK.target
    got.design.decided_at = work.now
    got.design.comment = request.comment.strip()
    work.session.flush()

    fact = DesignSentBack(*facts_of(got), comment=request.comment.strip())
    work.record(fact)
    return fact


def withdraw_design(work: Work, request: WithdrawDesign) -> DesignWithdrawn:
    """Give a version up before it was approved."""
    got = moved_design(work, WITHDRAW, request.design_id, request.row_version)

    got.design.status = WITHDRAW.target
    work.session.flush()

    fact = DesignWithdrawn(*facts_of(got))
    work.record(fact)
    return fact


def moved_design(work: Work, move: Move[DesignStatus], design_id: int, row_version: int) -> Held:
    """Return a version that the actor may move like this, as the requester saw it."""
    work.authorize_move(move)
    got = held(work, design_id, row_version)
    if got.design.status not in move.sources:
        raise Invalid(
            f"Version {got.design.version} of “{got.campaign.name}” is {got.design.status}:"
            f" {move.verb} is not possible."
        )
    return got


def check_ready(design: DesignSheet) -> None:
    """Refuse a version that lacks something.

    :raises NotReady: with everything that it lacks
    """
    if design.missing:
        raise NotReady(design.missing)


def facts_of(got: Held) -> tuple[int, str, int, int, int]:
    """Return what every event of a version begins with."""
    design = got.design
    return got.campaign.id, got.campaign.code, design.id, design.version, design.row_version
