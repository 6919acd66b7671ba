"""What the journal remembers about customers. Never a name or number of theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.journal.model import Event, Notice


@dataclass(frozen=True)
class OfCustomer(Event):
    customer_id: int
    customer_no: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"customer:{self.customer_id}",)


@dataclass(frozen=True)
class CustomerAssigned(OfCustomer):
    """Somebody else, or nobody, is the customer's relationship manager from now on."""

    kind: ClassVar[str] = "customer.assigned"

    from_person_id: int | None
    person_id: int | None

    @property
    def subjects(self) -> tuple[str, ...]:
        people = (self.from_person_id, self.person_id)
        return (*super().subjects, *(f"person:{id_}" for id_ in people if id_ is not None))


@dataclass(frozen=True)
class _OfIndicator(OfCustomer):
    indicator: str
    reference: str | None

    def _notice(self, state: str, valid_until: datetime | None) -> tuple[Notice, ...]:
        payload = {
            "customer": self.customer_no,
            "indicator": self.indicator,
            "state": state,
            "reference": self.reference,
            "validUntil": valid_until,
        }
        return (Notice("PartyRoutingProfile/Updated", f"customer:{self.customer_no}", payload),)


@dataclass(frozen=True)
class IndicatorSet(_OfIndicator):
    kind: ClassVar[str] = "indicator.set"

    valid_until: datetime | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice("set", self.valid_until)


@dataclass(frozen=True)
class IndicatorCleared(_OfIndicator):
    kind: ClassVar[str] = "indicator.cleared"

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice("cleared", None)
