"""From a gap to a campaign: a brief with all that the gap knows filled in."""

from datetime import timedelta

import streamlit as st

from components import navigation, words
from components.coverage.choosing import Asked, days_of
from components.gateway import current_actor, fetch, now, submit
from core.campaigns.rules import Objective
from core.coverage.queries.cells import Cell
from core.coverage.queries.worth import Outlook, opportunities
from core.coverage.rules import METRICS, Aim
from core.portfolio.actions.briefing import Because, MakeBrief, make_brief

_OBJECTIVES = {Aim.SELL: Objective.CROSS_SELL, Aim.KEEP: Objective.RETENTION}
_LASTS = timedelta(days=90)


def brief(asked: Asked, cell: Cell) -> None:
    """Offer one button: it makes a campaign with its first draft and goes on in the designer."""
    pressed = st.button(
        f"Make a brief for {words.counted(cell.parts.open_gap, 'customer')}",
        icon=":material/edit_note:",
        type="primary",
        key=f"brief-{cell.id}",
    )
    if pressed:
        submit(
            make_brief,
            lambda: _request(asked, cell),
            done=lambda fact: f"Campaign {fact.code} is begun; go on with its first version.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )


def _request(asked: Asked, cell: Cell) -> MakeBrief:
    outlook = _outlook(asked, cell)
    today = now().date()
    verb = "Sell" if asked.aim is Aim.SELL else "Keep"
    return MakeBrief(
        name=f"{verb} {cell.product}: {cell.segment}",
        objective=_OBJECTIVES[asked.aim],
        unit_id=asked.unit_id or current_actor().unit_id or 0,
        starts_on=today,
        ends_on=today + _LASTS,
        segment_id=cell.segment_id,
        product_id=cell.product_id,
        metric=METRICS[asked.aim],
        expected_rate=outlook.rate if outlook else None,
        value_per_conversion=outlook.value if outlook else None,
        because=Because(
            text=f"Coverage of {days_of(asked.told)}: {_sentence(asked, cell)}",
            gap={
                "segment_id": cell.segment_id,
                "product_id": cell.product_id,
                "aim": str(asked.aim),
                "since": asked.told.period.first.isoformat(),
                "until": asked.told.period.last.isoformat(),
                "customers": cell.parts.open_gap,
                "eligible": cell.parts.eligible,
            },
        ),
    )


def _sentence(asked: Asked, cell: Cell) -> str:
    held = "lack" if asked.aim is Aim.SELL else "hold"
    parts = cell.parts
    return (
        f"{words.count(parts.open_gap)} customers of {cell.segment} who {held} {cell.product} could"
        f" be asked and were not, of {words.count(parts.eligible)} eligible."
    )


def _outlook(asked: Asked, cell: Cell) -> Outlook | None:
    rows = fetch(opportunities, aim=asked.aim, **asked.of).rows
    return next((row.outlook for row in rows if row.id == cell.id), None)
