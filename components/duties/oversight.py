"""What waits for administrators and auditors."""

from collections.abc import Iterator
from datetime import timedelta

from components.duties.duty import Duty
from components.gateway import fetch, now
from core import history
from core.people.queries import account_counts
from core.windows import Window

_COUNT_ONLY = Window(size=1)
_WEEK = timedelta(days=7)


def administrator() -> Iterator[Duty]:
    """Count the accounts that need somebody."""
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


def auditor() -> Iterator[Duty]:
    """Count what was refused lately for want of a right."""
    kind, since = "request.refused", (now() - _WEEK).date()
    refused = fetch(history.entries, kind=kind, since=since, window=_COUNT_ONLY).total
    yield Duty(
        refused,
        "request was refused in the last seven days",
        "requests were refused in the last seven days",
        "nothing was refused for want of a right",
        "journal",
        query={"kind": "Request refused", "from": since.isoformat()},
    )
