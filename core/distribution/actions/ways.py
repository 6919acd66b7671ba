"""Choosing how a branch wants its work handed out."""

from dataclasses import dataclass

from sqlalchemy import select

from core.distribution.events import BranchWaySet
from core.distribution.model import BranchWay
from core.distribution.queries.ways import SETTERS, with_people_of_their_own
from core.distribution.rules import Way
from core.people.model import Unit
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class SetBranchWay:
    """A request that a branch have its work handed out in some way.

    `version` is that of the setting that the requester saw; None where nothing was set yet.
    """

    branch_id: int
    way: Way
    version: int | None = None


def set_branch_way(work: Work, request: SetBranchWay) -> BranchWaySet:
    """Let a branch keep a pool, or have its work handed out in turn or by load.

    What waits already is handed out the next time that time passes.

    :raises NotAllowed: the requester neither leads a branch nor administers
    :raises Invalid: the branch is not the requester's, or already has this way
    :raises Conflict: the setting changed meanwhile
    """
    work.authorize(*SETTERS)

    branch = work.session.scalar(
        select(Unit).where(
            Unit.id == request.branch_id, Unit.is_active, with_people_of_their_own(work)
        )
    )
    if branch is None:
        raise Invalid("Choose a branch of your own.")
    setting = work.session.scalar(
        select(BranchWay).where(BranchWay.branch_id == branch.id).with_for_update()
    )
    if (setting.version if setting else None) != request.version:
        raise Conflict(f"How {branch.name} wants its work changed meanwhile; look again.")
    if request.way is (setting.way if setting else Way.POOL):
        raise Invalid(f"{branch.name} has its work by this way already: {request.way}.")

    if setting is None:
        work.session.add(BranchWay(branch_id=branch.id, way=request.way))
    else:
        setting.way = request.way

    fact = BranchWaySet(branch.id, request.way)
    work.record(fact)
    return fact
