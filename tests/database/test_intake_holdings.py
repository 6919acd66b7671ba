"""Holdings from files."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import CustomerState, Holding, Product
from core.customers.queries.checking import state_differences
from core.intake.actions.reverting import Revert, revert
from core.intake.rules import IntakeKind
from tests.making.files import Importing, contents

HOLDINGS = """
source = "the old system"
[fields]
agreement_no = "no"
customer = "who"
product = "what"
balance = { column = "amount", minimum = 0 }
opened_on = "from"
closed_on = "to"
[[products]]
code = "fund"
name = "Fund"
"""
HEADER = "no,who,what,amount,from,to\n"
UNTOUCHED = ("intake", "intake_row", "journal_entry", "journal_subject")


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


def products(engine, customer_id):
    with Session(engine) as session:
        mask = session.get_one(CustomerState, customer_id).products
        rows = session.execute(select(Product.code, Product.bit).where(Product.bit.is_not(None)))
        return {code for code, bit in rows if mask & 1 << bit}


def counts(fact):
    return fact.created, fact.updated, fact.unchanged, fact.rejected


class TestHoldings:
    def take(self, files, lines, **more):
        return files.take(HEADER + lines, HOLDINGS, IntakeKind.HOLDINGS, **more)

    def test_creates_them_with_new_products_and_the_mask_of_each_holder(self, files, engine, ask):
        fact = self.take(files, "h1,C1,fund,10,2026-01-01,\nh2,C2,savings,,2025-01-01,2026-01-01\n")

        assert counts(fact) == (2, 0, 0, 0)
        assert products(engine, 1) == {"current", "fund"}
        assert products(engine, 2) == {"current"}  # closed again
        assert ask(SYSTEM, state_differences).total == 0
        assert counts(self.take(files, "h1,C1,fund,10.00,2026-01-01,\n")) == (0, 0, 1, 0)

    def test_an_agreement_may_move_to_another_customer_and_back(self, files, engine, do, world):
        self.take(files, "h1,C1,fund,10,,\n")
        moved = self.take(files, "h1,C2,fund,10,,\n")

        assert (products(engine, 1), products(engine, 2)) == ({"current"}, {"current", "fund"})
        do(world.ada, revert, Revert(moved.intake_id))
        assert (products(engine, 1), products(engine, 2)) == ({"current", "fund"}, {"current"})

    def test_undone_it_leaves_nothing_behind(self, files, engine, do, world):
        before = contents(engine, without=UNTOUCHED)
        fact = self.take(files, "h1,C1,fund,10,2026-01-01,\n")

        assert do(world.ada, revert, Revert(fact.intake_id)).fact.deleted == 1
        assert contents(engine, without=UNTOUCHED) == before

    def test_what_changed_since_stays_with_its_product(self, files, engine, do, world):
        fact = self.take(files, "h1,C1,fund,10,,\nh2,C2,fund,10,,\n")
        with Session(engine) as session, session.begin():
            session.execute(
                update(Holding).where(Holding.agreement_no == "h1").values(status="frozen")
            )
            session.execute(update(Holding).where(Holding.agreement_no == "h2").values(balance=1))

        reversal = do(world.ada, revert, Revert(fact.intake_id))

        # The status wasn't brought by the import, so h1 is as the import left it.
        assert [(one.number, one.reason) for one in reversal.kept] == [("h2", "changed since")]
        assert products(engine, 2) == {"current", "fund"}
        assert products(engine, 1) == {"current"}

    @pytest.mark.parametrize(
        ("line", "field", "reason"),
        [
            ("h9,C99,fund,1,,", "customer", "there is no customer C99"),
            ("h9,C1,gold bar,1,,", "product", "there is no product gold bar"),
            ("h9,C1,fund,-1,,", "balance", "is below 0"),
            ("h9,C1,fund,1,2026-02-01,2026-01-01", "closed_on", "is before the day"),
            ("h9,,fund,1,,", "customer", "is empty"),
        ],
    )
    def test_rejects_a_row_with_its_reason(self, files, engine, line, field, reason):
        fact = self.take(files, f"h1,C1,fund,1,,\n{line}\n", keep_good_rows=True)

        assert counts(fact) == (1, 0, 0, 1)
        [rejection] = files.rejected
        assert (rejection.row, rejection.field) == (2, field)
        assert rejection.reason.startswith(reason)
