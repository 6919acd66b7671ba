"""The gate in plain words and as a checklist, made by rule from its figures."""

from dataclasses import asdict
from typing import Any

from core import saying
from core.campaigns.rules import RandomisedBy
from core.gate.pooling import Pooled
from core.gate.rules import MOST_OPTIMISTIC, TARGET, Answer, Point, State, percent, points
from core.gate.verdict import Gate
from core.impact.rules import Absent

_DRAWN = {RandomisedBy.MANAGER: "relationship managers", RandomisedBy.BRANCH: "branches"}
_MOST_NAMED = 3


def verdict(gate: Gate) -> str:
    """Say what becomes of the question, and what would help."""
    asked, answer = gate.asked, gate.answer
    if asked.is_administrative:
        return "Administrative work has no gain to show."
    if answer is Answer.NOT_ASKED:
        if not gate.asked.control_share:
            return "Nobody is held out: this campaign will show rates only, and no impact."
        return "The design states no gain that is to be shown, so nothing is asked of it."
    if answer not in {Answer.ANSWERABLE, Answer.TOO_WEAK, Answer.NEVER}:
        return f"This question {answer}."
    chance = f"A gain of {points(asked.gain or 0.0)} would be seen {_chance(gate.power)}"
    if answer is Answer.ANSWERABLE:
        return f"{chance}: this question can be answered."
    return f"{chance}, and {percent(TARGET, digits=0)} is wanted. {_remedy(gate)}"


def _chance(power: float | None) -> str:
    return f"with a chance of {percent(power, digits=0)}"


def _remedy(gate: Gate) -> str:
    found = gate.remedy
    ways = []
    if found.control_share is not None:
        ways.append(f"holding out {percent(found.control_share / 10_000, digits=0)}")
    if found.ends_on is not None:
        days = (found.ends_on - gate.asked.ends_on).days
        ways.append(f"going on until {saying.day(found.ends_on)}, {days} days longer,")
    if ways:
        return f"It would be reached by {' or by '.join(ways)}.".replace(",.", ".")
    if found.both is not None:
        share, ends_on = found.both
        return (
            f"Only both would reach it: holding out {percent(share / 10_000, digits=0)} and "
            f"going on until {saying.day(ends_on)}."
        )
    never = "No control share and no duration reach it: this question can't be answered."
    if gate.needed is None:
        return never
    needed = f"{gate.needed.control:,} held out and {gate.needed.treated:,} treated"
    return f"{never} It would take {needed} customers."


def smallest(gate: Gate) -> str:
    """Say which gain could be seen with these arms, and with the hands there are."""
    if not gate.asked.control_share:
        return "Without a control group no gain can be proven, whatever comes of it."
    if not gate.forecast.control:
        return "There are too few customers to hold anybody out, so no gain can be proven."
    sizes = f"{gate.forecast.control:,} held out and {gate.forecast.treated:,} treated"
    if gate.base is None:
        return f"With {sizes}: give the expected conversions to learn which gain can be seen."
    if gate.smallest is None:
        return f"With {sizes}, no gain could be told from chance: hold out or address more."
    said = (
        f"With {sizes}, the smallest gain that is seen four times in five is "
        f"{points(gate.smallest)}, where {percent(gate.base)} convert anyway "
        f"({gate.basis})."
    )
    worked = gate.smallest_worked
    if worked is not None and points(worked) != points(gate.smallest):
        said += f" As not all can be worked, it has to be {points(worked)} on those who are."
    return said


def penalty(gate: Gate) -> str | None:
    """Say what drawing customers together costs, or None where each is drawn alone."""
    drawn = gate.clusters
    if drawn is None:
        return None
    return (
        f"Customers are drawn by {gate.asked.drawn_by}: {drawn.count:,} "
        f"{_DRAWN[gate.asked.drawn_by]}, with {drawn.size:,.0f} customers each on the average. "
        f"With a correlation of {gate.asked.correlation:g} within, the arms count for "
        f"{drawn.effect:,.1f} times fewer customers than they hold."
    )


def capacity(gate: Gate) -> str:
    """Say how many customers can really be worked until the end, and who is short."""
    treated, need = gate.forecast.treated, gate.need
    if not treated:
        return "Nobody is to be worked."
    if not need.activities:
        return "Messages do the work: nobody's hours are needed."
    if gate.asked.is_over:
        return f"The last day, {saying.day(gate.asked.ends_on)}, is over: nobody can be worked."
    wanted, free = (
        sum(getattr(room, name) for room in gate.rooms) for name in ("hours_needed", "hours_free")
    )
    said = (
        f"The work takes {wanted:,.0f} hours ({need.minutes:.0f} minutes a customer, in "
        f"{need.attempts:.1f} attempts); until {saying.day(gate.asked.ends_on)} the branches' "
        f"people have {free:,.0f} free: {gate.worked:,} of {treated:,} customers can be worked."
    )
    if short := gate.short:
        named = ", ".join(
            f"{room.branch} ({room.worked:,} of {room.customers:,})" for room in short[:_MOST_NAMED]
        )
        more = len(short) - _MOST_NAMED
        said += f" Short of hands: {named}{f' and {more:,} more' if more > 0 else ''}."
    return said


def sentences(gate: Gate) -> tuple[str, ...]:
    """Return what the gate says, a sentence or two for each of its figures."""
    if gate.asked.is_administrative:
        return verdict(gate), capacity(gate)
    every = (
        verdict(gate),
        gate.rates.sentence,
        smallest(gate),
        penalty(gate),
        capacity(gate),
    )
    return tuple(each for each in every if each)


def points_of(gate: Gate) -> tuple[Point, ...]:
    """Return the gate's part of the checklist."""
    forecast = () if gate.asked.is_administrative else (_forecast(gate),)
    return (
        Point("Can the question be answered?", _answered(gate), verdict(gate)),
        *forecast,
        Point("Hands", State.PASS if gate.has_hands else State.FAIL, capacity(gate)),
        _deadline(gate),
    )


def _answered(gate: Gate) -> State:
    if gate.needs_override:
        return State.FAIL
    if gate.asked.is_administrative or gate.answer is Answer.ANSWERABLE:
        return State.PASS
    return State.OPEN


def _forecast(gate: Gate) -> Point:
    label, expected, treated = "Forecast", gate.asked.expected_rate, gate.rates.treated
    if isinstance(treated, Absent):
        said = "" if expected is None else f"The design expects {percent(expected)}. "
        return Point(label, State.OPEN, f"{said}{gate.rates.sentence}")
    if expected is None:
        rate = percent(treated.rate)
        note = f"The design says nothing, so {rate} are expected. {gate.rates.sentence}"
        return Point(label, State.OPEN, note)
    note = f"The design expects {percent(expected)}. {gate.rates.sentence}"
    bold = expected > MOST_OPTIMISTIC * treated.rate
    return Point(label, State.FAIL if bold else State.PASS, note)


def _deadline(gate: Gate) -> Point:
    day, today = gate.asked.decide_by, gate.asked.today
    if day is None:
        return Point("Decision", State.OPEN, "No day is named by which it is wanted.")
    if day < today:
        return Point("Decision", State.FAIL, f"It was wanted by {saying.day(day)}.")
    return Point("Decision", State.PASS, f"It is wanted by {saying.day(day)}.")


def plain(gate: Gate) -> dict[str, Any]:
    """Return the gate as an approval freezes it: its figures, and what it said."""
    asked, treated = gate.asked, gate.rates.treated
    return {
        "answer": str(gate.answer),
        "gain": asked.gain,
        "base": gate.base,
        "basis": None if gate.basis is None else str(gate.basis),
        "history": treated.rate if isinstance(treated, Pooled) else None,
        "history_customers": treated.customers if isinstance(treated, Pooled) else 0,
        "smallest": gate.smallest,
        "power": gate.power,
        "power_of_all": gate.power_of_all,
        "needed": None if gate.needed is None else asdict(gate.needed),
        "target": TARGET,
        "design_effect": gate.clusters.effect if gate.clusters else 1.0,
        "minutes_each": gate.need.minutes,
        "activities_each": gate.need.activities,
        "after_days": gate.need.after_days,
        "reach": gate.reach,
        "worked": gate.worked,
        "short": [room.branch for room in gate.short],
        "ends_on": asked.ends_on.isoformat(),
        "said": list(sentences(gate)),
    }
