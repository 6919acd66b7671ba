"""Whom a rule would bring to a campaign, step by step, while it is being written."""

from dataclasses import dataclass
from itertools import accumulate
from operator import sub
from typing import Any

from sqlalchemy import and_, false, func, not_, or_, select, true

from core.access import Permission
from core.campaigns.caps import contact_cap
from core.campaigns.waterfall import in_distress, lacks_consent
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.segments.queries import compiled
from core.segments.queries.counting import within
from core.work import Reader


@dataclass(frozen=True)
class AudienceSteps:
    """How many remain, step by step; each number is part of the one before it.

    `contactable` are active, not in distress and did not ask to be left alone; `consenting`
    allow the medium; `uncapped` had not as many sales contacts as the policy allows, and no
    refusal of late.
    """

    population: int
    fitting: int
    contactable: int
    consenting: int
    uncapped: int


def audience_steps(
    view: Reader, *, rule: dict[str, Any], medium: Medium | None = None
) -> AudienceSteps:
    """Count whom a rule means and who of them is left by consent and contact caps.

    One statement over the state rows. What a campaign adds of its own (its exclusion list, the
    products it sells, other campaigns at work) is judged by its forecast.

    :raises InvalidRule: the rule can't be meant
    """
    view.authorize(Permission.SEE_SEGMENTS)
    contactable = and_(
        CustomerState.is_active, not_(CustomerState.do_not_contact), not_(in_distress(view))
    )
    allows = true() if medium is None else not_(lacks_consent(medium))
    capped = or_(false(), *(holds for _, holds in contact_cap(view, of_many=True)))
    # Who drops out at each step is counted, what keeps fewest first: nearly nobody is then asked
    # the rest. Everybody is counted apart, so that it is only asked of those whom the rule means.
    population = within(view, select(func.count())).scalar_subquery()
    statement = within(
        view,
        select(
            population,
            func.count(),
            func.count().filter(not_(contactable)),
            func.count().filter(and_(not_(allows), contactable)),
            func.count().filter(and_(capped, allows, contactable)),
        ),
        by_id=True,
    ).where(compiled(view, rule))
    everybody, fitting, *dropped = view.session.execute(statement).one()
    steps = accumulate(dropped, sub, initial=fitting)
    return AudienceSteps(everybody, *steps)
