"""Records come in while people work: neither loses what the other does to a customer's state."""

from threading import Thread

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from core.activities.actions.working import Cancel, cancel
from core.customers.model import Consent, CustomerState
from core.customers.rules import Medium
from core.customers.state import refresh_state
from core.database import id_set
from core.work import changing, upkeep
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of

ANN, CUSTOMER = 1, 4
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def withdraw_consent(engine):
    with upkeep(engine) as session:
        of_phone = (Consent.customer_id == CUSTOMER, Consent.medium == Medium.PHONE)
        session.execute(delete(Consent).where(*of_phone))
        refresh_state(session, now=NOW, customer_ids=id_set(engine.dialect.name, [CUSTOMER]))


def wait_until_blocked(engine, thread):
    """Return as soon as the thread waits for a lock; SQLite's writers wait from their start."""
    while engine.dialect.name == "postgresql" and thread.is_alive():
        with engine.connect() as connection:
            if connection.scalar(WAITING):
                return


def test_work_that_ends_meanwhile_is_not_counted_again(engine, world):
    [id_] = pool_of(engine, [CUSTOMER], held={CUSTOMER: ANN}).values()
    other = Thread(target=withdraw_consent, args=(engine,))

    with changing(engine, world.ann, now=NOW) as work:
        cancel(work, Cancel(id_, w.WRONG_NUMBER))
        work.session.flush()
        other.start()
        wait_until_blocked(engine, other)
    other.join()

    with Session(engine) as session:
        state = session.get_one(CustomerState, CUSTOMER)
    assert state.pending == 0
    assert not state.consents & Medium.PHONE.bit
