"""What waits for approvers and campaign managers."""

from collections.abc import Iterator

from components import waiting_launches, words
from components.duties.duty import Duty
from components.gateway import fetch, now
from core.campaigns.queries import CampaignState, approvals_wanted, campaigns
from core.gate.queries import WaitingLaunch, launches_waiting
from core.market.queries.tasks import TaskState, market_tasks
from core.market.rules import ConclusionKind
from core.portfolio.queries.directions import directions
from core.portfolio.queries.threats import unanswered
from core.portfolio.rules import DirectionState
from core.runs.queries import runs
from core.runs.rules import RunStatus
from core.windows import Window

_COUNT_ONLY = Window(size=1)
_RUNNING = (RunStatus.LAUNCHED, RunStatus.PAUSED)


def approver() -> Iterator[Duty]:
    """Count the designs that wait for approval."""
    wanted = fetch(approvals_wanted)
    late = sum(each.overdue for each in wanted)
    yield Duty(
        late,
        "approval is past its day",
        "approvals are past their day",
        "no approval is late",
        "approvals",
        "bad",
    )
    yield Duty(
        len(wanted) - late,
        "design waits for your approval",
        "designs wait for your approval",
        "no design waits for approval",
        "approvals",
        "brand",
    )
    yield from _launches(
        [each for each in fetch(launches_waiting) if waiting_launches.is_mine(each)],
        "launch waits until you allow it",
        "no launch waits for you to allow it",
    )


def manager() -> Iterator[Duty]:
    """Count the threats, runs and campaigns that need their manager."""
    yield Duty(
        fetch(unanswered).threats,
        "threat has no answer yet",
        "threats have no answer yet",
        "no threat lacks an answer",
        "threats",
        "warn",
        {"lacking": "true", "kind": words.sentence(ConclusionKind.THREAT)},
    )
    running = fetch(runs, status=_RUNNING, window=Window(size=200)).rows
    today = now().date()
    yield Duty(
        sum(run.ends_on < today for run in running),
        "run is past its last day and still open",
        "runs are past their last day and still open",
        "no run is past its last day",
        "runs",
        "bad",
        {"status": RunStatus.LAUNCHED},
    )
    for status, one, many, nothing in (
        (
            RunStatus.PLANNED,
            "run is planned and has no candidates yet",
            "runs are planned and have no candidates yet",
            "no run lacks candidates",
        ),
        (
            RunStatus.SELECTED,
            "run with its candidates waits for launch",
            "runs with their candidates wait for launch",
            "no run waits to be launched",
        ),
    ):
        found = fetch(runs, status=(status,), window=_COUNT_ONLY).total
        yield Duty(found, one, many, nothing, "runs", "warn", {"status": status})
    yield from _launches(
        [each for each in fetch(launches_waiting) if not waiting_launches.is_mine(each)],
        "launch waits for an approver to allow it",
        "no launch waits for an approver",
    )
    for state, one, many, nothing in (
        (
            CampaignState.WAITING,
            "campaign of yours waits for approval",
            "campaigns of yours wait for approval",
            "no campaign of yours waits for approval",
        ),
        (
            CampaignState.DRAFT,
            "campaign of yours is being designed",
            "campaigns of yours are being designed",
            "no campaign of yours is unfinished",
        ),
    ):
        found = fetch(campaigns, mine=True, state=state, window=_COUNT_ONLY).total
        query = {"state": state, "mine": "true"}
        yield Duty(found, one, many, nothing, "campaigns", query=query)


def _launches(waiting: list[WaitingLaunch], one: str, nothing: str) -> Iterator[Duty]:
    """Tell of each by itself: it is allowed on the page of its run."""
    for each in waiting:
        more = f"{waiting_launches.name(each)}. {waiting_launches.told(each)}"
        yield Duty(1, one, one, nothing, "run", "warn", {"id": each.id}, more)
    if not waiting:
        yield Duty(0, one, one, nothing, "approvals")


def steering() -> Iterator[Duty]:
    """Count what was set going and should have begun or ended by now."""
    late = fetch(directions, states=(DirectionState.OVERDUE,))
    yield Duty(
        len(late),
        "direction should have begun or ended by now",
        "directions should have begun or ended by now",
        "no direction is overdue",
        "assessments",
        "bad",
        {"view": "Directions", "state": words.sentence(DirectionState.OVERDUE)},
    )
    due = fetch(market_tasks, state=TaskState.DUE, window=_COUNT_ONLY).total
    yield Duty(
        due,
        "market task is due",
        "market tasks are due",
        "no market task is due",
        "market_tasks",
        "warn",
        {"state": words.sentence(TaskState.DUE)},
    )
