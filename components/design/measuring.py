"""The seventh step: what success is, and who is held out to prove it."""

from dataclasses import replace

import streamlit as st

from components import words
from components.design import amounts, gate
from components.design.choosing import word
from components.design.costs import lacking
from components.design.saving import step_of
from components.gateway import fetch
from core.campaigns.queries import DesignSheet
from core.campaigns.rules import EDITABLE, Metric, RandomisedBy
from core.campaigns.terms import DesignTerms
from core.gate import queries
from core.gate.pooling import Pooled, RateForecast
from core.impact.rules import Absent

_MEANING = {
    Metric.CONVERSION: "won leads among the confirmed candidates",
    Metric.RESPONSE: "positive answers among the confirmed candidates",
    Metric.REACH: "customers reached among the confirmed candidates",
    Metric.UPTAKE: "the outcome seen among those treated",
}
_DRAWN = {
    RandomisedBy.CUSTOMER: "Customer by customer",
    RandomisedBy.MANAGER: "Relationship managers, with all their customers",
    RandomisedBy.BRANCH: "Branches, with all their customers",
}


def measuring(design: DesignSheet) -> None:
    """Ask for metric, goal, control group and what is expected; show what may come of it.

    What similar campaigns came to stands in the field of a version that expects nothing yet.
    """
    usual = fetch(queries.default_rate, design_id=design.id)
    draft, end = step_of(
        _expecting(design, usual),
        "Measurement",
        "Save the measurement",
        "The measurement is saved. Review it next.",
    )
    begun = draft.begun
    left, right = st.columns(2)
    metric = word(
        left,
        "Judged by",
        list(Metric),
        begun.metric,
        name=lambda each: f"{words.sentence(each)}: {_MEANING[each]}",
        key=draft.key("metric"),
    )
    goal = right.number_input(
        "Goal (%)", value=amounts.percent(begun.goal), step=0.5, key=draft.key("goal")
    )
    control = left.number_input(
        "Held out as control group (%)",
        value=begun.control_share / 100,
        step=1.0,
        help="Up to 50 %. Without one, rates are shown but no impact.",
        key=draft.key("control"),
    )
    drawn = word(
        right,
        "Drawn by lot",
        list(RandomisedBy),
        begun.randomised_by,
        name=_DRAWN.__getitem__,
        key=draft.key("drawn"),
    )
    expected = left.number_input(
        "Expected conversions (%)",
        value=amounts.percent(begun.expected_rate),
        step=0.5,
        help="Of those contacted.",
        key=draft.key("expected"),
    )
    gain = right.number_input(
        "Gain to be shown (points)",
        value=amounts.percent(begun.expected_gain),
        step=0.1,
        help="By how much more often they are to convert than those held out.",
        key=draft.key("gain"),
    )

    def asked() -> DesignTerms:
        return replace(
            design.terms,
            metric=metric,
            goal=amounts.share(goal),
            control_share=round(control * 100),
            randomised_by=drawn,
            expected_rate=amounts.share(expected),
            expected_gain=amounts.share(gain),
        )

    end(asked)
    if isinstance(usual.treated, Pooled):
        said = "Filled in from history" if _expects_nothing(design) else "To go by"
        st.info(words.plain(f"{said}: {usual.sentence}"), icon=":material/history:")
    gate.outlook(design)
    if (weighed := gate.weighed(design)) is not None:
        lacking(weighed.forecast)


def _expects_nothing(design: DesignSheet) -> bool:
    return design.terms.expected_rate is None and design.status in EDITABLE


def _expecting(design: DesignSheet, usual: RateForecast) -> DesignSheet:
    """Let a version that expects nothing begin with what finished runs came to."""
    if isinstance(usual.treated, Absent) or not _expects_nothing(design):
        return design
    rate = usual.treated.rate
    shown = round(rate, 3) or rate  # as the sentence beside it says it
    return replace(design, terms=replace(design.terms, expected_rate=shown))
