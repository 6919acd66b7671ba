"""What all campaigns together changed, where some customers were held out of every one of them."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Double, Select, cast, func, literal_column, or_, select

from core.access import Permission
from core.campaigns.model import Design, Holdout, HoldoutCustomer
from core.customers.model import Customer, Holding, Product
from core.impact.breaking import together
from core.impact.measuring import compare, measure
from core.impact.money import Costs, Terms, costs_of
from core.impact.queries.facts import RunFacts, facts_of_runs
from core.impact.queries.runs import arms_of
from core.impact.report import Arm, Comparison
from core.impact.rules import Grade, Reason
from core.impact.sentences import comparison_sentence
from core.impact.tally import Tally
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.settings import settings
from core.work import Reader


@dataclass(frozen=True)
class Portfolio:
    """All campaigns of a period against customers whom none of them touched.

    The outcome is a product of the campaigns, opened in the period, and its money what the
    product earns in a year. Without a `comparison` the reason is `refused`.
    """

    starts_on: date | None
    ends_on: date | None
    holdout: str | None
    runs: int
    products: int
    grade: Grade
    why: str
    comparison: Comparison | None
    refused: Reason | None = None

    @property
    def sentence(self) -> str:
        """Say the result in one sentence, or why there is none."""
        if self.comparison is None:
            return f"No total of all campaigns can be given: {self.refused}."
        return f"All campaigns together: {_lower(self.comparison.sentence)}"


def portfolio(
    view: Reader, *, starts_on: date | None = None, ends_on: date | None = None
) -> Portfolio:
    """Compare everybody with those held out of all campaigns over a period.

    Effects of single runs say nothing about their sum, since they may have had the same customers.

    :param starts_on: unless told the period is that of the newest holdout, up to today
    """
    view.authorize(Permission.SEE_IMPACT)
    if not view.actor.scope.bank_wide:
        return _refused(starts_on, ends_on, Reason.WHOLE_BANK)
    held = _holdout(view, starts_on, ends_on)
    if held is None:
        return _refused(starts_on, ends_on, Reason.NO_HOLDOUT)
    today = view.now.date()
    first = starts_on or held.starts_on
    last = min(ends_on or held.ends_on or today, today)
    costs, runs = _costs(view, first, last)
    products = list(
        view.session.scalars(
            select(Design.product_id)
            .join(Run, Run.design_id == Design.id)
            .where(Run.id.in_(runs))
            .distinct()
        )
    )
    if not products:
        return _refused(first, last, Reason.NO_CAMPAIGN)
    arms = _arms(view, held, products, first, last)
    report = measure(arms, Terms(settings().currency))
    if report.refused is not None:
        return _refused(first, last, report.refused)
    control, treated = report.comparisons[0].control, report.comparisons[0].treated
    comparison = compare(treated, control, costs)
    sound = report.grade is Grade.RANDOMISED
    said = comparison_sentence(comparison, settings().currency, is_sound=sound, is_only=True)
    return Portfolio(
        first,
        last,
        held.name,
        len(runs),
        len(products),
        report.grade,
        report.why,
        replace(comparison, sentence=said),
    )


def _refused(first: date | None, last: date | None, reason: Reason) -> Portfolio:
    why = f"Rates only: {reason}."
    return Portfolio(first, last, None, 0, 0, Grade.RATES_ONLY, why, None, reason)


def _holdout(view: Reader, first: date | None, last: date | None) -> Holdout | None:
    """Return the newest holdout that ran over the whole period."""
    today = view.now.date()
    statement = select(Holdout).where(Holdout.starts_on <= (first or today))
    until = last or first
    if until is not None:
        statement = statement.where(or_(Holdout.ends_on.is_(None), Holdout.ends_on >= until))
    newest = statement.order_by(Holdout.starts_on.desc(), Holdout.id.desc())
    return view.session.scalars(newest).first()


def _costs(view: Reader, first: date, last: date) -> tuple[Costs, list[int]]:
    """Add up what the runs cost that began in the period and are about a product."""
    began = facts_of_runs().where(
        or_(Run.launched_at.is_not(None), Run.is_imported),
        Design.product_id.is_not(None),
        Run.starts_on >= first,
        Run.starts_on <= last,
    )
    runs = {(facts := RunFacts(*row)).run_id: facts for row in view.session.execute(began)}
    arms = arms_of(view, list(runs), {}) if runs else {}
    treated = {id_: together(every, control=False) for id_, every in arms.items()}
    parts = [
        costs_of(arm.tally, runs[id_].terms, arm.tally.targeted, gifts=arm.gifts)
        for id_, arm in treated.items()
    ]
    contacts = [part.contact for part in parts]
    known = [contact for contact in contacts if contact is not None]
    contact = sum(known, Decimal(0)) if len(known) == len(contacts) else None
    offer = sum((part.offer or Decimal(0) for part in parts), Decimal(0))
    fixed = sum((part.fixed or Decimal(0) for part in parts), Decimal(0))
    return Costs(contact, offer, fixed), list(runs)


def _arms(
    view: Reader, held: Holdout, products: list[int | None], first: date, last: date
) -> list[Arm]:
    """Count everybody there was when the holdout was drawn; who came later could not be drawn."""
    opened = _opened(held, products, first, last).subquery("opened")
    value = cast(opened.c.value, Double) / 100  # stored in cents
    rows = view.session.execute(
        select(
            HoldoutCustomer.customer_id.is_not(None).label("is_held"),
            func.count(),
            func.coalesce(func.sum(opened.c.value), literal_column("0")),
            func.coalesce(func.sum(value * value), literal_column("0.0")),
        )
        .select_from(opened)
        .outerjoin(
            HoldoutCustomer,
            (HoldoutCustomer.customer_id == opened.c.customer_id)
            & (HoldoutCustomer.holdout_id == held.id),
        )
        .group_by(literal_column("is_held"))
    )
    found = {bool(is_held): counts for is_held, *counts in rows}
    mine = select(func.count()).where(HoldoutCustomer.holdout_id == held.id)
    size = view.session.scalar(mine) or 0
    sizes = {True: size, False: held.population - size}
    touched = _touched(view, held, first, last)
    tallies = {
        is_held: Tally(
            targeted=sizes[is_held],
            reached=touched if is_held else 0,
            outcomes=int(found.get(is_held, (0,))[0]),
            value=Decimal(found[is_held][1]) if is_held in found else Decimal(0),
            squares=float(found[is_held][2]) if is_held in found else 0.0,
        )
        for is_held in (True, False)
    }
    return [
        Arm(CONTROL_ARM, "held out of all campaigns", held.share, tallies[True]),
        Arm(CONTROL_ARM + 1, "everybody else", 10_000 - held.share, tallies[False]),
    ]


def _opened(
    held: Holdout, products: list[int | None], first: date, last: date
) -> Select[*tuple[Any, ...]]:
    return (
        select(Holding.customer_id, func.sum(Product.yearly_margin).label("value"))
        .join(Product, Product.id == Holding.product_id)
        .join(Customer, Customer.id == Holding.customer_id)
        .where(
            Holding.product_id.in_(products),
            Holding.opened_on >= first,
            Holding.opened_on <= last,
            Customer.created_at <= held.created_at,
        )
        .group_by(Holding.customer_id)
    )


def _touched(view: Reader, held: Holdout, first: date, last: date) -> int:
    """Count held out customers whom a campaign tried to contact all the same."""
    zone = view.now.tzinfo
    statement = (
        select(func.count(Candidate.customer_id.distinct()))
        .join(HoldoutCustomer, HoldoutCustomer.customer_id == Candidate.customer_id)
        .where(
            HoldoutCustomer.holdout_id == held.id,
            Candidate.attempted_at >= midnight(first, zone),
            Candidate.attempted_at < midnight(date.fromordinal(last.toordinal() + 1), zone),
        )
    )
    return view.session.scalar(statement) or 0


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
