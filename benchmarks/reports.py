"""How long somebody on the Impact page waits for the report and the workbook of the largest run.

Use: python -m benchmarks.reports ADDRESS, of a finished bank
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from components.reports import sheets
from components.reports.content import Stamp
from components.reports.paper import as_pdf
from components.reports.run import of_run
from components.reports.workbook import as_xlsx
from core.access import SYSTEM
from core.database import connect
from core.impact.queries.whole import Whole, whole
from core.runs.model import Candidate, Run
from core.settings import settings
from core.truth.queries.runs import Truth, restated
from core.work import reading

LONGEST = 10.0  # seconds


def in_time(url: str) -> bool:
    """Make both files, print how long they took, and tell whether in time.

    What draws on paper is loaded meanwhile: the first who asks for a report waits for that too.
    """
    engine = connect(url)
    now = datetime.now(settings().zone)
    stamp = Stamp("Benchmark", now, "Benchmark")
    kinds: dict[str, Callable[[Whole, Truth], bytes]] = {
        "PDF": lambda found, truth: as_pdf(of_run(found, stamp, truth)),
        "XLSX": lambda found, truth: as_xlsx(
            of_run(found, stamp, truth), list(sheets.of_run(found, truth))
        ),
    }
    with Session(engine) as session:
        many = func.count().label("many")
        sizes = select(Candidate.run_id, many).group_by(Candidate.run_id)
        run_id, size = session.execute(sizes.order_by(many.desc()).limit(1)).one()
        code = session.get_one(Run, run_id).code
    good = True
    for kind, made in kinds.items():
        started = time.perf_counter()
        with reading(engine, SYSTEM, now=now) as view:
            found, truth = whole(view, run_id=run_id), restated(view, run_id=run_id)
        gathered = time.perf_counter() - started
        made(found, truth)
        taken = time.perf_counter() - started
        good &= taken <= LONGEST
        print(
            f"{engine.dialect.name:10} {kind} of {code}: {size:,} candidates in {taken:.1f} s, "
            f"{gathered:.1f} s of it to gather{'  SLOW' if taken > LONGEST else ''}"
        )
    engine.dispose()
    return good


if __name__ == "__main__":
    sys.exit(0 if in_time(sys.argv[1]) else 1)
