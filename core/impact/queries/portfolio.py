"""What all campaigns together changed, where some customers were held out of every one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select

from core.access import Permission
from core.campaigns.model import Campaign, CampaignType, Design, Holdout
from core.campaigns.rules import Objective
from core.impact.breaking import together
from core.impact.measuring import compare, measure
from core.impact.money import Costs, Terms, costs_of
from core.impact.queries.facts import RunFacts, facts_of_runs
from core.impact.queries.held_out import held_out_and_others, products_sold
from core.impact.queries.runs import arms_of
from core.impact.report import Comparison
from core.impact.rules import Grade, Reason
from core.impact.sentences import comparison_sentence
from core.runs.model import Run
from core.settings import settings
from core.work import Reader


@dataclass(frozen=True)
class Portfolio:
    """All campaigns of a period against customers whom none of them touched.

    The outcome is a product of the campaigns that sell, opened in the period, and its money what
    it is worth to their designs. Without a `comparison` the reason is `refused`.
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

    :param starts_on: unless told the period is that of the newest holdout in which a campaign
        began, up to today: one that began only lately does not hide what the one before it showed
    """
    view.authorize(Permission.SEE_IMPACT)
    if not view.actor.scope.bank_wide:
        return _refused(starts_on, ends_on, Reason.WHOLE_BANK)
    begun = None
    for held in _holdouts(view, starts_on, ends_on):
        first, last = _period(view, held, starts_on, ends_on)
        begun = begun or (first, last)
        costs, runs = _costs(view, first, last)
        if runs:
            return _measured(view, held, (first, last), costs, runs)
    if begun is None:
        return _refused(starts_on, ends_on, Reason.NO_HOLDOUT)
    return _refused(*begun, Reason.NO_CAMPAIGN)


def _period(
    view: Reader, held: Holdout, starts_on: date | None, ends_on: date | None
) -> tuple[date, date]:
    today = view.now.date()
    return starts_on or held.starts_on, min(ends_on or held.ends_on or today, today)


def _measured(
    view: Reader, held: Holdout, period: tuple[date, date], costs: Costs, runs: list[int]
) -> Portfolio:
    first, last = period
    products = products_sold(view, runs)
    arms = held_out_and_others(view, held, products, first, last)
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


def _holdouts(view: Reader, first: date | None, last: date | None) -> Sequence[Holdout]:
    """Return the holdouts that ran over the whole period, the newest first."""
    today = view.now.date()
    statement = select(Holdout).where(Holdout.starts_on <= (first or today))
    until = last or first
    if until is not None:
        statement = statement.where(or_(Holdout.ends_on.is_(None), Holdout.ends_on >= until))
    newest = statement.order_by(Holdout.starts_on.desc(), Holdout.id.desc())
    return view.session.scalars(newest).all()


def _costs(view: Reader, first: date, last: date) -> tuple[Costs, list[int]]:
    """Add up what the runs cost that began in the period and are to sell a product.

    What keeps customers brings no openings, so neither its outcome nor its cost is of the total.
    """
    began = (
        facts_of_runs()
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            or_(Run.launched_at.is_not(None), Run.is_imported),
            Design.product_id.is_not(None),
            CampaignType.objective.not_in([Objective.RETENTION, Objective.ADMINISTRATIVE]),
            Run.starts_on >= first,
            Run.starts_on <= last,
        )
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


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
