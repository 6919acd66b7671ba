"""What customers were contacted for and when, and a judgement of it by hand."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from sqlalchemy import delete, update

from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import ContactOverride
from core.campaigns.rules import ActivityType, ContactTerms
from core.customers.model import CustomerState
from core.runs.rules import Hold
from core.segments.model import SegmentMember
from core.segments.rules import SegmentKind
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import launched_run

MOST = 4  # sales contacts of one customer; one more may come with an import
FOREVER = 10**6


@dataclass(frozen=True)
class Past:
    """Days since sales contacts, an administrative one, one of an import, and a refusal."""

    sales: tuple[int, ...]
    administrative: int | None
    imported: int | None
    refused: int | None
    segments: frozenset[int]  # places in the list of segments

    @property
    def last(self) -> int | None:
        known = [*self.sales, self.administrative, self.imported]
        return min((days for days in known if days is not None), default=None)

    def counted(self, period: int) -> list[int]:
        """Return the days since each contact that counts, the latest first."""
        ours = [days for days in (*self.sales, self.administrative) if days is not None]
        is_last = self.imported is not None and self.imported < min(ours, default=FOREVER)
        known = [*self.sales, *([self.imported] if is_last else [])]
        return sorted(days for days in known if days < period)


@dataclass(frozen=True)
class Judged:
    """What holds a customer, for how many days to come, and how many contacts are counted."""

    reason: Hold | None
    days: int = 0
    contacts: int = 0


some_days = st.one_of(st.none(), st.integers(1, 120))
pasts = st.builds(
    Past,
    sales=st.lists(st.integers(1, 120), max_size=MOST, unique=True).map(tuple),
    administrative=some_days,
    imported=some_days,
    refused=some_days,
    segments=st.frozensets(st.integers(0, 1)),
)


def terms(least: int) -> st.SearchStrategy[ContactTerms]:
    """Draw terms that allow at least so many contacts."""
    return st.builds(ContactTerms, st.integers(least, 5), st.integers(1, 120), st.integers(0, 120))


def judged(past: Past, bank: ContactTerms, own: list[ContactTerms | None]) -> Judged:
    """Say by hand what the statements say: any of the terms of the customer's segments holds."""
    mine = [own[place] for place in past.segments if own[place] is not None] or [bank]
    ends, contacts = [], []
    for each in mine:
        counted = past.counted(each.period_days)
        if not each.most_contacts:
            ends.append(FOREVER)
            contacts.append(0)
        elif len(counted) >= each.most_contacts:
            ends.append(each.period_days - counted[each.most_contacts - 1])
            contacts.append(len(counted))
    quiet = 0 if past.refused is None else max(e.quiet_days for e in mine) - past.refused
    if ends and max(ends) >= quiet:
        return Judged(Hold.CONTACT_CAP, max(ends), max(contacts))
    return Judged(Hold.QUIET_PERIOD, quiet, max(contacts, default=0)) if quiet > 0 else Judged(None)


def prepare(session, customers):
    """Insert work that past contacts can be written on; return two segments without members."""
    types = [ActivityType.SALES] * MOST + [ActivityType.ADMINISTRATIVE]
    audience = segment(session, "audience")
    for number, type_ in enumerate(types):
        stages = [{"activity_type": type_}]
        design = {"code": f"PAST-{number}", "segment_id": audience, "stages": stages}
        held = dict.fromkeys(customers, 3)
        launched_run(session, customers, held=held, design=design, code=f"PAST-{number}")
    done = {"status": Status.COMPLETED, "is_completed": True, "closed_at": NOW}
    session.execute(update(Activity).values(**done))
    session.execute(update(CustomerState).values(pending=0))
    return [
        segment(session, code, kind=SegmentKind.STATIC, rule=None) for code in ("few", "others")
    ]


def remember(session, segments, pasts_of):
    """Write the past of each customer, and who is in which segment."""
    session.execute(delete(SegmentMember))
    session.execute(delete(ContactOverride))
    session.execute(update(Activity).values(contacted_at=None))
    runs = {
        (row.customer_id, row.run_id): row.id
        for row in session.query(Activity.id, Activity.customer_id, Activity.run_id)
    }
    numbers = sorted({run_id for _, run_id in runs})
    for customer_id, past in pasts_of.items():
        days = [*past.sales, *[None] * (MOST - len(past.sales)), past.administrative]
        for run_id, ago in zip(numbers, days, strict=True):
            if ago is not None:
                session.execute(
                    update(Activity)
                    .where(Activity.id == runs[customer_id, run_id])
                    .values(contacted_at=NOW - timedelta(days=ago))
                )
        session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id == customer_id)
            .values(last_contact_at=_ago(past.last), last_refusal_at=_ago(past.refused))
        )
        session.add_all(
            SegmentMember(segment_id=segments[place], customer_id=customer_id)
            for place in past.segments
        )
    session.flush()


def _ago(days):
    return None if days is None else NOW - timedelta(days=days)
