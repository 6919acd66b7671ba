"""What the journal remembers about what customers allow."""

from dataclasses import dataclass
from typing import ClassVar

from core.activities.events.batch import EndsWork
from core.customers.events import OfCustomer
from core.customers.rules import Medium


@dataclass(frozen=True)
class _AllowedChanged(EndsWork, OfCustomer):
    """What a customer allows, and what it ended."""


@dataclass(frozen=True)
class ConsentChanged(_AllowedChanged):
    kind: ClassVar[str] = "consent.changed"

    medium: Medium
    is_given: bool


@dataclass(frozen=True)
class DoNotContactChanged(_AllowedChanged):
    """The customer does not want to be contacted at all, or may be contacted again."""

    kind: ClassVar[str] = "do-not-contact.changed"

    is_set: bool
