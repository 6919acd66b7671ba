"""Begin an import, say when everything is written, and wait to be killed before the commit."""

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from core.access import SYSTEM
from core.database import connect
from core.intake.actions.taking import take_in
from core.intake.rules import IntakeKind
from core.work import changing
from data.importers.meaning import read_mapping
from data.importers.reading import open_reading

url, file, mapping = sys.argv[1:]
request = open_reading(
    IntakeKind.CUSTOMERS, Path(file), read_mapping(Path(mapping), IntakeKind.CUSTOMERS)
).request(bank_name="The Bank")
now = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Europe/London"))
with changing(connect(url), SYSTEM, now=now) as work:
    fact = take_in(work, request)
    sys.stdout.write(f"{fact.created} written\n")
    sys.stdout.flush()
    sys.stdin.read()  # until the end that never comes
