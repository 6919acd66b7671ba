"""A customer opts out: the work that this forbids ends at once, and nothing else does."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.opting import (
    SetConsent,
    SetDoNotContact,
    set_consent,
    set_do_not_contact,
)
from core.activities.actions.working import Cancel, cancel
from core.activities.model import Activity, Batch, Change, Message
from core.activities.queries.checks import broken_histories
from core.activities.rules import MessageStatus, Status
from core.customers.model import Consent, CustomerState
from core.customers.queries.checking import state_differences
from core.customers.rules import Medium, Origin
from core.intake.actions.reverting import Revert, revert
from core.journal.model import Entry, Outgoing
from core.refusals import Invalid, NotAllowed, NotFound
from tests import world as bank
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, pool_of
from tests.making.files import Importing

ANN, BEN = 1, 2
WITHDRAWN = "no,phone,mail,leave\n1,no,yes,no\n"
MAPPING = """
source = "the old system"
[fields]
customer_no = {{ template = "C{{no}}" }}
{fields}
"""
CONSENTS = '[consents]\nphone = "phone"\nemail = "mail"\n'
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def right(ask):
    """After each test: states, histories and raw rows agree."""
    yield
    assert ask(SYSTEM, state_differences, now=LATER).total == 0
    assert ask(SYSTEM, broken_histories) == 0


@pytest.fixture
def work(engine, right):
    """Calls with customers 1 (Ann's), 2 (nobody's) and 3 (Ben's, begun)."""
    calls = pool_of(engine, [1, 2, 3], held={1: ANN, 3: BEN})
    with Session(engine) as session, session.begin():
        begun = session.get_one(Activity, calls[3])
        begun.status = Status.IN_PROGRESS
        session.add(
            Change(
                activity_id=begun.id,
                at=NOW,
                verb="note an attempt",
                from_status=Status.ASSIGNED,
                to_status=Status.IN_PROGRESS,
                from_person_id=BEN,
                to_person_id=BEN,
                from_branch_id=bank.NORTH,
                to_branch_id=bank.NORTH,
            )
        )
    return calls


@pytest.fixture
def statuses(look):
    def by_customer(work):
        rows = {row.id: row for row in look(select(Activity))}
        return {customer: rows[id_].status for customer, id_ in work.items()}

    return by_customer


def messages(engine, customer_id, **statuses):
    """Queue a message to a customer beside the calls of the run there is."""
    with Session(engine) as session, session.begin():
        [run_id] = session.scalars(select(Activity.run_id).distinct())
        [stage_id] = session.scalars(select(Activity.stage_id).distinct())
        session.add(
            Message(
                run_id=run_id,
                stage_id=stage_id,
                customer_id=customer_id,
                channel_id=bank.CALL,
                subject="",
                body="",
                send_on=NOW.date(),
                created_at=NOW,
                **({"status": MessageStatus.QUEUED} | statuses),
            )
        )


class TestWithdrawal:
    @pytest.mark.parametrize(
        ("customer", "status", "holder"),
        [(1, Status.ASSIGNED, ANN), (2, Status.UNASSIGNED, None), (3, Status.IN_PROGRESS, BEN)],
    )
    def test_aborts_unfinished_work_with_its_history(
        self, do, world, work, look, statuses, customer, status, holder
    ):
        others = {id_: now for id_, now in statuses(work).items() if id_ != customer}
        fact = do(
            world.lea, set_consent, SetConsent(customer, Medium.PHONE, is_given=False), now=LATER
        )

        [ended] = look(select(Activity).where(Activity.id == work[customer]))
        assert (ended.status, ended.reason_id) == (Status.CANCELLED, bank.ABORTED)
        assert (ended.closed_at, ended.person_id, ended.version) == (LATER, holder, 2)
        assert {id_: now for id_, now in statuses(work).items() if id_ != customer} == others
        [change] = look(select(Change).where(Change.verb == "abort"))
        assert (change.from_status, change.from_person_id) == (status, holder)
        assert (change.actor_id, change.batch_id) == (world.lea.person_id, fact.batch_id)
        [state] = look(select(CustomerState).where(CustomerState.customer_id == customer))
        assert (state.pending, state.consents & Medium.PHONE.bit) == (0, 0)

    def test_is_journaled_and_told(self, do, world, work, look):
        fact = do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=False))

        assert (fact.aborted, fact.withdrawn) == (1, 0)
        [entry] = look(select(Entry))
        assert (entry.kind, entry.facts["aborted"]) == ("consent.changed", 1)
        [notice] = look(select(Outgoing))
        assert (notice.type, notice.payload["status"]) == ("Execution/Updated", "Cancelled")

    def test_of_another_medium_ends_nothing(self, do, world, work, look, statuses):
        before = statuses(work)
        fact = do(world.ann, set_consent, SetConsent(1, Medium.EMAIL, is_given=False))

        assert statuses(work) == before
        assert (fact.aborted, fact.batch_id) == (0, None)
        assert (look(select(Batch)), look(select(Outgoing))) == ([], [])

    def test_withdraws_queued_messages_and_leaves_sent_ones(self, do, engine, world, work, look):
        messages(engine, 1)
        messages(engine, 2)
        messages(engine, 3, status=MessageStatus.SENT)

        for customer in (1, 3):
            do(world.lea, set_consent, SetConsent(customer, Medium.PHONE, is_given=False))

        found = {row.customer_id: row.status for row in look(select(Message))}
        assert found == {
            1: MessageStatus.WITHDRAWN,
            2: MessageStatus.QUEUED,
            3: MessageStatus.SENT,
        }

    def test_leaves_closed_and_administrative_work_alone(
        self, do, engine, world, work, look, statuses
    ):
        papers = pool_of(engine, [1, 2], of=ADMINISTRATIVE, held={1: ANN})
        do(world.ann, cancel, Cancel(work[1], bank.WRONG_NUMBER))

        assert do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=False)).aborted == 0
        assert statuses(papers) == {1: Status.ASSIGNED, 2: Status.UNASSIGNED}

    def test_given_again_it_revives_nothing(self, do, world, work, look, statuses):
        do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=False))
        fact = do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=True))

        assert (statuses(work)[1], fact.aborted) == (Status.CANCELLED, 0)

    def test_a_refusal_of_what_was_never_asked_is_kept(self, do, engine, world, look):
        with Session(engine) as session, session.begin():
            session.delete(session.get_one(Consent, (1, Medium.APP)))
            session.get_one(CustomerState, 1).consents &= ~Medium.APP.bit

        do(world.ann, set_consent, SetConsent(1, Medium.APP, is_given=False), now=LATER)

        [kept] = look(select(Consent).where(Consent.customer_id == 1, Consent.medium == Medium.APP))
        assert (kept.is_given, kept.since, kept.origin) == (False, LATER, Origin.SOURCE)


class TestDoNotContact:
    def test_ends_everything_administrative_work_too(self, do, engine, world, work, look, statuses):
        papers = pool_of(engine, [1, 2], of=ADMINISTRATIVE, held={1: ANN})
        fact = do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=True))

        assert fact.aborted == 2
        assert statuses(papers) == {1: Status.CANCELLED, 2: Status.UNASSIGNED}
        assert statuses(work)[1] is Status.CANCELLED
        [state] = look(select(CustomerState).where(CustomerState.customer_id == 1))
        assert (state.do_not_contact, state.pending) == (True, 0)
        [entry] = look(select(Entry))
        assert (entry.kind, entry.facts["is_set"]) == ("do-not-contact.changed", True)

    def test_withdraws_queued_messages(self, do, engine, world, work, look):
        messages(engine, 1)
        assert do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=True)).withdrawn == 1

    def test_lifted_it_revives_nothing(self, do, world, work, statuses):
        do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=True))
        do(world.lea, set_do_not_contact, SetDoNotContact(1, is_set=False))

        assert statuses(work)[1] is Status.CANCELLED

    @pytest.mark.parametrize("stands", [True, False])
    def test_refuses_what_stands_already(self, do, world, stands):
        if stands:
            do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=True))
        with pytest.raises(Invalid, match="noted already"):
            do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=stands))


@pytest.mark.parametrize(
    ("action", "request_of"),
    [
        (set_consent, lambda id_: SetConsent(id_, Medium.PHONE, is_given=False)),
        (set_do_not_contact, lambda id_: SetDoNotContact(id_, is_set=True)),
    ],
)
class TestWhoMay:
    @pytest.mark.parametrize("who", ["ann", "ben", "lea"])
    def test_the_branch_notes_it(self, do, world, action, request_of, who):
        assert do(getattr(world, who), action, request_of(1)).customer_id == 1

    @pytest.mark.parametrize("who", ["mia", "pia", "eve", "ada", "tom"])
    def test_other_roles_do_not(self, do, world, action, request_of, who):
        with pytest.raises(NotAllowed, match="noting what customers allow"):
            do(getattr(world, who), action, request_of(1))

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_another_branch_does_not_exist(
        self, do, world, work, statuses, action, request_of, who
    ):
        before = statuses(work)
        for customer_id in (11, 99):
            with pytest.raises(NotFound):
                do(getattr(world, who), action, request_of(customer_id))
        assert statuses(work) == before


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


class TestImport:
    def test_a_withdrawal_ends_the_work_of_those_it_touches(
        self, files, engine, work, look, statuses
    ):
        messages(engine, 1)
        fact = files.take(
            "no,phone,mail\n1,no,yes\n2,yes,no\n3,yes,yes\n", MAPPING.format(fields="") + CONSENTS
        )

        assert (fact.updated, fact.aborted, fact.withdrawn) == (2, 1, 1)
        assert statuses(work) == {
            1: Status.CANCELLED,
            2: Status.UNASSIGNED,
            3: Status.IN_PROGRESS,
        }
        [change] = look(select(Change).where(Change.verb == "abort"))
        assert change.batch_id == fact.batch_id
        [entry] = look(select(Entry).where(Entry.kind == "intake.applied"))
        assert entry.facts["aborted"] == 1

    def test_do_not_contact_ends_everything(self, files, engine, work, statuses):
        papers = pool_of(engine, [2], of=ADMINISTRATIVE)
        mapping = MAPPING.format(fields='do_not_contact = "leave"')
        fact = files.take("no,leave\n1,no\n2,yes\n3,no\n", mapping)

        assert fact.aborted == 2
        assert statuses(papers) == {2: Status.CANCELLED}
        assert statuses(work)[1] is Status.ASSIGNED

    def test_a_dry_run_ends_nothing(self, files, work, statuses):
        before = statuses(work)
        files.attempt("no,phone,mail\n1,no,yes\n", MAPPING.format(fields="") + CONSENTS)
        assert statuses(work) == before

    def test_undone_it_gives_the_consent_back_and_revives_nothing(
        self, files, do, world, work, look, statuses
    ):
        fact = files.take("no,phone,mail\n1,no,yes\n", MAPPING.format(fields="") + CONSENTS)
        do(world.ada, revert, Revert(fact.intake_id))

        [state] = look(select(CustomerState).where(CustomerState.customer_id == 1))
        assert state.consents & Medium.PHONE.bit
        assert statuses(work)[1] is Status.CANCELLED

    def test_undoing_consents_ends_the_work_made_since(
        self, files, do, engine, world, right, look, statuses
    ):
        do(world.lea, set_consent, SetConsent(1, Medium.PHONE, is_given=False))
        fact = files.take("no,phone,mail\n1,yes,yes\n", MAPPING.format(fields="") + CONSENTS)
        assert (fact.updated, fact.aborted) == (1, 0)
        work = pool_of(engine, [1, 2])

        undone = do(world.ada, revert, Revert(fact.intake_id)).fact

        assert (undone.restored, undone.aborted) == (1, 1)
        assert statuses(work) == {1: Status.CANCELLED, 2: Status.UNASSIGNED}
