"""The parts of the plan page: what is in a plan, how it came out, and the forms to add to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from components import look, words
from components.tiles import Tile
from core.campaigns.rules import Metric
from core.impact.rules import Verdict
from core.measures import Rate
from core.portfolio.queries import EntryRow, PlanRow, RecordRow
from core.portfolio.queries.budgets import BudgetRow, committed_in_all
from core.runs.rules import RunStatus

_ENDED = frozenset({RunStatus.COMPLETED, RunStatus.STOPPED})


class State(StrEnum):
    """How far an entry of a plan is, and whether its goal is reached."""

    WANTED = "no design yet"
    NOT_STARTED = "not started"
    UNDER_WAY = "under way"
    OPEN = "ended, goal open"
    MET = "goal met"
    MISSED = "goal missed"


MEANINGS: dict[State, look.Meaning] = {
    State.WANTED: "neutral",
    State.NOT_STARTED: "neutral",
    State.UNDER_WAY: "brand",
    State.OPEN: "warn",
    State.MET: "good",
    State.MISSED: "bad",
}


@dataclass(frozen=True)
class Line:
    """An entry of a plan together with what came of it; `result` is of the last analysed run.

    `campaign` is only the name of what is wanted while `campaign_id` is None.
    """

    id: int
    campaign_id: int | None
    campaign: str
    unit: str
    metric: Metric
    goal: float | None
    starts_on: date
    ends_on: date
    runs: int
    result: Rate | None
    state: State
    money: BudgetRow


def label(name: str, code: str) -> str:
    """Name a plan so that it is found again, also in the address."""
    return f"{name} ({code})"


def lines(
    entries: Sequence[EntryRow], records: Sequence[RecordRow], budget: Sequence[BudgetRow]
) -> list[Line]:
    """Join the entries of a plan with the record of their runs, and with their money."""
    made = []
    money = {row.entry_id: row for row in budget}
    for entry in entries:
        own = [record for record in records if record.entry_id == entry.entry_id]
        measured = [record for record in own if record.result is not None]
        made.append(
            Line(
                id=entry.entry_id,
                campaign_id=entry.campaign_id,
                campaign=entry.campaign,
                unit=entry.unit,
                metric=entry.metric,
                goal=entry.goal,
                starts_on=entry.starts_on,
                ends_on=entry.ends_on,
                runs=len(own),
                result=measured[-1].result if measured else None,
                state=State.WANTED if entry.campaign_id is None else _state(own, measured),
                money=money[entry.entry_id],
            )
        )
    return made


def reading(drawn: Sequence[Line]) -> str:
    """Say in one sentence how a plan stands."""
    many = {state: sum(line.state is state for line in drawn) for state in State}
    parts = [
        f"{words.count(many[state])} {said}"
        for state, said in (
            (State.MET, "met the goal"),
            (State.MISSED, "missed it"),
            (State.OPEN, "ended with the goal open"),
            (State.UNDER_WAY, "under way"),
            (State.NOT_STARTED, "not started"),
            (State.WANTED, "without a design yet"),
        )
        if many[state]
    ]
    return f"**{words.counted(len(drawn), 'campaign')}** in this plan: {', '.join(parts)}."


def shared(row: BudgetRow) -> str | None:
    """Say of whom the committed amount is, where an entry has it not for itself."""
    if row.committed is None or row.sharing == 1:
        return None
    return f"{words.counted(row.sharing, 'entry', 'entries')} together"


def money(plan: PlanRow, budget: Sequence[BudgetRow]) -> list[Tile]:
    """Sum up what a plan's campaigns may cost, were agreed to cost, and have cost."""

    def summed(amounts: Iterable[Decimal | None]) -> str:
        known = [each for each in amounts if each is not None]
        return words.money(sum(known, Decimal(0)), short=True) if known else words.NONE

    whole = None if plan.budget is None else f"of {words.money(plan.budget, short=True)} for all"
    return [
        Tile("Planned", summed(row.planned for row in budget), note=whole),
        Tile(
            "Committed",
            words.money(committed_in_all(budget), short=True),
            help="What the approved designs were forecast to cost, each campaign once.",
        ),
        Tile(
            "Spent",
            summed(row.spent for row in budget),
            help="What the contacts of all runs cost so far, with what each run costs once.",
        ),
    ]


def _state(own: Sequence[RecordRow], measured: Sequence[RecordRow]) -> State:
    if not own:
        return State.NOT_STARTED
    if any(record.status not in _ENDED for record in own):
        return State.UNDER_WAY
    last = measured[-1].verdict if measured else Verdict.OPEN
    return {Verdict.MET: State.MET, Verdict.MISSED: State.MISSED}.get(last, State.OPEN)
