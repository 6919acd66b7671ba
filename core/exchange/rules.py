"""CloudEvents 1.0: how our notices look to the neighbours. No database here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
