"""Customers from a file: told apart truly, written whole, undone on request."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.customers.model import Attribute, Consent, Customer, CustomerState, Holding
from core.customers.queries.checking import state_differences
from core.customers.rules import AttributeType, Medium, Origin
from core.intake.actions.reverting import Revert, revert
from core.intake.actions.taking import RowsRejected
from core.intake.model import IntakeRow
from core.intake.queries import imports
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.windows import Window
from tests import world as bank
from tests.conftest import NOW
from tests.making.files import CUSTOMERS, HEADER, Importing, contents

NEW = HEADER + "N1,Nora New,B1,10.50,smith\nN2,Otto New,B2,-3,\n"


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


def customer(engine, number):
    with Session(engine) as session:
        row = session.execute(
            select(Customer, CustomerState)
            .join(CustomerState, CustomerState.customer_id == Customer.id)
            .where(Customer.customer_no == number)
        ).one_or_none()
        return None if row is None else tuple(row)


def counts(fact):
    return fact.created, fact.updated, fact.unchanged, fact.rejected


class TestTakingIn:
    def test_creates_customers_with_their_state_and_attributes(self, files, engine):
        assert counts(files.take(NEW)) == (2, 0, 0, 0)

        wide, state = customer(engine, "N1")
        assert (wide.name, wide.attributes) == ("Nora New", {"job": "smith"})
        assert (state.branch_id, str(state.balance), state.is_active) == (bank.NORTH, "10.5", True)
        assert customer(engine, "N2")[0].attributes == {}

    def test_twice_leaves_everything_as_it_is(self, files, engine):
        files.take(NEW)
        before = contents(engine, without=("intake", "journal_entry", "journal_subject"))

        assert counts(files.take(NEW)) == (0, 0, 2, 0)
        assert contents(engine, without=("intake", "journal_entry", "journal_subject")) == before

    @pytest.mark.parametrize(
        ("line", "change"),
        [
            ("N1,Nora Newer,B1,10.50,smith", ("name", "Nora Newer")),
            ("N1,Nora New,B2,10.50,smith", ("branch_id", bank.SOUTH)),
            ("N1,Nora New,B1,,smith", ("balance", None)),
            ("N1,Nora New,B1,10.50,", ("attributes", {})),
            ("N1,Nora New,B1,10.50,baker", ("attributes", {"job": "baker"})),
        ],
    )
    def test_updates_only_what_differs(self, files, engine, line, change):
        files.take(NEW)
        fact = files.take(f"{HEADER}{line}\nN2,Otto New,B2,-3,\n")

        assert counts(fact) == (0, 1, 1, 0)
        name, value = change
        wide, state = customer(engine, "N1")
        assert getattr(wide if hasattr(wide, name) else state, name) == value

    def test_leaves_alone_what_the_mapping_does_not_bring(self, files, engine):
        files.take(NEW)
        mapping = 'source = "x"\n[fields]\ncustomer_no = "no"\nemail = "mail"\n'

        assert counts(files.take("no,mail\nN1,n@example.org\n", mapping)) == (0, 1, 0, 0)
        wide, state = customer(engine, "N1")
        assert (wide.name, wide.email, state.branch_id) == ("Nora New", "n@example.org", bank.NORTH)

    def test_a_dry_run_gives_the_same_numbers_and_writes_nothing(self, files, engine):
        files.take(NEW)
        text = HEADER + "N1,Nora Newer,B1,1,x\nN2,Otto New,B2,-3,\nN3,Pia New,B1,1,x\nN4,P,B9,1,x\n"
        before = contents(engine)

        verdict = files.attempt(text)
        assert contents(engine) == before
        rejected = list(files.rejected)

        assert counts(verdict) == counts(files.take(text, keep_good_rows=True)) == (1, 1, 1, 1)
        assert rejected == files.rejected

    def test_takes_nothing_while_a_row_is_rejected(self, files, engine):
        before = contents(engine)
        with pytest.raises(RowsRejected, match=r"1 row is rejected.*Row 2, branch “B9”"):
            files.take(HEADER + "N1,Nora New,B1,1,x\nN2,Otto New,B9,1,x\n")

        assert contents(engine) == before
        [rejection] = files.rejected
        assert (rejection.row, rejection.field) == (2, "branch")
        assert rejection.reason == "there is no branch B9"

    @pytest.mark.parametrize(
        ("line", "field", "reason"),
        [
            ("N1,Again,B1,1,x", "customer_no", "stands in the file twice, first in row 1"),
            (",Nameless,B1,1,x", "customer_no", "is empty"),
            ("N9,,B1,1,x", "name", "a new customer needs a name"),
            ("N9,Nine,,1,x", "branch", "a new customer needs a branch"),
            ("N9,Nine,B1,much,x", "balance", "isn't an amount of money"),
            ("N9,Nine,B1", "row", "has 3 columns where the header has 5"),
            ("N9,Nine,B1,1,x,y", "row", "has 6 columns where the header has 5"),
            ("N9,=1+1,B1,1,x", "name", "begins like a spreadsheet formula"),
        ],
    )
    def test_rejects_a_row_with_its_reason(self, files, engine, line, field, reason):
        fact = files.take(f"{HEADER}N1,Nora New,B1,1,x\n{line}\n", keep_good_rows=True)

        assert counts(fact) == (1, 0, 0, 1)
        [rejection] = files.rejected
        assert (rejection.row, rejection.field) == (2, field)
        assert rejection.reason.startswith(reason)
        assert customer(engine, "N9") is None

    def test_keeps_a_formula_as_text_where_it_is_meant(self, files, engine):
        mapping = CUSTOMERS.replace("[fields]", '[file]\nformulas = "keep"\n[fields]', 1)
        files.take(HEADER + "N1,=cmd|' /C calc'!A0,B1,1,x\n", mapping)

        assert customer(engine, "N1")[0].name == "=cmd|' /C calc'!A0"

    def test_is_in_the_journal_and_in_the_list_of_imports(self, files, engine, ask, world):
        fact = files.take(NEW)

        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "intake.applied")).one()
            assert entry.actor_id == world.ada.person_id
            assert (entry.facts["created"], entry.facts["file_name"]) == (2, "file.csv")
        [row] = ask(world.ada, imports, window=Window()).rows
        assert (row.id, row.source, row.by) == (fact.intake_id, "the old system", "Ada Example")

    def test_needs_the_right_and_the_whole_bank(self, files, engine, world):
        for somebody in (world.mia, replace(world.ada, scope=Scope(unit_ids=(bank.NORTH,)))):
            with pytest.raises(NotAllowed):
                Importing(engine, somebody, files.folder).take(NEW)
        assert customer(engine, "N1") is None


class TestWords:
    def test_creates_units_below_their_parents(self, files, engine):
        units = """
[[units]]
kind = "region"
code = "R9"
name = "Far"
[[units]]
kind = "branch"
code = "B9"
name = "Far branch"
parent = "R9"
"""
        assert counts(files.take(HEADER + "N1,Nora,B9,1,x\n", CUSTOMERS + units)) == (1, 0, 0, 0)
        assert customer(engine, "N1")[1].branch_id > bank.CENTRE

        with pytest.raises(Invalid, match="R8, which isn't there"):
            files.take(
                HEADER + "N1,N,B1,1,x\n",
                CUSTOMERS + units.replace('parent = "R9"', 'parent = "R8"').replace('"B9"', '"B8"'),
            )

    def test_remembers_the_type_and_origin_of_an_attribute(self, files, engine):
        files.take(NEW, CUSTOMERS + 'age = { constant = 40, type = "number" }\n')

        with Session(engine) as session:
            age = session.get_one(Attribute, "age")
            assert (age.type, age.origin) == (AttributeType.NUMBER, Origin.SYNTHETIC)
            assert session.get_one(Attribute, "job").origin is Origin.SOURCE
        with pytest.raises(Invalid, match="job is a text already and can't be a number"):
            files.take(NEW, CUSTOMERS.replace('type = "text"', 'type = "number"'))

    def test_takes_columns_without_a_mapping_as_attributes_of_a_fitting_type(self, files, engine):
        mapping = CUSTOMERS.replace("[fields]", '[file]\nunmapped = "attributes"\n[fields]', 1)
        header = HEADER.strip() + ",kids,since,vip,note\n"
        files.take(
            f"{header}N1,Nora,B1,1,x,2,2024-02-29,yes,2\nN2,Otto,B1,1,x,,,no,some\n", mapping
        )

        assert customer(engine, "N1")[0].attributes == {
            "job": "x",
            "kids": 2.0,
            "since": "2024-02-29",
            "vip": True,
            "note": "2",
        }
        assert customer(engine, "N2")[0].attributes == {"job": "x", "vip": False, "note": "some"}

    def test_consents_are_given_and_taken(self, files, engine, ask):
        mapping = CUSTOMERS + '[consents]\nphone = "ok"\nemail = { constant = true }\n'
        header = HEADER.strip() + ",ok\n"
        both, one = Medium.PHONE.bit | Medium.EMAIL.bit, Medium.EMAIL.bit
        files.take(f"{header}N1,Nora,B1,1,x,yes\nN2,Otto,B1,1,x,no\n", mapping)
        assert [customer(engine, n)[1].consents for n in ("N1", "N2")] == [both, one]

        changed = f"{header}N1,Nora,B1,1,x,no\nN2,Otto,B1,1,x,\n"
        assert counts(files.take(changed, mapping)) == (0, 1, 1, 0)
        assert [customer(engine, n)[1].consents for n in ("N1", "N2")] == [one, one]
        with Session(engine) as session:
            origins = session.execute(
                select(Consent.medium, Consent.origin).where(Consent.customer_id > 15)
            ).all()
        assert set(origins) == {(Medium.PHONE, Origin.SOURCE), (Medium.EMAIL, Origin.SYNTHETIC)}
        assert ask(SYSTEM, state_differences).total == 0


class TestReverting:
    def undo(self, do, actor, number):
        return do(actor, revert, Revert(number))

    def test_an_import_into_nothing_leaves_nothing(self, files, engine, do, world):
        without = ("intake", "intake_row", "journal_entry", "journal_subject", "outbox")
        before = contents(engine, without=without)
        units = '[[units]]\nkind = "branch"\ncode = "B9"\nname = "Far"\n'
        units = f"[consents]\nphone = {{ constant = true }}\n{units}"
        fact = files.take(HEADER + "N1,Nora,B9,1,x\n", CUSTOMERS + units)

        reversal = self.undo(do, world.ada, fact.intake_id)

        assert (reversal.fact.deleted, reversal.kept) == (1, ())
        assert contents(engine, without=without) == before

    def test_gives_back_what_was_before(self, files, engine, do, world):
        mapping = CUSTOMERS + '[consents]\nphone = "ok"\n'
        header = HEADER.strip() + ",ok\n"
        files.take(f"{header}N1,Nora,B1,1.25,smith,yes\n", mapping)
        without = ("intake", "intake_row", "journal_entry", "journal_subject", "consent")
        before = contents(engine, without=without)
        fact = files.take(f"{header}N1,Norma,B2,,,no\n", mapping)

        reversal = self.undo(do, world.ada, fact.intake_id)

        assert (reversal.fact.restored, reversal.fact.kept) == (1, 0)
        assert contents(engine, without=without) == before

    def test_leaves_alone_what_changed_since(self, files, engine, do, world):
        fact = files.take(NEW)
        with Session(engine) as session, session.begin():
            session.execute(
                update(Customer).where(Customer.customer_no == "N1").values(name="Nora Else")
            )

        reversal = self.undo(do, world.ada, fact.intake_id)

        [kept] = reversal.kept
        assert (kept.number, kept.reason) == ("N1", "changed since")
        assert customer(engine, "N1")[0].name == "Nora Else"
        assert customer(engine, "N2") is None

    def test_leaves_alone_who_holds_something_by_now(self, files, engine, do, world):
        fact = files.take(NEW)
        with Session(engine) as session, session.begin():
            session.add(
                Holding(
                    agreement_no="late",
                    customer_id=customer(engine, "N2")[0].id,
                    product_id=bank.SAVINGS,
                )
            )

        reversal = self.undo(do, world.ada, fact.intake_id)

        assert [(one.number, one.reason) for one in reversal.kept] == [
            ("N2", "is used by a holding")
        ]
        assert customer(engine, "N1") is None

    def test_is_noted_and_done_once_only(self, files, engine, do, world, ask):
        fact = files.take(NEW)
        self.undo(do, world.ada, fact.intake_id)

        with pytest.raises(Conflict, match="was undone on 2 Mar 2026 already"):
            self.undo(do, world.ada, fact.intake_id)
        with pytest.raises(NotFound):
            self.undo(do, world.ada, 99)
        with pytest.raises(NotAllowed):
            self.undo(do, world.mia, fact.intake_id)
        [row] = ask(world.ada, imports, window=Window()).rows
        assert (row.reverted_at, row.kept) == (NOW, 0)
        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "intake.reverted")).one()
            assert entry.facts["deleted"] == 2

    def test_only_touched_records_are_remembered(self, files, engine):
        files.take(NEW)
        files.take(NEW)
        with Session(engine) as session:
            assert len(session.scalars(select(IntakeRow)).all()) == 2
