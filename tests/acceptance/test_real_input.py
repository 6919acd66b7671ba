"""Real banks' files, imported by the mappings of the guide, give the figures that others found."""

import csv

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import CustomerState, Holding, Product
from core.customers.queries.checking import state_differences
from core.impact.queries.funnel import funnel, run_named
from core.impact.queries.runs import impact
from core.impact.rules import Reason
from core.intake.actions.taking import take_in, try_out
from core.intake.rules import IntakeKind
from core.people.model import Unit
from core.people.rules import UnitKind
from core.runs.model import Candidate
from core.segments.queries import compiled, count
from core.work import changing, rehearsing
from data.importers.meaning import read_mapping
from data.importers.reading import open_reading
from tests.conftest import NOW
from tests.making.berka import EXAMPLES, rule
from tests.making.berka import FILES as BERKA

CALLED = 45_211
pytestmark = pytest.mark.reference


@pytest.fixture
def bring(engine, reference):
    """Import a file by a mapping of the guide, and return how many rows had which effect."""

    def carry_out(kind, file, mapping, *, dry_run=False):
        meaning = read_mapping(EXAMPLES / f"{mapping}.toml", kind)
        request = open_reading(kind, reference / file, meaning).request(bank_name="The Bank")
        if dry_run:
            with rehearsing(engine, SYSTEM, now=NOW) as work:
                fact = try_out(work, request)
        else:
            with changing(engine, SYSTEM, now=NOW) as work:
                fact = take_in(work, request)
        return fact.created, fact.updated, fact.unchanged, fact.rejected

    return carry_out


def table(reference, name):
    with (reference / "reference" / name).open() as file:
        return list(csv.DictReader(file))


def candidates_by_reference(reference):
    return {
        row["selection_id"]: (int(row["candidates"]), row["outcome_yes"])
        for row in table(reference, "reference_candidate_selection.csv")
    }


def said_yes(view, *, rule):
    """Count the customers whom a rule means and who have the outcome of the campaign."""
    return view.session.scalar(
        select(func.count())
        .select_from(CustomerState)
        .join(Candidate, Candidate.customer_id == CustomerState.customer_id)
        .where(compiled(view, rule), Candidate.outcome_at.is_not(None))
    )


def test_berka_clients_become_customers_of_77_branches(bring, reference, engine, ask):
    for kind, file, mapping, rows in BERKA:
        path = f"berka/{file}.asc.gz"
        assert bring(kind, path, mapping, dry_run=True) == (rows, 0, 0, 0)
        assert bring(kind, path, mapping) == (rows, 0, 0, 0)
        assert bring(kind, path, mapping) == (0, 0, rows, 0)

    told = table(reference, "reference_berka.csv")
    by_region = {r["key"]: int(r["value"]) for r in told if r["measure"] == "rows_by_region"}
    with Session(engine) as session:
        brought = CustomerState.branch_id.in_(select(Unit.id).where(Unit.code.startswith("D")))
        branches = select(func.count(CustomerState.branch_id.distinct())).where(brought)
        assert session.scalar(branches) == 77
        parent = Unit.__table__.alias("parent")
        accounts = session.execute(
            select(parent.c.name, func.count())
            .select_from(Holding)
            .join(Product, Product.id == Holding.product_id)
            .join(CustomerState, CustomerState.customer_id == Holding.customer_id)
            .join(Unit, Unit.id == CustomerState.branch_id)
            .join(parent, parent.c.id == Unit.parent_id)
            .where(Product.code == "current-account")
            .group_by(parent.c.name)
        )
        assert dict(accounts.all()) == by_region
        assert session.scalar(select(func.count()).where(Unit.kind == UnitKind.REGION)) == 8 + 1
        held = session.execute(
            select(Product.code, func.count(), func.sum(Holding.balance))
            .join(Product, Product.id == Holding.product_id)
            .group_by(Product.code)
        )
        totals = {code: (number, amount) for code, number, amount in held}
    amounts = {r["key"]: float(r["value"]) for r in told if r["measure"] == "amount_by_k_symbol"}
    assert totals["household-order"][0] == 3_502
    assert float(totals["insurance"][1]) == amounts["POJISTNE"]
    assert [totals[f"card-{type_}"][0] for type_ in ("classic", "junior", "gold")] == [659, 145, 88]
    assert ask(SYSTEM, state_differences).total == 0

    for selection in ("B1", "B3", "B4"):
        expected, _ = candidates_by_reference(reference)[selection]
        assert ask(SYSTEM, count, rule=rule(selection)) == expected
    owners = {"attribute": "role", "is": "=", "value": "owner"}
    assert ask(SYSTEM, count, rule=owners) == 4_500
    for sex, number in (("M", 2_724), ("F", 2_645)):
        assert ask(SYSTEM, count, rule={"attribute": "sex", "is": "=", "value": sex}) == number


def test_the_telephone_campaign_is_counted_as_published(bring, reference, engine, ask):
    file = "uci_bank/bank-full.csv.gz"
    assert bring(IntakeKind.CUSTOMERS, file, "bank-full-customers") == (CALLED, 0, 0, 0)
    assert bring(IntakeKind.RESULTS, file, "bank-full-results") == (CALLED, 0, 0, 0)
    assert bring(IntakeKind.RESULTS, file, "bank-full-results", dry_run=True) == (0, 0, CALLED, 0)

    run_id = ask(SYSTEM, run_named, run="UCI-TERM-DEPOSIT")
    [everybody] = ask(SYSTEM, funnel, run_id=run_id)
    assert (everybody.tally.targeted, everybody.tally.won) == (CALLED, 5_289)

    published = table(reference, "reference_bank_full_rates.csv")
    for dimension, by in (("contact", "channel"), ("poutcome", "attribute:poutcome")):
        expected = {
            row["value"]: (int(row["n"]), int(row["yes"]), float(row["rate"]))
            for row in published
            if row["dimension"] == dimension
        }
        rows = ask(SYSTEM, funnel, run_id=run_id, by=[by])
        assert {row.labels[0] for row in rows} == set(expected)
        for row in rows:
            n, yes, rate = expected[row.labels[0]]
            assert (row.tally.targeted, row.tally.outcomes) == (n, yes)
            assert row.tally.outcomes / row.tally.targeted == pytest.approx(rate, abs=5e-7)

    measured = ask(SYSTEM, impact, run_id=run_id)
    assert measured.control is None
    assert measured.report.refused is Reason.NO_CONTROL
    assert measured.report.comparisons == ()

    for selection in ("U1", "U3", "U5", "U7"):
        customers, yes = candidates_by_reference(reference)[selection]
        assert ask(SYSTEM, count, rule=rule(selection)) == customers
        assert ask(SYSTEM, said_yes, rule=rule(selection)) == int(yes)

    with Session(engine) as session:
        days = session.execute(
            select(func.min(Candidate.confirmed_at), func.max(Candidate.confirmed_at))
        ).one()
    assert [f"{day:%Y-%m-%d}" for day in days] == ["2008-05-05", "2010-11-17"]
