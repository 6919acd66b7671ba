"""What stands between a version and its approval: what it can show, and with which hands."""

import streamlit as st

from components import words
from components.design import reading
from components.gateway import fetch
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.campaigns.queries import DesignSheet
from core.campaigns.rules import DesignStatus
from core.gate import queries
from core.gate.rules import State
from core.gate.sentences import points_of, sentences
from core.gate.verdict import Gate

_SETTLED = {State.PASS: True, State.FAIL: False, State.OPEN: None}


def is_countable(design: DesignSheet) -> bool:
    """Tell whether there is an audience that customers can be counted for."""
    return design.terms.segment_id is not None and not any("audience" in m for m in design.missing)


def weighed(design: DesignSheet) -> Gate | None:
    """Return what the gate says of a version that can still change, if it can be counted for.

    An approved one was weighed when it was agreed to: since then its own run may have taken the
    customers that a count of today would miss.
    """
    if design.status is DesignStatus.APPROVED or not is_countable(design):
        return None
    return fetch(queries.gate, design_id=design.id)


def outlook(design: DesignSheet) -> None:
    """Show whom a version would reach, what that may bring, and whether its gain can be shown."""
    if design.status is DesignStatus.APPROVED:
        reading.as_approved(design)
        return
    gate = weighed(design)
    if gate is None:
        st.info("With an audience, this shows how many would be contacted and what can be shown.")
        return
    figures(gate)
    told(gate)


def figures(gate: Gate) -> None:
    """Draw the figures of the gate beside those of the forecast."""
    found, power = gate.forecast, gate.power
    expected = None if found.conversions is None else round(found.conversions)
    tiles(
        [
            Tile(
                "Could be contacted",
                words.count(found.treated),
                note=f"of {words.count(found.population)} customers",
            ),
            Tile("Held out", words.count(found.control), help="The control group."),
            Tile(
                "Can be worked",
                words.count(gate.worked),
                help="For whom the branches' people have the hours until the end.",
            ),
            Tile("Expected conversions", words.count(expected)),
        ],
        narrowest=150,
    )
    tiles(
        [
            Tile(
                "Smallest gain",
                _points(gate.smallest),
                note=f"where {words.percent(gate.base)} convert anyway" if gate.smallest else None,
                help="The smallest gain that would be seen four times in five.",
            ),
            Tile(
                "Chance to see it",
                words.percent(power, digits=0),
                note=f"a gain of {_points(gate.asked.gain)}" if gate.asked.gain else None,
                help="The chance that the gain which is to be shown comes out as proven.",
            ),
            Tile("Cost", words.money(found.cost, short=True)),
            Tile("Expected profit", words.money(found.net, short=True), help="Worth minus cost."),
        ],
        narrowest=150,
    )


def told(gate: Gate) -> None:
    """Say it in words, the verdict first, and list the branches that are short of hands."""
    verdict, *others = sentences(gate)
    if gate.needs_override:
        st.warning(words.plain(verdict), icon=":material/block:")
    else:
        st.markdown(words.plain(verdict))
    for each in others:
        st.markdown(words.plain(each))
    if gate.short:
        with st.expander(f"{words.counted(len(gate.short), 'branch', 'branches')} short of hands"):
            table(
                gate.short,
                columns=(
                    Column("branch", "Branch"),
                    Column("customers", "To be worked", "count"),
                    Column("worked", "Can be worked", "count"),
                    Column("hours_needed", "Hours needed", "number"),
                    Column("hours_free", "Hours free", "number"),
                ),
                key="short",
            )


def points(design: DesignSheet, gate: Gate | None) -> list[tuple[str, bool | None, str]]:
    """Return the checklist of a version: what it has to say, then what the gate says of it."""
    own = reading.points(design, None if gate is None else gate.forecast)
    weighed = () if gate is None else points_of(gate)
    return [*own, *((point.label, _SETTLED[point.state], point.note) for point in weighed)]


def override(gate: Gate) -> str:
    """Ask why it is approved all the same, where that is needed."""
    if not gate.needs_override:
        return ""
    return st.text_area(
        "Why approve it all the same?",
        help="Kept with the version and shown on its sheet from then on.",
        height=90,
    )


def _points(gain: float | None) -> str:
    return words.NONE if gain is None else words.points(gain).removeprefix("+")
