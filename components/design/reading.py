"""How a version is shown to whoever reads it: its terms, its stages, what it changed."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import look, words
from components.tables import Column, table
from core.campaigns.queries import CampaignState, DesignSheet, Forecast
from core.campaigns.queries.comparing import Change
from core.campaigns.rules import DesignStatus, RandomisedBy
from core.campaigns.terms import DesignTerms

STATUS: dict[DesignStatus, look.Meaning] = {
    DesignStatus.DRAFT: "neutral",
    DesignStatus.SUBMITTED: "warn",
    DesignStatus.APPROVED: "good",
    DesignStatus.RETURNED: "bad",
    DesignStatus.WITHDRAWN: "neutral",
}
STATE: dict[CampaignState, look.Meaning] = {
    CampaignState.EMPTY: "neutral",
    CampaignState.DRAFT: "neutral",
    CampaignState.WAITING: "warn",
    CampaignState.READY: "brand",
    CampaignState.RUNNING: "good",
    CampaignState.OVER: "neutral",
}


def version(design: DesignSheet, *, columns: int = 1) -> None:
    """Show one version: how far it came, who wrote and decided it, and what it says."""
    headline(design)
    terms(design, columns=columns)


def headline(design: DesignSheet) -> None:
    """Show how far a version came, and who wrote and decided it."""
    st.subheader(f"Version {design.version}")
    look.badge(words.sentence(design.status), STATUS[design.status])
    written = f"Written by {design.author or 'nobody known'}, {words.moment(design.created_at)}"
    if design.status is DesignStatus.APPROVED:
        written += f"; approved by {design.approver}, {words.moment(design.decided_at)}"
    st.caption(words.plain(written))
    if design.comment:
        st.markdown(f"> {words.plain(design.comment)}")
    if design.override:
        why = f"Approved although its gain can hardly be shown: {words.plain(design.override)}"
        st.warning(why, icon=":material/gavel:")
    as_approved(design)


def as_approved(design: DesignSheet) -> None:
    """Tell what a version could show when it was approved; nothing of one that was not weighed."""
    if said := (design.frozen or {}).get("gate", {}).get("said"):
        with st.expander("What it could show when it was approved"):
            for each in said:
                st.markdown(words.plain(each))


def _given_away(design: DesignSheet) -> str:
    most = design.terms.planned_gifts
    listed = ", ".join(design.consumables)
    return f"{listed}; {words.count(most)} of each at most" if listed and most else listed


def terms(design: DesignSheet, *, columns: int = 1) -> None:
    """List what a version says, one line each; what it leaves open is not listed."""
    said = design.terms
    lines = (
        ("Audience", design.segment),
        ("In words", design.says),
        ("Leaves out", design.exclusion),
        ("Product", design.product),
        ("For holders of", design.base_product),
        ("Product use", said.product_use),
        ("Offer", said.offer),
        ("Pricing frame", said.pricing_frame),
        ("Given away", _given_away(design)),
        ("Guide", said.guide),
        ("Only by people certified for", design.qualification),
        ("Judged by", goal(design)),
        ("Gain to be shown", _gain(said.expected_gain)),
        ("Control group", _control(said)),
        ("Money", _money(design)),
        ("Takes up", design.cited.said if design.cited else None),
    )
    said_so = [(label, str(value)) for label, value in lines if value]
    half = -(-len(said_so) // columns)
    for place, column in enumerate(st.columns(columns, gap="large")):
        for label, value in said_so[place * half : (place + 1) * half]:
            column.markdown(f"**{label}**  \n{words.plain(value)}")


def _money(design: DesignSheet) -> str:
    said = design.terms
    parts = (
        (said.contact_cost, "a contact costs {}"),
        (said.fixed_cost, "{} once"),
        (said.value_per_conversion, "a conversion is worth {}"),
        (said.transfer_price, "the product's owner is credited {} for each sale"),
    )
    known = [text.format(words.money(amount)) for amount, text in parts if amount is not None]
    return words.sentence(", ".join(known))


def goal(design: DesignSheet) -> str:
    """Say by which metric a version is judged, and its goal."""
    metric = words.sentence(str(design.terms.metric))
    wanted = design.terms.goal
    return f"{metric}, no goal" if wanted is None else f"{metric}, goal {words.percent(wanted)}"


def _gain(gain: float | None) -> str | None:
    return words.points(gain).removeprefix("+") if gain else None


def _control(said: DesignTerms) -> str:
    if not said.control_share:
        return "None: no impact can be shown"
    one_by_one = said.randomised_by is RandomisedBy.CUSTOMER
    drawn = "" if one_by_one else f", drawn by {said.randomised_by}"
    return f"{words.percent(said.control_share / 10_000)} held out{drawn}"


def stages(design: DesignSheet) -> None:
    """Draw the stages as cards in their order: what is said, by which way, made into what."""
    if not design.stages:
        st.info("This version has no stages yet.", icon=":material/inbox:")
    for stage in design.stages:
        with st.container(border=True):
            makes = (
                "messages"
                if stage.is_internal is False
                else f"{stage.terms.activity_type} activities"
            )
            begins = stage.terms.follows.says(stage.terms.start_after_days)
            st.markdown(
                f"**{stage.position}. {words.plain(stage.terms.name)}**  \n"
                f"{words.plain(stage.channel or 'No content yet')}, makes {makes} {begins}, due in "
                f"{words.counted(stage.terms.due_days, 'working day')}"
            )
            if stage.subject:
                st.caption(words.plain(stage.subject))
            if stage.body:
                st.markdown("> " + words.plain(stage.body).replace("\n", "  \n> "))
            if stage.template:
                st.caption(
                    f"Reasons: {words.plain(stage.template)}, "
                    f"{stage.in_progress_reasons} for In progress, "
                    f"{stage.cancelled_reasons} for Cancelled"
                )


def changes(rows: Sequence[Change], *, key: str, since: int) -> None:
    """List what differs from an earlier version."""
    if not rows:
        st.caption(f"Nothing differs from version {since}.")
        return
    table(
        rows,
        columns=(
            Column("what", "What", width="small"),
            Column("before", f"Version {since}", width="medium"),
            Column("after", "This version", width="medium"),
        ),
        key=key,
    )


def checklist(points: Sequence[tuple[str, bool | None, str]]) -> None:
    """Draw points that are settled, not settled or open (None), with what there is to say."""
    icons = {
        True: ":green[:material/check_circle:]",
        False: ":red[:material/cancel:]",
        None: ":gray[:material/help:]",
    }
    for label, settled, note in points:
        icon = icons[settled]
        st.markdown(f"{icon} **{words.plain(label)}**  \n{words.plain(note)}")


def points(
    design: DesignSheet, found: Forecast | None = None
) -> list[tuple[str, bool | None, str]]:
    """Sort what a version lacks into the points that an approver goes through.

    :param found: whom it would reach, to say whether enough of its gifts are left
    """

    def lacking(*marks: str) -> list[str]:
        return [gap for gap in design.missing if any(mark in gap for mark in marks)]

    audience = lacking("audience")
    stage = lacking("Stage ", "stage.")
    offer = [gap for gap in design.missing if gap not in {*audience, *stage}]
    gifts = list[tuple[str, bool | None, str]]()
    if design.gifts:
        shortages = found.shortages if found else ()
        said = words.sentence(" ".join(shortages)) or ", ".join(design.consumables)
        gifts = [("Gifts", None if shortages else True, said)]
    return [
        ("Audience", not audience, " ".join(audience) or design.says),
        ("Offer", not offer, " ".join(offer) or _offered(design)),
        ("Stages and reasons", not stage, " ".join(stage) or _staged(design)),
        *gifts,
        ("Measurement", True, f"{goal(design)}. {_control(design.terms)}."),
    ]


def _offered(design: DesignSheet) -> str:
    named = f"{design.product}. " if design.product else ""
    return f"{named}{design.terms.offer or 'No words of offer.'}"


def _staged(design: DesignSheet) -> str:
    return ", ".join(f"{s.terms.name} by {s.channel}" for s in design.stages)


def waterfall_rows(found: Forecast) -> list[Any]:
    """Return the steps from everybody to those who would be contacted, as rows of a table."""
    remaining = found.population
    rows = [_Step("Customers of the unit", None, remaining)]
    for step in found.steps:
        remaining -= step.customers
        rows.append(_Step(words.sentence(step.reason), step.customers, remaining))
    rows.append(_Step("Held out as control group", found.control, found.treated))
    return rows


class _Step:
    def __init__(self, rule: str, left_out: int | None, remaining: int) -> None:
        self.rule = rule
        self.left_out = left_out
        self.remaining = remaining


def forecast_table(found: Forecast, *, key: str) -> None:
    """Draw the way from everybody to those contacted."""
    table(
        waterfall_rows(found),
        columns=(
            Column("rule", "Rule", width="large"),
            Column("left_out", "Left out", "count"),
            Column("remaining", "Remaining", "count"),
        ),
        key=key,
    )
