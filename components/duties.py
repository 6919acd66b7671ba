"""What needs somebody now, by role: each line counts, says what, and leads to where it is done."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import streamlit as st

from components import look, navigation, words
from components.gateway import current_actor, fetch, now
from core import history
from core.access import Permission, Role
from core.activities.queries import counts
from core.campaigns.queries import CampaignState, approvals_wanted, campaigns
from core.people.queries import account_counts
from core.people.queries.absences import away_today
from core.runs.queries import confirmations_wanted, runs
from core.runs.rules import RunStatus
from core.service.queries.escalations import escalation_counts
from core.service.rules import Alarm
from core.windows import Window

_COUNT_ONLY = Window(size=1)
_RUNNING = (RunStatus.LAUNCHED, RunStatus.PAUSED)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Duty:
    """So many of something: `one` and `many` are sentences without the number."""

    count: int
    one: str
    many: str
    nothing: str
    screen: str
    meaning: look.Meaning = "neutral"
    query: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return f"**{words.count(self.count)}** {self.one if self.count == 1 else self.many}"


def duties() -> list[Duty]:
    """Collect the lines of all roles of whoever is signed in."""
    may = current_actor().may
    lines: list[Duty] = []
    if Role.AGENT in current_actor().roles:  # what a lead works on is counted with the team's
        lines += _agent()
    if may(Permission.SEE_TEAM):
        lines += _lead()
    if may(Permission.APPROVE_DESIGNS):
        lines += _approver()
    if may(Permission.RUN_CAMPAIGNS):
        lines += _manager()
    if may(Permission.MANAGE_PEOPLE):
        lines += _administrator()
    if Role.AUDITOR in current_actor().roles:
        lines += _auditor()
    return lines


def draw(lines: Iterable[Duty]) -> None:
    """Draw what waits, the gravest first, and below it what is in order."""
    gravity: list[look.Meaning] = ["bad", "warn", "brand", "neutral", "good"]
    every = list(lines)
    waiting = sorted((d for d in every if d.count), key=lambda d: gravity.index(d.meaning))
    if every and not waiting:
        st.success("Nothing waits for you.", icon=":material/check:")
    for duty in waiting:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            look.badge({"bad": "Late", "warn": "Soon"}.get(duty.meaning, "To do"), duty.meaning)
            navigation.link(duty.screen, duty.sentence, actor=current_actor(), **duty.query)
    calm = [duty.nothing for duty in every if not duty.count]
    if waiting and calm:
        st.caption("In order: " + "; ".join(calm) + ".")


def _agent() -> Iterator[Duty]:
    mine = fetch(counts.my_counts)
    yield Duty(
        mine.overdue,
        "activity of yours is overdue",
        "activities of yours are overdue",
        "nothing overdue",
        "my_work",
        "bad",
    )
    yield Duty(
        mine.callbacks,
        "customer was promised a call by today",
        "customers were promised a call by today",
        "no calls promised",
        "my_work",
        "warn",
    )
    yield Duty(
        mine.due_today, "more is due today", "more are due today", "nothing due today", "my_work"
    )
    yield Duty(
        mine.pool,
        "activity waits in the pool of your branch",
        "activities wait in the pool of your branch",
        "nobody waits in the branch pool",
        "my_work",
        "brand",
    )
    yield Duty(
        len(fetch(confirmations_wanted)),
        "customer of yours is proposed for a campaign: yes or no?",
        "customers of yours are proposed for campaigns: yes or no?",
        "no customer of yours waits for your yes",
        "confirmations",
        "warn",
    )


def _lead() -> Iterator[Duty]:
    team, load = fetch(counts.team_counts), fetch(counts.workload)
    told = fetch(escalation_counts)
    yield Duty(
        told.missed,
        "missed activity of the team is not noted yet",
        "missed activities of the team are not noted yet",
        "nothing missed that you have not noted",
        "team_queue",
        "bad",
        {"alarms": "true", "alarm": Alarm.MISSED},
    )
    yield Duty(
        told.at_risk,
        "activity of the team has used up most of its time",
        "activities of the team have used up most of their time",
        "nothing is at risk",
        "team_queue",
        "warn",
        {"alarms": "true", "alarm": Alarm.AT_RISK},
    )
    yield Duty(
        team.overdue,
        "activity of the team is overdue",
        "activities of the team are overdue",
        "nothing overdue in the team",
        "team_queue",
        "bad",
    )
    yield Duty(
        len(fetch(away_today)),
        "person of the team is away today",
        "people of the team are away today",
        "nobody is away today",
        "absences",
    )
    yield Duty(
        team.unassigned,
        "activity belongs to nobody yet",
        "activities belong to nobody yet",
        "everything belongs to somebody",
        "team_queue",
        "warn",
    )
    yield Duty(
        sum(person.due_today > person.capacity for person in load),
        "person has more due today than a day holds",
        "people have more due today than a day holds",
        "nobody has more than a day holds",
        "team_queue",
        "warn",
    )


def _approver() -> Iterator[Duty]:
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


def _manager() -> Iterator[Duty]:
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
            "run has its candidates and waits to be launched",
            "runs have their candidates and wait to be launched",
            "no run waits to be launched",
        ),
    ):
        found = fetch(runs, status=(status,), window=_COUNT_ONLY).total
        yield Duty(found, one, many, nothing, "runs", "warn", {"status": status})
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


def _administrator() -> Iterator[Duty]:
    accounts = fetch(account_counts)
    yield Duty(
        accounts.locked,
        "account is locked after wrong passwords",
        "accounts are locked after wrong passwords",
        "no account is locked",
        "people",
        "warn",
    )
    yield Duty(
        accounts.without_role,
        "person has no role and sees nothing",
        "people have no role and see nothing",
        "everybody has a role",
        "people",
        "warn",
    )
    yield Duty(
        accounts.waiting,
        "person still has a first password",
        "people still have a first password",
        "nobody has a first password",
        "people",
    )


def _auditor() -> Iterator[Duty]:
    kind, since = "request.refused", (now() - _WEEK).date()
    refused = fetch(history.entries, kind=kind, since=since, window=_COUNT_ONLY).total
    yield Duty(
        refused,
        "request of the last seven days was refused for want of a right",
        "requests of the last seven days were refused for want of a right",
        "nothing was refused for want of a right",
        "journal",
        query={"kind": "Request refused", "from": since.isoformat()},
    )
