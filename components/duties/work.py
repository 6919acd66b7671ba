"""What waits for agents and team leads, and what is in the way of their work."""

from collections.abc import Iterator

from components.duties.duty import Duty
from components.gateway import fetch
from core.activities.queries import counts
from core.people.queries.absences import away_today
from core.queues.queries.exceptions import exceptions
from core.queues.rules import Trouble
from core.runs.queries import confirmations_wanted
from core.service.queries.escalations import escalation_counts
from core.service.rules import Alarm
from core.truth.queries.reviews import reviews_wanted

# These have lines of their own, or are nobody's hurry.
TOLD_ELSEWHERE = (Trouble.MISSED, Trouble.UNASSIGNED, Trouble.OFF_PACE, Trouble.NO_CALENDAR)


def agent() -> Iterator[Duty]:
    """Count the own work, the branch pool, and the candidates to confirm."""
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
        "customer of yours is proposed: yes or no?",
        "customers of yours are proposed: yes or no?",
        "no customer of yours waits for your yes",
        "confirmations",
        "warn",
    )


def lead() -> Iterator[Duty]:
    """Count what waits in the team, what is late there, and who is away."""
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
        "activity of the team is at risk",
        "activities of the team are at risk",
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
    yield Duty(
        fetch(reviews_wanted),
        "reported sale of your branch is to be looked at",
        "reported sales of your branch are to be looked at",
        "no reported sale is to be looked at",
        "truth",
        "brand",
    )


def exceptions_line() -> Iterator[Duty]:
    """Count what is in the way of the work, without what other lines tell."""
    found = fetch(exceptions)
    yield Duty(
        sum(each.count for each in found if each.trouble not in TOLD_ELSEWHERE),
        "exception is in the way of the work",
        "exceptions are in the way of the work",
        "nothing is in the way of the work",
        "exceptions",
        "bad",
    )
    lines = {
        Trouble.UNASSIGNED: (
            "activity waits in a pool for too long",
            "activities wait in pools for too long",
            "nothing has been waiting for too long",
        ),
        Trouble.OFF_PACE: (
            "run is off its pace",
            "runs are off their pace",
            "every run is on pace",
        ),
    }
    for each in found:
        if each.trouble in lines:
            kind = {"kind": each.trouble.name.lower()}
            yield Duty(each.count, *lines[each.trouble], "exceptions", "warn", kind)
