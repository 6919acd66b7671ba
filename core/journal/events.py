"""What the journal remembers of requests that were refused."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class RequestRefused(Event):
    """Somebody asked for what their roles do not include."""

    kind: ClassVar[str] = "request.refused"

    reason: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class TryRefused(Event):
    """A try that is journaled although whoever tried holds the right."""

    reason: str
    about: tuple[str, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return self.about


@dataclass(frozen=True)
class ContactRefused(TryRefused):
    """Somebody tried to contact a customer who is held out."""

    kind: ClassVar[str] = "contact.refused"


@dataclass(frozen=True)
class OwnHandRefused(TryRefused):
    """Somebody tried to agree to what they had a hand in."""

    kind: ClassVar[str] = "own_hand.refused"


@dataclass(frozen=True)
class LaunchRefused(TryRefused):
    """Somebody asked for a launch that an approver has to allow first."""

    kind: ClassVar[str] = "launch.refused"
