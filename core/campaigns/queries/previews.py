"""Whom a rule would bring to a campaign, step by step, while it is being written."""

from dataclasses import dataclass
from itertools import accumulate
from operator import sub
from typing import Any

from sqlalchemy import SQLColumnExpression, func, select

from core.access import Permission
from core.campaigns.caps import contact_cap
from core.campaigns.lettering import as_text, counted, letter_of
from core.campaigns.waterfall import in_distress, lacks_consent
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.segments.queries import compiled, known_words
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
    state, known = CustomerState, known_words(view)
    lost: list[tuple[SQLColumnExpression[bool], int]] = [
        (~state.is_active, 1),
        (state.do_not_contact, 1),
        (in_distress(view, of_many=True), 1),
    ]
    if medium is not None:
        lost.append((lacks_consent(medium), 2))
    lost += [(holds, 3) for _, holds in contact_cap(view, of_many=True, known=known)]
    meant, text = compiled(view, rule, known=known, of_many=True), as_text(letter_of(lost))
    if view.dialect == "sqlite":  # counts everybody without a look, and finds a few by an index
        population = within(view, select(func.count())).scalar_subquery()
        statement = within(view, select(population, text), by_id=True).where(meant)
    else:  # counting everybody by itself would take as long again as a rule that means few
        statement = within(view, select(func.count(), text.filter(meant)))
    everybody, told = view.session.execute(statement).one()
    found = counted(told)
    steps = accumulate((found[1], found[2], found[3]), sub, initial=found.total())
    return AudienceSteps(everybody, *steps)
