"""Who is held, why and until when: told by hand for every mixture of reasons."""

from dataclasses import dataclass, replace
from datetime import UTC, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from core.access import SYSTEM, Scope
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.rules import Priority
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind
from core.periods import midnight
from core.refusals import Invalid
from core.runs.model import Candidate
from core.runs.queries.held import held_by_segment, held_customers, held_summary, reserving
from core.runs.rules import Confirmation, Hold, RunStatus
from core.segments.model import SegmentMember
from core.segments.rules import SegmentKind
from core.windows import Window
from core.work import rehearsing
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import launched_run

CUSTOMERS = (1, 2, 3, 4, 11, 12)
TODAY = NOW.date()
LOW, MEDIUM, HIGH = "Campaign LOW", "Campaign MEDIUM", "Campaign HIGH"
LAST_DAYS = {LOW: 60, MEDIUM: 10, HIGH: 30}  # from today on; MEDIUM has selected only
HOLDOUT_DAYS = 40
PENDING = {"status": Status.ASSIGNED, "is_completed": False, "closed_at": None}
DONE = {"status": Status.COMPLETED, "is_completed": True, "closed_at": NOW}


@dataclass(frozen=True)
class Told:
    """What is so of a customer: of each reason whether it holds."""

    active: bool
    forbidden: bool
    consent: bool
    distress: int | None  # days to come that the mark is valid for, behind us where negative
    refused: int | None  # days ago
    work: frozenset[str]  # campaigns with pending work
    chosen: Confirmation | None  # by the campaign that waits for its launch
    drawn: bool
    listed: bool

    @property
    def judged(self):
        """Return the reason, until when, and the campaign; None if nothing holds."""
        refused = 999 if self.refused is None else self.refused
        has = set(self.work)
        if self.chosen not in (None, Confirmation.REJECTED):
            has.add(MEDIUM)
        until_quiet = NOW.astimezone(UTC) + timedelta(days=90 - refused)  # days of 24 hours
        last = max((LAST_DAYS[each] for each in has), default=0)
        most_urgent = next((each for each in (HIGH, MEDIUM, LOW) if each in has), None)
        reasons = (
            (not self.active, None),
            (self.forbidden, (Hold.DO_NOT_CONTACT, None, None)),
            (not self.consent, (Hold.NO_CONSENT, None, None)),
            (self.distress is not None and self.distress > 0, (Hold.DISTRESS, None, None)),
            (refused < 90, (Hold.QUIET_PERIOD, until_quiet, None)),
            (bool(has), (Hold.RESERVED, _ends(last), most_urgent)),
            (self.drawn, (Hold.HOLDOUT, _ends(HOLDOUT_DAYS), None)),
        )
        return next((judged for holds, judged in reasons if holds), None)


def _ends(days):
    return midnight(TODAY + timedelta(days=days + 1), NOW.tzinfo)


usually, rarely = st.sampled_from([True] * 4 + [False]), st.sampled_from([False] * 4 + [True])
told = st.builds(
    Told,
    active=usually,
    forbidden=rarely,
    consent=usually,
    distress=st.sampled_from([None, None, None, -1, 5]),
    refused=st.sampled_from([None, None, None, 10, 100]),
    work=st.frozensets(st.sampled_from([LOW, HIGH])),
    chosen=st.sampled_from([None, *Confirmation]),
    drawn=st.booleans(),
    listed=st.booleans(),
)


@pytest.fixture
def prepared(arrange):
    """Make campaigns that may have customers, one whose selection is over, and a holdout."""

    def rows(session):
        made = {}
        for name, priority in (
            (LOW, Priority.LOW),
            (MEDIUM, Priority.MEDIUM),
            (HIGH, Priority.HIGH),
        ):
            code = name.split()[-1]
            is_waiting = name == MEDIUM
            run = launched_run(
                session,
                () if is_waiting else CUSTOMERS,
                held=None if is_waiting else dict.fromkeys(CUSTOMERS, 1),
                control=CUSTOMERS if is_waiting else (),
                design={"code": code, "campaign_columns": {"priority": priority}},
                code=code,
                status=RunStatus.SELECTED if is_waiting else RunStatus.LAUNCHED,
                ends_on=TODAY + timedelta(days=LAST_DAYS[name]),
            )
            made[name] = run.run_id
        past = {"starts_on": TODAY - timedelta(9), "ends_on": TODAY - timedelta(1)}
        design = {"code": "OVER", "campaign_columns": {"priority": Priority.HIGH}}
        status = RunStatus.SELECTED
        launched_run(
            session, (), control=CUSTOMERS, design=design, code="OVER", status=status, **past
        )
        few = segment(session, "few", kind=SegmentKind.STATIC, rule=None)
        rest = segment(session, "rest", rule={"none": [{"segment": "few"}]})
        last = TODAY + timedelta(days=HOLDOUT_DAYS)
        columns = {"share": 2_000, "key": 1, "population": 15, "created_at": NOW}
        session.add(Holdout(id=1, name="2026", starts_on=TODAY, ends_on=last, **columns))
        return made, few, rest

    return arrange(rows)


def write(session, prepared, bank_of):
    """Make of each customer what is told."""
    runs, few, _rest = prepared
    session.execute(delete(Indicator))
    for id_, each in bank_of.items():
        is_marked = each.distress is not None
        session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id == id_)
            .values(
                is_active=each.active,
                do_not_contact=each.forbidden,
                consents=127 if each.consent else 0,
                indicators=IndicatorKind.DISTRESS.bit if is_marked else 0,
                last_refusal_at=None
                if each.refused is None
                else NOW.astimezone(UTC) - timedelta(each.refused),
            )
        )
        if is_marked:
            ends = NOW + timedelta(each.distress)
            mark = {"kind": IndicatorKind.DISTRESS, "valid_from": NOW - timedelta(9)}
            session.add(Indicator(customer_id=id_, valid_until=ends, **mark))
        for name in (LOW, HIGH):
            session.execute(
                update(Activity)
                .where(Activity.customer_id == id_, Activity.run_id == runs[name])
                .values(PENDING if name in each.work else DONE)
            )
        of_customer = (Candidate.run_id == runs[MEDIUM], Candidate.customer_id == id_)
        if each.chosen is None:
            session.execute(delete(Candidate).where(*of_customer))
        else:
            session.execute(update(Candidate).where(*of_customer).values(confirmation=each.chosen))
        if each.drawn:
            session.add(HoldoutCustomer(holdout_id=1, customer_id=id_))
        if each.listed:
            session.add(SegmentMember(segment_id=few, customer_id=id_))
    session.flush()


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(told, min_size=len(CUSTOMERS), max_size=len(CUSTOMERS)))
def test_the_first_reason_holds_until_what_holds_is_over(engine, prepared, drawn):
    bank_of = dict(zip(CUSTOMERS, drawn, strict=True))
    _runs, few, rest = prepared
    with rehearsing(engine, SYSTEM, now=NOW) as work:
        write(work.session, prepared, bank_of)
        rows = {row.id: row for row in held_customers(work).rows}
        summary, of_few = held_summary(work), held_summary(work, segment_id=few)
        segments = {each.segment_id: each for each in held_by_segment(work)}
        of_high = {
            row.id
            for campaign in reserving(work)
            if campaign.name == HIGH
            for row in held_customers(work, campaign_id=campaign.id).rows
        }
        by_reason = {each: held_customers(work, reason=each).total for each in Hold}
        north = replace(work, actor=replace(SYSTEM, scope=Scope(unit_ids=(bank.NORTH,))))
        seen_in_north = {row.id for row in held_customers(north).rows}
        counted_in_north = held_summary(north).held

    expected = {id_: each.judged for id_, each in bank_of.items() if each.judged}
    assert {id_: (row.reason, row.until, row.campaign) for id_, row in rows.items()} == expected
    last_days = {
        Hold.HOLDOUT: {TODAY + timedelta(days=HOLDOUT_DAYS)},
        Hold.RESERVED: {TODAY + timedelta(days=days) for days in LAST_DAYS.values()},
        Hold.QUIET_PERIOD: {TODAY + timedelta(days=80)},
    }
    assert all(row.last_day in last_days.get(row.reason, {None}) for row in rows.values())
    assert summary.held == len(rows) == sum(by_reason.values())
    assert {each.reason: each.customers for each in summary.reasons} == by_reason
    assert summary.customers == 15 - sum(not each.active for each in drawn)
    soon = [row.until for row in rows.values() if row.until is not None]
    assert [week.customers for week in summary.weeks] == [
        sum(NOW + timedelta(weeks=n) <= until < NOW + timedelta(weeks=n + 1) for until in soon)
        for n in range(len(summary.weeks))
    ]
    listed = {id_ for id_, each in bank_of.items() if each.listed}
    assert segments[few].held == of_few.held == len(listed & rows.keys())
    assert segments[few].held + segments[rest].held == summary.held
    assert segments[few].customers + segments[rest].customers == summary.customers
    assert of_high == {id_ for id_, judged in expected.items() if judged[2] == HIGH}
    assert seen_in_north == rows.keys() & set(bank.NORTH_CUSTOMERS)
    assert counted_in_north == len(seen_in_north)


class TestSorting:
    @pytest.fixture
    def held_now(self, arrange, prepared):
        """Hold 1 and 12 for ever, 2 by a refusal, 11 by work and 3 by the holdout."""
        free = Told(True, False, True, None, None, frozenset(), None, False, False)
        bank_of = dict.fromkeys(CUSTOMERS, free) | {
            1: replace(free, forbidden=True),
            2: replace(free, refused=10),
            3: replace(free, drawn=True),
            11: replace(free, work=frozenset({LOW})),
            12: replace(free, consent=False),
        }
        arrange(lambda session: write(session, prepared, bank_of))

    @pytest.mark.parametrize(
        ("window", "expected"),
        [
            (None, [3, 11, 2, 1, 12]),
            (Window("until", descending=True), [2, 11, 3, 1, 12]),
            (Window("customer_no"), [1, 2, 3, 11, 12]),
            (Window("customer_no", descending=True), [12, 11, 3, 2, 1]),
            (Window("branch"), [1, 2, 3, 11, 12]),
            (Window("branch", descending=True), [11, 12, 1, 2, 3]),
            (Window("contacts"), [1, 2, 3, 11, 12]),
            (Window("until", first=1, size=2), [11, 2]),
            (Window("until", first=9), []),
        ],
    )
    def test_lists_by_what_was_asked(self, ask, world, held_now, window, expected):
        found = ask(world.mia, held_customers, window=window)
        assert [row.id for row in found.rows] == expected
        assert found.total == 5

    def test_refuses_another_order(self, ask, world, held_now):
        with pytest.raises(Invalid, match="can't be sorted by name; sort by until"):
            ask(world.mia, held_customers, window=Window("name"))


def test_nobody_is_held_in_a_bank_without_reasons(ask, world, arrange):
    arrange(lambda session: session.execute(delete(CustomerState)))
    found = ask(world.mia, held_summary)
    assert (found.customers, found.held) == (0, 0)
    for window in (None, Window("branch")):
        assert ask(world.mia, held_customers, window=window).rows == []
