"""The gate of one version: counted, looked up and weighed."""

from dataclasses import replace
from datetime import timedelta

from core.access import Permission
from core.campaigns.model import Campaign
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.designs import sheet
from core.campaigns.queries.forecasts import counted_for
from core.gate.pooling import RateForecast
from core.gate.queries.hands import hands_of, need_of
from core.gate.queries.history import rates_for
from core.gate.verdict import Asked, Gate, weigh
from core.impact.rules import Absent
from core.segments.criteria import Known
from core.segments.queries import known_words
from core.settings import settings
from core.work import Reader

_SEES = (Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS, Permission.SEE_PORTFOLIO)


def default_rate(view: Reader, *, design_id: int) -> RateForecast:
    """Return the rates to expect of a version, from the finished runs that are most like it.

    :raises NotFound: there is no such version in scope
    """
    view.authorize(*_SEES)
    return rates_for(view, sheet(view, design_id))


def gate(view: Reader, *, design_id: int) -> Gate:
    """Say whether a version can show the gain that it is to show, with the hands there are.

    Its forecast is part of it: the customers of the unit are counted once. Where the version does
    not say how many will convert, the forecast takes what campaigns like it came to.

    :raises NotFound: there is no such version in scope
    :raises Invalid: it has no audience yet, or one that can't be selected
    """
    view.authorize(*_SEES)
    known = known_words(view)
    return gate_of(view, sheet(view, design_id, known=known), known)


def gate_of(view: Reader, design: DesignSheet, known: Known) -> Gate:
    """Weigh a version at hand; whoever calls has asked for the permission."""
    rates = rates_for(view, design)
    counted = counted_for(view, _expecting(design, rates), known)
    campaign = view.session.get_one(Campaign, design.campaign_id)
    need = need_of(view, design, rates.past)
    hands = hands_of(
        view,
        counted.branches,
        starts_on=campaign.starts_on + timedelta(days=need.after_days),
        ends_on=campaign.ends_on,
        qualification_id=design.terms.qualification_id,
    )
    terms = design.terms
    asked = Asked(
        objective=design.objective,
        has_product=terms.product_id is not None,
        control_share=terms.control_share,
        drawn_by=terms.randomised_by,
        expected_rate=terms.expected_rate,
        gain=terms.expected_gain,
        ends_on=campaign.ends_on,
        decide_by=design.decide_by,
        today=view.now.date(),
        correlation=settings().cluster_correlation,
    )
    return weigh(asked, counted.forecast, rates, counted.clusters, need, hands)


def _expecting(design: DesignSheet, rates: RateForecast) -> DesignSheet:
    """Let a design that says nothing expect what campaigns like it came to."""
    if design.terms.expected_rate is not None or isinstance(rates.treated, Absent):
        return design
    return replace(design, terms=replace(design.terms, expected_rate=rates.treated.rate))
