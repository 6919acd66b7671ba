"""What the demo bank learned from its finished campaigns: put to the designs, and taken up once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.actions import TakeUp, take_up
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import EDITABLE
from core.impact.actions import SendFeedback, send_feedback
from core.impact.model import Analysis
from core.people.queries import actor_of
from core.runs.model import Run
from core.work import Work

_PROPOSED = {
    "GOLD": "Say the travel insurance first, and hold one customer in five out: nothing is proven.",
    "HOME": "Take the first month off the price, and begin with those who have just moved.",
}


def learn(session: Session, now: datetime) -> None:
    """Send what two analyses propose, and let the draft of the amended campaign take its one up."""
    designer = session.scalars(select(Campaign.owner_id).where(Campaign.code == "SAVE")).one()
    if designer is None:
        return
    actor = actor_of(session, designer)
    for code, proposal in _PROPOSED.items():
        analysis_id = session.scalar(
            select(Analysis.id)
            .join(Run, Run.id == Analysis.run_id)
            .join(Design, Design.id == Run.design_id)
            .join(Campaign, Campaign.id == Design.campaign_id)
            .where(Campaign.code == code)
            .order_by(Analysis.id.desc())
            .limit(1)
        )
        if analysis_id is None:
            continue
        work = Work(session, actor, now)
        send_feedback(work, SendFeedback(analysis_id, proposal))
        _take_up(work, code, analysis_id)


def _take_up(work: Work, code: str, analysis_id: int) -> None:
    draft = work.session.scalar(
        select(Design)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Campaign.code == code, Design.status.in_(EDITABLE), Design.version > 1)
    )
    if draft is not None:
        take_up(work, TakeUp(draft.id, draft.row_version, analysis_id))
