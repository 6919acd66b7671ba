"""The types, the transactions and the rules that every action lives under."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from threading import Barrier, Thread
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import (
    Integer,
    String,
    bindparam,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    NoResultFound,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.orm import Session, selectinload

from core.access import Permission, Scope
from core.customers.model import Customer, CustomerState, Product
from core.database import Moment, Prepared, connect, id_set
from core.journal.events import RequestRefused
from core.journal.model import Entry, Event, Notice
from core.journal.writing import journaling, words_of
from core.people.model import Person, Unit
from core.people.rules import UnitKind
from core.refusals import Conflict, NotAllowed
from core.work import Unaccountable, changing, reading, rehearsing
from tests.conftest import NOW
from tests.world import NORTH, SOUTH

many = limits(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


@dataclass(frozen=True)
class Renamed(Event):
    kind: ClassVar[str] = "unit.renamed"

    unit_id: int
    name: str

    @property
    def subjects(self):
        return (f"unit:{self.unit_id}",)

    @property
    def notices(self):
        return (Notice("BusinessUnit/Updated", f"unit:{self.unit_id}", {"name": self.name}),)


def rename(work, name):
    work.authorize(Permission.MANAGE_PEOPLE)
    work.session.execute(update(Unit).where(Unit.id == NORTH).values(name=name))
    work.record(Renamed(NORTH, name))


def name_of(engine):
    with Session(engine) as session:
        return session.scalar(select(Unit.name).where(Unit.id == NORTH))


def entries(engine):
    with Session(engine) as session:
        return session.scalars(
            select(Entry).options(selectinload(Entry.subjects), selectinload(Entry.notices))
        ).all()


class TestTypes:
    @many
    @given(since=st.timedeltas(timedelta(days=-9_000), timedelta(days=25_000)), zone=st.timezones())
    def test_a_moment_comes_back_as_it_was(self, engine, since, zone):
        moment = (NOW + since).astimezone(zone)
        with Session(engine) as session:
            session.execute(update(Customer).where(Customer.id == 1).values(updated_at=moment))
            assert session.scalar(select(Customer.updated_at).where(Customer.id == 1)) == moment

    def test_a_moment_needs_a_zone(self, engine):
        with Session(engine) as session, pytest.raises(StatementError, match="time zone"):
            session.execute(select(Customer).where(Customer.updated_at < datetime(2026, 1, 1)))  # noqa: DTZ001  what is refused

    def test_moments_are_compared_in_time_not_by_their_clocks(self, engine):
        early = datetime(2026, 1, 1, 23, tzinfo=timezone(timedelta(hours=14)))
        late = datetime(2026, 1, 1, 10, tzinfo=UTC)
        with Session(engine) as session:
            session.execute(update(Customer).values(updated_at=early))
            assert session.scalar(select(func.count()).where(Customer.updated_at < late)) == 15

    @many
    @given(cents=st.integers(-(10**12), 10**12))
    def test_money_is_exact_to_the_cent(self, engine, cents):
        amount = Decimal(cents) / 100
        with Session(engine) as session:
            session.execute(update(CustomerState).values(balance=amount))
            assert session.scalar(select(func.sum(CustomerState.balance))) == amount * 15

    def test_the_database_itself_refuses_a_code_that_means_nothing(self, engine):
        with Session(engine) as session, pytest.raises(IntegrityError):
            session.execute(text("UPDATE unit SET kind = 99"))

    def test_a_word_comes_back_as_a_member(self, engine):
        with Session(engine) as session:
            assert session.scalar(select(Unit.kind).where(Unit.id == NORTH)) is UnitKind.BRANCH
            assert session.scalar(select(Unit.id).where(Unit.kind == UnitKind.BANK.literal)) == 1

    def test_foreign_keys_hold(self, engine):
        with Session(engine) as session, pytest.raises(IntegrityError):
            session.execute(update(CustomerState).values(branch_id=4711))

    @pytest.mark.parametrize("count", [0, 3, 100_000])
    def test_a_set_of_ids_is_one_parameter_however_long(self, engine, count):
        with Session(engine) as session:
            chosen = select(Customer.id).where(
                Customer.id.in_(id_set(engine.dialect.name, range(1, count + 1)))
            )
            assert len(session.scalars(chosen).all()) == min(count, 15)


class TestWork:
    def test_a_change_is_committed_with_its_entry_and_notice(self, engine, world):
        with changing(engine, world.ada, now=NOW) as work:
            rename(work, "Norden")

        assert name_of(engine) == "Norden"
        [entry] = entries(engine)
        assert (entry.kind, entry.actor_id, entry.at) == ("unit.renamed", 10, NOW)
        assert entry.facts == {"unit_id": NORTH, "name": "Norden"}
        assert [subject.name for subject in entry.subjects] == [f"unit:{NORTH}"]
        assert [notice.type for notice in entry.notices] == ["BusinessUnit/Updated"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda work: work.session.add(Product(id=99, code="x", name="X")),
            lambda work: work.session.execute(insert(Product).values(id=99, code="x", name="X")),
        ],
        ids=["by object", "by statement"],
    )
    def test_a_change_without_permission_and_trace_is_undone(self, engine, world, change):
        with pytest.raises(Unaccountable), changing(engine, world.ada, now=NOW) as work:
            change(work)

        with Session(engine) as session:
            assert session.get(Product, 99) is None

    def test_a_refusal_leaves_nothing_but_its_entry(self, engine, world):
        with pytest.raises(NotAllowed, match="agent"), changing(engine, world.ann, now=NOW) as work:
            work.session.execute(update(Unit).values(name="Mine"))
            rename(work, "Mine")

        assert name_of(engine) == "North"
        [entry] = entries(engine)
        assert (entry.kind, entry.actor_id) == (RequestRefused.kind, world.ann.person_id)

    def test_a_refused_look_is_journaled_too(self, engine, world):
        with pytest.raises(NotAllowed), reading(engine, world.ann, now=NOW) as view:
            view.authorize(Permission.READ_JOURNAL)

        assert [entry.kind for entry in entries(engine)] == [RequestRefused.kind]

    def test_a_defect_leaves_no_mark(self, engine, world):
        with pytest.raises(ZeroDivisionError), changing(engine, world.ada, now=NOW) as work:
            rename(work, "Norden")
            _ = 1 / 0

        assert name_of(engine) == "North"
        assert entries(engine) == []

    def test_reading_cannot_write(self, engine, world):
        with pytest.raises(DBAPIError), reading(engine, world.ada, now=NOW) as view:
            view.session.execute(text("DELETE FROM journal_entry"))

    def test_a_stale_object_is_a_conflict(self, engine, world):
        with pytest.raises(Conflict), changing(engine, world.ada, now=NOW) as work:
            person = work.session.get_one(Person, 1)
            person.name = "Anna"
            work.session.connection().execute(text("UPDATE person SET version = 9"))

    def test_writers_wait_for_each_other_and_no_update_is_lost(self, engine, world):
        start = Barrier(8)

        def add_one():
            start.wait()
            with changing(engine, world.ada, now=NOW) as work:
                work.authorize(Permission.MANAGE_PEOPLE)
                seen = work.session.scalar(
                    select(Unit.name).where(Unit.id == SOUTH).with_for_update()
                )
                work.session.execute(update(Unit).where(Unit.id == SOUTH).values(name=f"{seen}+"))
                work.record(Renamed(SOUTH, "one more"))

        _at_once([add_one] * 8)

        with Session(engine) as session:
            assert session.scalar(select(Unit.name).where(Unit.id == SOUTH)) == "South" + "+" * 8
        assert len(entries(engine)) == 8


class TestFinishing:
    """Work that is one statement of PostgreSQL, which journals itself."""

    @pytest.fixture
    def renaming(self, engine):
        if engine.dialect.name != "postgresql":
            pytest.skip("SQLite can't change rows within a query")
        renamed = (
            update(Unit)
            .where(Unit.id == bindparam("unit", type_=Integer))
            .values(name=bindparam("name", type_=String))
            .returning(Unit.id)
        ).cte("renamed")
        parts = journaling({-(10**18): renamed.c.id}, renamed)
        return Prepared(select(renamed.c.id).add_cte(*parts))

    def finish(self, work, renaming, unit_id=NORTH):
        work.authorize(Permission.MANAGE_PEOPLE)
        words = words_of(Renamed(-(10**18), "Norden"))
        return work.finish_with(renaming, {"unit": unit_id, "name": "Norden", **words})

    def test_is_committed_and_journaled_at_once(self, engine, world, renaming):
        with changing(engine, world.ada, now=NOW) as work:
            assert self.finish(work, renaming) == (NORTH,)
            assert name_of(engine) == "Norden"

        [entry] = entries(engine)
        assert (entry.kind, entry.actor_id, entry.at) == ("unit.renamed", 10, NOW)
        assert entry.facts == {"unit_id": NORTH, "name": "Norden"}
        assert [subject.name for subject in entry.subjects] == [f"unit:{NORTH}"]
        assert [notice.subject for notice in entry.notices] == [f"unit:{NORTH}"]

    def test_journals_nothing_where_nothing_changed(self, engine, world, renaming):
        with changing(engine, world.ada, now=NOW) as work:
            assert self.finish(work, renaming, unit_id=4711) is None
        assert entries(engine) == []

    def test_is_part_of_what_was_begun_before(self, engine, world, renaming):
        with pytest.raises(ZeroDivisionError), changing(engine, world.ada, now=NOW) as work:
            work.session.execute(select(Unit.id))
            assert self.finish(work, renaming) == (NORTH,)
            _ = 1 / 0

        assert name_of(engine) == "North"
        assert entries(engine) == []

    def test_is_undone_by_a_rehearsal(self, engine, world, renaming):
        with rehearsing(engine, world.ada, now=NOW) as work:
            assert self.finish(work, renaming) == (NORTH,)
        assert name_of(engine) == "North"

    def test_can_not_be_added_to(self, engine, world, renaming):
        with pytest.raises(Unaccountable), changing(engine, world.ada, now=NOW) as work:
            self.finish(work, renaming)
            work.session.execute(update(Unit).where(Unit.id == SOUTH).values(name="Süden"))
        assert len(entries(engine)) == 1

    def test_needs_a_permission_first(self, engine, world, renaming):
        with pytest.raises(Unaccountable), changing(engine, world.ada, now=NOW) as work:
            work.finish_with(renaming, {"unit": NORTH, "name": "Norden"})
        assert name_of(engine) == "North"

    def test_leaves_the_connection_as_it_was(self, engine, world, renaming):
        with changing(engine, world.ada, now=NOW) as work:
            self.finish(work, renaming)
        with pytest.raises(ZeroDivisionError), changing(engine, world.ada, now=NOW) as work:
            rename(work, "Septentrion")
            _ = 1 / 0
        assert name_of(engine) == "Norden"


class TestScope:
    @pytest.mark.parametrize(
        ("scope", "customers"),
        [
            (Scope(bank_wide=True), 15),
            (Scope(unit_ids=(NORTH,)), 10),
            (Scope(unit_ids=(NORTH, SOUTH)), 15),
            (Scope(), 0),
        ],
    )
    def test_limits_and_holds_agree(self, engine, world, scope, customers):
        actor = replace(world.mia, scope=scope)
        with reading(engine, actor, now=NOW) as view:
            branches = view.session.scalars(
                select(CustomerState.branch_id).where(scope.limits(CustomerState.branch_id))
            ).all()
        assert len(branches) == customers
        assert all(scope.holds(branch) for branch in branches)
        assert scope.holds(NORTH) is bool(customers)


class TestConnections:
    @pytest.fixture
    def cut(self, engine, database_url):
        """Connections in the pool that the server has cut meanwhile."""
        if engine.dialect.name != "postgresql":
            pytest.skip("a file cuts nobody off")
        pooled = connect(database_url)
        held = [pooled.connect() for _ in range(3)]
        numbers = [each.scalar(text("SELECT pg_backend_pid()")) for each in held]
        for each in held:
            each.close()
        with engine.connect() as connection:
            for number in numbers:
                connection.execute(text("SELECT pg_terminate_backend(:n, 5000)"), {"n": number})
        yield pooled
        pooled.dispose()

    def test_what_was_cut_is_replaced_before_anybody_uses_it(self, cut, monkeypatch):
        monkeypatch.setattr("core.database.engine.RESTED", 0)
        for _ in range(4):
            with cut.connect() as connection:
                assert connection.scalar(text("SELECT 1")) == 1

    def test_what_was_used_this_moment_is_not_asked_first(self, cut, monkeypatch):
        monkeypatch.setattr("core.database.engine.RESTED", 3600)
        with pytest.raises(OperationalError), cut.connect() as connection:
            connection.execute(text("SELECT 1"))
        with cut.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    def test_what_was_cut_is_replaced_after_a_statement_of_its_own(self, cut, monkeypatch):
        monkeypatch.setattr("core.database.engine.RESTED", 3600)
        units = Prepared(select(func.count(Unit.id)))
        with pytest.raises(DBAPIError):
            units.committed(cut, {})
        assert units.committed(cut, {}) is not None

    def test_what_came_back_last_goes_out_first(self, engine, database_url):
        """It still has what was read in memory; the first one would have to read it again."""
        pooled = connect(database_url)
        first, last = pooled.connect(), pooled.connect()
        warm = last.connection.driver_connection
        first.close()
        last.close()
        with pooled.connect() as connection:
            assert connection.connection.driver_connection is warm
        pooled.dispose()

    def test_no_statement_is_translated_for_the_processor(self, engine):
        if engine.dialect.name != "postgresql":
            pytest.skip("SQLite never does")
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW jit")) == "off"

    def test_forty_requests_at_once_wait_for_nobody(self, engine, database_url, world):
        server, all_inside, answers = connect(database_url), Barrier(40), []

        def look():
            with reading(server, world.ada, now=NOW) as view:
                unit_id = view.session.scalar(select(Unit.id).where(Unit.id == NORTH))
                all_inside.wait(timeout=60)
                answers.append(unit_id)

        _at_once([look] * 40)
        server.dispose()

        assert answers == [NORTH] * 40

    def test_whoever_finds_all_connections_in_use_waits(self, engine, database_url, world):
        server, start = connect(database_url, connections=2), Barrier(12)

        def change():
            start.wait()
            with changing(server, world.ada, now=NOW) as work:
                rename(work, "Norden")

        _at_once([change] * 12)
        server.dispose()

        assert len(entries(engine)) == 12


class TestPrepared:
    @pytest.fixture
    def on_the_server(self, engine):
        if engine.dialect.name != "postgresql":
            pytest.skip("only PostgreSQL makes trips worth saving")

    @pytest.fixture
    def renamed(self):
        return Prepared(
            update(Unit)
            .where(Unit.id == bindparam("unit", type_=Integer))
            .values(name=bindparam("name", type_=String))
            .returning(Unit.id, bindparam("at", type_=Moment()), bindparam("n", 7, Integer))
        )

    def test_takes_and_gives_what_other_statements_do(self, engine, on_the_server):
        known = Prepared(
            select(Unit.id, bindparam("at", type_=Moment()), bindparam("n", 7, Integer))
            .where(Unit.kind == UnitKind.BRANCH, Unit.name == bindparam("name", type_=String))
            .where(Unit.name.not_like("%%x"))
        )
        with engine.connect() as connection:
            for name, unit_id in (("North", NORTH), ("South", SOUTH), ("North", NORTH)):
                values = {"at": NOW, "name": name}
                assert known.first(connection, values) == (unit_id, NOW, 7)
            assert known.first(connection, {"at": NOW, "name": "East", "n": 8}) is None
            with pytest.raises(NoResultFound):
                known.one(connection, {"at": NOW, "name": "East"})

    def test_breaks_as_other_statements_do(self, engine, on_the_server):
        twice = Prepared(update(Unit).values(id=NORTH).returning(Unit.id))
        with engine.connect() as connection, pytest.raises(IntegrityError) as broken:
            twice.first(connection, {})
        assert broken.value.orig.sqlstate == "23505"

    def test_is_committed_by_itself(self, engine, on_the_server, renamed):
        assert renamed.committed(engine, {"unit": NORTH, "at": NOW, "name": "É"}) == (NORTH, NOW, 7)
        assert renamed.committed(engine, {"unit": 4711, "at": NOW, "name": "Süden"}) is None
        assert name_of(engine) == "É"

    def test_is_named_anew_when_the_server_forgot_it(self, database_url, on_the_server, renamed):
        only = connect(database_url, connections=1)
        for name in ("Norden", "Nord", "North"):
            assert renamed.committed(only, {"unit": NORTH, "at": NOW, "name": name}) is not None
            assert name_of(only) == name
            with only.connect() as connection:
                connection.exec_driver_sql("DEALLOCATE ALL")
        only.dispose()

    def test_breaks_by_itself_as_other_statements_do(self, engine, on_the_server, renamed):
        twice = Prepared(update(Unit).values(id=NORTH).returning(Unit.id))
        nowhere = Prepared(select(Unit.id).where(text("nowhere = 1")))
        for _ in range(2):
            with pytest.raises(IntegrityError) as broken:
                twice.committed(engine, {})
            assert broken.value.orig.sqlstate == "23505"
            assert broken.value.orig.diag.constraint_name == "pk_unit"
            with pytest.raises(ProgrammingError):
                nowhere.committed(engine, {})
        assert renamed.committed(engine, {"unit": NORTH, "at": NOW, "name": "Nord"}) is not None

    def test_is_heard_by_whoever_listens_to_statements(self, engine, on_the_server):
        heard = []
        with engine.connect() as connection:
            event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
            Prepared(select(func.count(Unit.id))).one(connection, {})
        event.listen(engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
        Prepared(select(func.count(Unit.id))).committed(engine, {})
        assert [each.split()[0] for each in heard] == ["SELECT"] * 2


def _at_once(everybody):
    threads = [Thread(target=each) for each in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
