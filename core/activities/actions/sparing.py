"""Taking other campaigns' work off the customers whom a launch holds out for the same product."""

from sqlalchemy import select

from core.activities.actions.aborting import Ended, abort, hold_pending, withdraw
from core.activities.events import LeftAloneWorkEnded
from core.activities.guarding import sells
from core.activities.model import Activity, Message
from core.activities.scope import pending
from core.campaigns.model import Design
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation, RunStatus
from core.work import Work

_MAY_HAVE_WORK = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)


def spare_control(work: Work, run: Run) -> Ended:
    """End less urgent sales work about the product with the control group of a run.

    More urgent campaigns keep their customers: the launch has left these to them, of both arms
    alike. Runs that are being launched at this moment are waited for, and wait.
    """
    product_id = work.session.scalar(select(Design.product_id).where(Design.id == run.design_id))
    if product_id is None or not run.control_share:
        return Ended()
    others = work.session.scalars(
        select(Run.id)
        .join(Design, Design.id == Run.design_id)
        .where(Run.id != run.id, Run.status.in_(_MAY_HAVE_WORK), Design.product_id == product_id)
        .order_by(Run.id)
        .with_for_update(of=Run, read=True)
    ).all()
    if not others:
        return Ended()
    control = select(Candidate.customer_id).where(
        Candidate.run_id == run.id,
        Candidate.arm == CONTROL_ARM,
        Candidate.confirmation != Confirmation.REJECTED.literal,
    )
    theirs = Activity.run_id.in_(others) & Activity.customer_id.in_(control) & sells(Activity)
    ended = Ended()
    if work.session.scalar(select(Activity.id).where(theirs, pending()).limit(1)) is not None:
        hold_pending(work, control)
        batch = abort(work, theirs)
        ended = Ended(batch.moved, batch_id=batch.id)
        work.record(LeftAloneWorkEnded(batch.id, moved=batch.moved, refused=0))
    told = Message.run_id.in_(others) & Message.customer_id.in_(control) & sells(Message)
    return Ended(ended.aborted, withdraw(work, told), ended.batch_id)
