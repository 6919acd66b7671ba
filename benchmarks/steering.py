"""Threats and the contact policy at size: whole pages, against SQL written by hand in the same run.

The SQL by hand counts what the page has to find, and no more: who is held by what is at work, and
who holds a product with how much. Use: python -m benchmarks.steering ADDRESS …
of banks of `fairlead demo`, which are only read.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from benchmarks.demo import built_at
from core.access import SYSTEM
from core.campaigns.contact_policy import contact_rules
from core.campaigns.queries.policy import contact_policy
from core.campaigns.queries.previews import audience_steps
from core.campaigns.rules import ContactRules, ContactTerms
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.database import connect
from core.market.model import Threat
from core.market.queries.exposure import Exposed, exposed_customers, stake
from core.portfolio.queries.threats import threat, threats, unanswered
from core.runs.queries.held import held_by_segment, held_customers, held_summary, reserving
from core.runs.queries.simulating import simulate, simulate_runs, simulate_segments
from core.segments.model import Segment
from core.windows import Window
from core.work import Reader, reading

MOST = 1.0  # seconds of anything that a page asks, of a bank of a million customers or fewer
ROUNDS = 5
WINDOW = Window(sort="balance", descending=True)
# Who is at work, and until when: the most of who is held.
AT_WORK = """
SELECT r.ends_on, count(*) FROM (
  SELECT a.customer_id, max(a.run_id) AS run_id FROM activity a
  WHERE a.status IN (0, 1, 2) GROUP BY a.customer_id
) w JOIN customer_state s ON s.customer_id = w.customer_id JOIN run r ON r.id = w.run_id
WHERE s.is_active GROUP BY r.ends_on
"""
HOLDERS = """
SELECT count(*), sum(h.balance), sum(s.yearly_value), sum(s.churn_risk) FROM (
  SELECT customer_id, sum(balance) AS balance FROM holding
  WHERE product_id = :product AND closed_on IS NULL GROUP BY customer_id
) h JOIN customer_state s ON s.customer_id = h.customer_id WHERE s.is_active
"""
Ask = Callable[[Reader], Any]


def main(*addresses: str) -> bool:
    """Measure each bank, print what came out, and tell whether it is within the limits."""
    return all(list(map(_measured, addresses)))


def _measured(address: str) -> bool:
    engine = connect(address)
    with Session(engine) as session:
        gravest = session.scalars(select(Threat).order_by(Threat.customers.desc()).limit(1)).one()
        product = {"product": gravest.product_id}
        rules = contact_rules(session)
        segments = session.execute(
            select(Segment.name, Segment.rule)
            .where(Segment.rule.is_not(None), ~Segment.is_retired)
            .order_by(func.lower(Segment.name))
        ).all()
        customers = session.scalar(select(func.count()).select_from(CustomerState)) or 0
    most = MOST * max(1.0, customers / 1_000_000)
    now = built_at(engine)
    whom = Exposed(gravest.unit_id, gravest.product_id, gravest.segment_id)
    terms = rules.bank
    fewer = ContactTerms(max(terms.most_contacts - 1, 1), terms.period_days, terms.quiet_days + 30)
    tried = ContactRules(fewer, rules.overrides)
    by_hand = {
        name: _median(engine, now, lambda view, sql=sql: _by_hand(view, sql, product))
        for name, sql in (("at work", AT_WORK), ("holders", HOLDERS))
    }
    good = True
    for name, asked, limit in _asked(gravest.id, whom, tried):
        taken = _median(engine, now, asked)
        late = taken > most
        good &= not late
        ratio = f", {taken / by_hand[limit]:.1f} of {limit} by hand" if limit else ""
        print(
            f"{engine.dialect.name:10} {name:28} {taken * 1000:7.0f} ms{ratio}"
            f"{'  SLOW' if late else ''}",
            flush=True,
        )
    for name, rule in segments:
        taken = _median(
            engine,
            now,
            lambda view, rule=rule: audience_steps(view, rule=rule, medium=Medium.PHONE),
        )
        late = taken > most
        good &= not late
        print(
            f"{engine.dialect.name:10} audience: {name[:40]:40} {taken * 1000:7.0f} ms"
            f"{'  SLOW' if late else ''}",
            flush=True,
        )
    engine.dispose()
    return good


def _asked(
    threat_id: int, whom: Exposed, tried: ContactRules
) -> Iterator[tuple[str, Ask, str | None]]:
    """Name what pages ask, and what by hand it is compared with."""
    yield "threats", lambda view: (unanswered(view), threats(view, window=WINDOW)), None
    yield (
        "threat",
        lambda view: (
            threat(view, threat_id=threat_id),
            exposed_customers(view, threat_id=threat_id, window=WINDOW),
        ),
        "holders",
    )
    yield "what is at stake", lambda view: stake(view, whom), "holders"
    yield "policy", contact_policy, None
    yield "held", lambda view: (reserving(view), held_summary(view)), "at work"
    yield "held, one by one", lambda view: held_customers(view, window=Window()), "at work"
    yield "simulation", lambda view: simulate(view, rules=tried), None
    by_branch = Window(sort="branch", descending=True, first=1000)
    yield "held, by branch", lambda view: held_customers(view, window=by_branch), "at work"
    yield "held by segment", held_by_segment, None
    yield "simulation by segment", lambda view: simulate_segments(view, rules=tried), None
    yield "simulation by run", lambda view: simulate_runs(view, rules=tried), None


def _by_hand(view: Reader, sql: str, values: dict[str, Any]) -> Any:
    return view.session.execute(text(sql), values if ":product" in sql else {}).all()


def _median(engine: Engine, now: datetime, asked: Ask) -> float:
    taken = []
    for _ in range(ROUNDS + 1):
        with reading(engine, SYSTEM, now=now) as view:
            started = time.perf_counter()
            asked(view)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])  # the first warms up


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
