"""What a design would say to some of those whom it would reach, before anybody is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.access import Permission
from core.campaigns.queries.designs import sheet
from core.campaigns.rendering import rendered
from core.campaigns.waterfall import CANDIDATE, audience, first_reason, rules_of
from core.customers.model import Customer, CustomerState
from core.customers.queries.sight import as_seen, plainly_seen
from core.people.model import Person, Unit
from core.people.queries import inside
from core.segments.queries import known_words
from core.work import Reader

SAMPLE = 10
# Customers who follow each other in the list are often of one branch: this takes them apart.
_SPREAD, _PLACES = 7_919, 100_003
# How far to look for those who fit: rules cost more than places do, and of many customers few
# places are enough.
_FIRST = (_PLACES // 200, _PLACES // 10, _PLACES)


@dataclass(frozen=True)
class Said:
    """One stage's content as a customer would read or hear it."""

    position: int
    stage: str
    subject: str
    body: str


@dataclass(frozen=True)
class SampleCustomer:
    """A customer whom the design would reach, as the asker may see it, and all that is said.

    Number and name are masked for who may not see them, and None for who never does.
    """

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    person: str | None
    stages: tuple[Said, ...]


def sample(view: Reader, *, design_id: int) -> list[SampleCustomer]:
    """Render the stages for ten customers whom the version would reach today; always the same ten.

    They are of the campaign's unit and the asker's own. Each stands for those who fit; who gets
    which stage in the end, its own conditions decide.

    :raises NotFound: there is no such version in scope
    :raises Invalid: it has no audience, or one that can't be selected
    """
    view.authorize(Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS)
    known = known_words(view)
    design = sheet(view, design_id, known=known)
    wanted = audience(view, design_id)
    fits = first_reason(rules_of(view, wanted, known=known, of_many=False)) == CANDIDATE
    manager = select(Person.id, Person.name).where(Person.is_active).subquery("manager")
    state = CustomerState
    # A rule may look customers up by itself: chosen apart from what is read of those who fit.
    place = state.customer_id * _SPREAD % _PLACES
    there = select(state.customer_id).where(
        inside(view.session, wanted.campaign.unit_id, state.branch_id),
        view.actor.scope.limits(state.branch_id),
    )
    chosen: Sequence[int] = ()
    for first in _FIRST:
        # Put aside, or the rules would be worked out for everybody.
        near = there.where(place < first).cte("near").prefix_with("MATERIALIZED")
        of_them = select(state.customer_id).where(state.customer_id.in_(select(near)), fits)
        ordered = of_them.order_by(place, state.customer_id)
        chosen = view.session.scalars(ordered.limit(SAMPLE)).all()
        if len(chosen) == SAMPLE:
            break
    rows = view.session.execute(
        select(
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Unit.name,
            manager.c.name,
            plainly_seen(view),
        )
        .join(state, state.customer_id == Customer.id)
        .join(Unit, Unit.id == state.branch_id)
        .outerjoin(manager, manager.c.id == state.manager_id)
        .where(Customer.id.in_(chosen))
        .order_by(Customer.id)
    )
    found = []
    for id_, number, full_name, branch, person, plainly in rows:
        customer_no, name = as_seen(view, number, full_name, plainly=plainly)
        words = {
            "customer name": name or "•••",
            "branch": branch,
            "person": person or branch,
            "offer": design.terms.offer,
            "product": design.product or "",
        }
        said = tuple(
            Said(
                stage.position,
                stage.terms.name,
                rendered(stage.subject, words),
                rendered(stage.body, words),
            )
            for stage in design.stages
        )
        found.append(SampleCustomer(id_, customer_no, name, branch, person, said))
    return found
