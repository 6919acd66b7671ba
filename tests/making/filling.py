"""Random banks written into a database whose words they use."""

from datetime import timedelta

from sqlalchemy import delete, insert, select

from core.customers.model import Attribute, Consent, Customer, CustomerState, Holding, Indicator
from core.customers.rules import AttributeType, CustomerKind, IndicatorKind, Medium, Origin
from core.customers.state import refresh_state
from core.segments.model import Segment, SegmentMember
from core.segments.rules import SegmentKind
from tests.conftest import NOW
from tests.making.banks import ATTRIBUTES, NESTED, PRODUCTS

FIRST_ID = 1_000
BEFORE = NOW - timedelta(days=9)
LISTED, NESTING = 900, 901  # the list and the segment that random rules refer to


def clear(session):
    """Leave the words of the small bank, and those of random rules, but none of its customers."""
    for table in (Consent, Holding, CustomerState):
        session.execute(delete(table))
    for name, kind in ATTRIBUTES.items():
        session.add(
            Attribute(name=name, label=name, type=AttributeType(kind), origin=Origin.SYNTHETIC)
        )
    common = {"version": 1, "changed_at": NOW, "description": "", "is_retired": False}
    session.execute(
        insert(Segment),
        [
            {"id": LISTED, "code": "listed", "name": "Listed", "rule": None, **common}
            | {"kind": SegmentKind.STATIC},
            {"id": NESTING, "code": "nested", "name": "Nested", "rule": NESTED, **common}
            | {"kind": SegmentKind.DYNAMIC},
        ],
    )
    session.flush()


def keep_segments(session, wanted):
    """Insert a dynamic segment for each rule; returns their ids in order."""
    first = NESTING + 1
    rows = [
        Segment(
            id=first + place,
            code=f"s{place}",
            name=f"Segment {place}",
            kind=SegmentKind.DYNAMIC,
            rule=rule,
            changed_at=NOW,
        )
        for place, rule in enumerate(wanted)
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def fill(session, bank):
    """Insert the customers of a random bank; returns their ids in order."""
    for number, customer in enumerate(bank, start=FIRST_ID):
        session.add(
            Customer(
                id=number,
                customer_no=f"R{number}",
                name="Somebody",
                attributes=customer["attributes"],
                created_at=NOW,
                updated_at=NOW,
            )
        )
    session.flush()
    for number, customer in enumerate(bank, start=FIRST_ID):
        session.add(
            CustomerState(
                customer_id=number,
                branch_id=customer["branch"],
                manager_id=customer["manager"],
                kind=CustomerKind(customer["kind"]),
                is_active=customer["active"],
                # What has run out still has its bit until the row is refreshed.
                indicators=sum(
                    IndicatorKind(mark).bit for mark in customer["indicators"] | customer["run_out"]
                ),
                consents=0,
                **{
                    name: customer[name]
                    for name in (
                        "do_not_contact",
                        "born_on",
                        "joined_on",
                        "balance",
                        "yearly_value",
                        "churn_risk",
                        "last_contact_at",
                        "last_refusal_at",
                        "pending",
                    )
                },
            )
        )
        session.add_all(
            Consent(customer_id=number, medium=Medium(medium), is_given=True, since=NOW)
            for medium in customer["consents"]
        )
        session.add_all(
            Indicator(customer_id=number, kind=IndicatorKind(mark), valid_from=BEFORE)
            for mark in customer["indicators"]
        )
        session.add_all(
            Indicator(
                customer_id=number, kind=IndicatorKind(mark), valid_from=BEFORE, valid_until=NOW
            )
            for mark in customer["run_out"]
        )
        for place, agreement in enumerate(customer["holdings"]):
            columns = {key: value for key, value in agreement.items() if key != "product"}
            session.add(
                Holding(
                    agreement_no=f"R{number}-{place}",
                    customer_id=number,
                    product_id=PRODUCTS[agreement["product"]],
                    **columns,
                )
            )
        if customer["listed"]:
            session.add(SegmentMember(segment_id=LISTED, customer_id=number))
    session.flush()
    kept = dict(enumerate(bank, start=FIRST_ID))
    _derive_masks(session, kept)
    return list(kept)


def _derive_masks(session, kept):
    # A random bank has no runs behind its pending work, and its indicators may have run out.
    before = {
        row.customer_id: (row.indicators, row.pending)
        for row in session.scalars(select(CustomerState).where(CustomerState.customer_id.in_(kept)))
    }
    refresh_state(session, now=NOW)
    session.expire_all()
    for row in session.scalars(select(CustomerState).where(CustomerState.customer_id.in_(kept))):
        row.indicators, row.pending = before[row.customer_id]
    session.flush()
