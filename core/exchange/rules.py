"""CloudEvents 1.0: how our notices look to the neighbours. No database here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.refusals import Invalid

INITIATIVE = "BusinessDevelopment/InitiativeProposed"
SPEC_VERSION = "1.0"
SCHEMA_VERSION = "1"
SOURCE = "/fairlead"


@dataclass(frozen=True)
class CloudEvent:
    """One event as a neighbour receives it; `id` grows and is never used twice by `source`."""

    id: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]
    source: str = SOURCE

    def plain(self) -> dict[str, Any]:
        """Return the event in the structured JSON form of the specification."""
        return {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "schemaversion": SCHEMA_VERSION,
            "data": self.data,
        }


def incoming(sent: Any) -> CloudEvent:
    """Read an event that a neighbour sent in the structured JSON form of the specification.

    :raises Invalid: naming the field that is missing or can't be meant
    """
    if not isinstance(sent, dict):
        raise Invalid("An event is a JSON object.")
    if sent.get("specversion") != SPEC_VERSION:
        raise Invalid(f"Only events of CloudEvents {SPEC_VERSION} are taken in: say specversion.")
    for name in ("id", "source", "type", "time"):
        if not isinstance(sent.get(name), str) or not sent[name].strip():
            raise Invalid(f"The event has no “{name}”.")
    if not isinstance(sent.get("data"), dict):
        raise Invalid("The event's “data” has to be an object.")
    try:
        time = datetime.fromisoformat(sent["time"])
    except ValueError as error:
        raise Invalid("The event's “time” has to be a moment such as 2026-05-01T09:00Z.") from error
    if time.tzinfo is None:
        raise Invalid("The event's “time” has to name its zone, such as Z.")
    return CloudEvent(
        id=sent["id"],
        type=sent["type"],
        subject=str(sent.get("subject", "")),
        time=time,
        data=sent["data"],
        source=sent["source"],
    )
