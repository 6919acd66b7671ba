"""Coverage at size: our cells, their counting, SQL written by hand, and datasette asked the same.

The SQL counts one segment, all customers, for every product, and knows by heart the two segments
that have contact terms of their own; ours counts every segment, product, branch, aim and three
periods. Use: python -m benchmarks.coverage ADDRESS … of banks of `fairlead demo`, which are only
read.
"""

import asyncio
import logging
import statistics
import sys
import time
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from benchmarks.demo import built_at
from benchmarks.selection import most_memory
from core.access import SYSTEM
from core.campaigns.model import ContactOverride, ContactPolicy
from core.coverage.queries.cells import coverage
from core.coverage.queries.counting import count
from core.coverage.queries.customers import customers_of
from core.coverage.queries.meeting import met_by_both
from core.coverage.queries.overlapping import overlap
from core.coverage.rules import Aim, Part, rolling
from core.coverage.upkeep import usual_periods
from core.customers.model import Product
from core.database import connect, spilling
from core.database.columns import in_digits, in_microseconds
from core.segments.model import Segment
from core.work import reading

READ, COUNT, MEMORY = 25.0, 1.0, 700.0  # ms; ratio to one segment by hand; MB
BEHIND = 1000.0  # ms; the first page of customers, and how many they are
DAYS = 90
BY_HAND = """
WITH offer AS (
  SELECT r.id AS run_id, r.status, r.finished_at, d.id AS design_id, d.product_id
  FROM run r JOIN design d ON d.id = r.design_id JOIN campaign c ON c.id = d.campaign_id
  JOIN campaign_type t ON t.id = c.type_id
  WHERE d.product_id IS NOT NULL AND t.objective IN (1, 2)
    AND (r.status = 2 OR r.launched_at IS NOT NULL)
), put AS (
  SELECT a.customer_id, o.product_id, 1 AS place FROM activity a JOIN offer o ON o.run_id = a.run_id
  WHERE a.type = 1 AND a.contacted_at >= :since AND a.contacted_at < :until
  UNION ALL
  SELECT c.customer_id, o.product_id, 2 FROM candidate c JOIN offer o ON o.run_id = c.run_id
  WHERE c.arm = 0 AND c.confirmation <> 3 AND (o.status IN (2, 3, 4) OR o.finished_at >= :since)
  UNION ALL
  SELECT a.customer_id, o.product_id, 3 FROM activity a JOIN offer o ON o.run_id = a.run_id
  WHERE a.status IN (0, 1, 2) AND a.type = 1
  UNION ALL
  SELECT c.customer_id, o.product_id, 3 FROM candidate c JOIN offer o ON o.run_id = c.run_id
  WHERE c.arm > 0 AND c.confirmation <> 3 AND (o.status = 2 OR (o.status IN (3, 4) AND EXISTS (
    SELECT 1 FROM stage s WHERE s.design_id = o.design_id AND NOT EXISTS (
      SELECT 1 FROM run_stage m WHERE m.run_id = o.run_id AND m.stage_id = s.id))))
), touched AS (
  SELECT customer_id, product_id, min(place) AS place FROM put GROUP BY customer_id, product_id
), contacts AS (
  SELECT customer_id, max(contacted_at) AS last_at,
    sum(CASE WHEN contacted_at > :recent AND type = 1 THEN 1 ELSE 0 END) AS sales,
    sum(CASE WHEN contacted_at > :recent_leaving AND type = 1 THEN 1 ELSE 0 END) AS sales_leaving,
    sum(CASE WHEN contacted_at > :recent_family AND type = 1 THEN 1 ELSE 0 END) AS sales_family
  FROM activity WHERE contacted_at IS NOT NULL GROUP BY customer_id
), known AS (
  SELECT s.*, k.sales, k.sales_leaving, k.sales_family,
    CASE WHEN k.last_at >= s.last_contact_at THEN 0 ELSE 1 END AS elsewhere,
    s.products & :deposit <> 0 AND coalesce(s.churn_risk, 0) >= 0.3 AS leaving,
    s.products & :mortgage <> 0 AND s.products & :insurance = 0
      AND s.born_on > :oldest AND s.born_on <= :youngest AS family
  FROM customer_state s LEFT JOIN contacts k ON k.customer_id = s.customer_id
), stands AS (
  SELECT s.customer_id, s.products, CASE
    WHEN NOT s.is_active OR s.do_not_contact OR s.consents & :media = 0 THEN 4
    WHEN s.indicators & 8 <> 0 AND EXISTS (
      SELECT 1 FROM indicator i WHERE i.customer_id = s.customer_id AND i.kind = 3
        AND i.cleared_at IS NULL AND i.valid_from <= :now
        AND (i.valid_until IS NULL OR i.valid_until > :now)) THEN 4
    WHEN s.last_refusal_at > CASE WHEN s.leaving THEN :quiet_leaving
      WHEN s.family THEN :quiet_family ELSE :quiet END THEN 5
    WHEN s.leaving AND s.last_contact_at > :recent_leaving
      AND coalesce(s.sales_leaving, 0) + s.elsewhere >= :most_leaving THEN 5
    WHEN s.family AND s.last_contact_at > :recent_family
      AND coalesce(s.sales_family, 0) + s.elsewhere >= :most_family THEN 5
    WHEN NOT s.leaving AND NOT coalesce(s.family, false) AND s.last_contact_at > :recent
      AND coalesce(s.sales, 0) + s.elsewhere >= :most THEN 5
    WHEN EXISTS (SELECT 1 FROM holdout_customer c JOIN holdout h ON h.id = c.holdout_id
      WHERE c.customer_id = s.customer_id AND h.starts_on <= :today
        AND (h.ends_on IS NULL OR h.ends_on >= :today)) THEN 2
    ELSE 6 END AS place
  FROM known s
)
SELECT p.id, coalesce(t.place, s.place) AS place, count(*) AS customers
FROM stands s CROSS JOIN product p
LEFT JOIN touched t ON t.customer_id = s.customer_id AND t.product_id = p.id
WHERE t.place IS NOT NULL OR (s.products >> p.bit) & 1 = 0
GROUP BY p.id, coalesce(t.place, s.place)
"""


def main(*addresses: str) -> bool:
    """Measure each bank, print what came out, and tell whether it is within the limits."""
    return all(list(map(_measured, addresses)))


def _measured(address: str) -> bool:
    engine = connect(address)
    name, now = engine.dialect.name, built_at(engine)
    with Session(engine) as session:
        customers = session.scalar(text("SELECT count(*) FROM customer_state"))
        everybody = session.scalars(
            select(Segment.id).where(Segment.name == "All customers").limit(1)
        ).one()
        asked = _parameters(session, now)
    print(f"{name}: {customers:,} customers", flush=True)
    started = time.perf_counter()
    with Session(engine) as session:
        rows = session.execute(text(BY_HAND), asked).all()
    by_hand = time.perf_counter() - started
    started = time.perf_counter()
    with reading(spilling(engine), SYSTEM, now=now) as view:
        counted = count(view, periods=usual_periods(view))
    ours, memory = time.perf_counter() - started, most_memory()
    _agree(counted, everybody, rows)
    read, told = _timed(engine, now, lambda view: coverage(view, days=DAYS), times=20)
    segments = len(counted.segment_ids)
    print(f"{name} by hand: one segment in {by_hand:.1f} s")
    print(f"{name} counting: {segments} segments, 2 aims, 3 periods, branches in {ours:.1f} s")
    print(f"{name} memory of our process at most {memory:.0f} MB")
    print(f"{name} reading {len(told.cells)} cells: {read:.1f} ms", flush=True)
    behind = _behind(engine, now, told)
    for whom, taken_behind in behind.items():
        print(f"{name} customers {whom}: {taken_behind:.0f} ms", flush=True)
    if name == "sqlite":
        peer = asyncio.run(_datasette(make_url(address).database, asked))
        print(f"datasette, the same SQL: {peer:.1f} s; our cells in {peer * 1000 / read:,.0f}th")
    engine.dispose()
    each = ours / (segments * len(Aim) * len(counted.periods))
    fast = read < READ and max(behind.values()) < BEHIND
    return fast and each < by_hand * COUNT and memory < MEMORY


def _behind(engine, now, told) -> dict[str, float]:
    """Return how long first pages take: of the parts of a cell, and of two campaigns."""
    cell = max(told.cells, key=lambda each: each.parts.reached)
    of_cell = partial(customers_of, segment_id=cell.segment_id, product_id=cell.product_id)
    with reading(engine, SYSTEM, now=now) as view:
        pair = overlap(view, days=DAYS).pairs[0]
    both = partial(met_by_both, campaign_id=pair.campaign_id, other_id=pair.other_id)
    lists = {f"who are {part}": (partial(of_cell, part=part), cell.parts.of(part)) for part in Part}
    lists["whom two campaigns had"] = both, pair.both
    found = {}
    for whom, (asked, counted) in lists.items():
        found[whom], page = _timed(engine, now, partial(asked, days=DAYS))
        if page.total != counted:
            raise AssertionError(f"{page.total} {whom}, and not as many as were counted.")
    return found


def _timed(engine, now, asked, times=3):
    """Return the milliseconds that it takes, and the answer."""
    taken = []
    for _ in range(times):
        with reading(engine, SYSTEM, now=now) as view:
            started = time.perf_counter()
            answer = asked(view)
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken), answer


def _parameters(session, now):
    policy, period = session.get_one(ContactPolicy, 1), rolling(DAYS, now.date())
    codes = {"_leaving": "deposits-ending", "_family": "young-families"}
    terms = {"": policy}
    for name, code in codes.items():
        of = select(ContactOverride).join(Segment, Segment.id == ContactOverride.segment_id)
        terms[name] = session.scalars(of.where(Segment.code == code)).one()
    media = session.execute(
        text(
            "SELECT DISTINCT medium FROM channel JOIN action_type a ON a.id = action_type_id"
            " WHERE a.is_campaign_activity"
        )
    ).scalars()
    moments = {
        "since": period.since(now.tzinfo),
        "until": period.until(now.tzinfo),
        "now": now,
        **{f"recent{name}": now - timedelta(days=of.period_days) for name, of in terms.items()},
        **{f"quiet{name}": now - timedelta(days=of.quiet_days) for name, of in terms.items()},
    }
    born = {
        "oldest": now.date().replace(year=now.year - 43),
        "youngest": now.date().replace(year=now.year - 27),
    }
    today = now.date()
    if session.get_bind().dialect.name == "sqlite":
        moments = {key: in_microseconds(moment) for key, moment in moments.items()}
        born = {key: in_digits(day) for key, day in born.items()}
        today = today.isoformat()
    bits = dict(session.execute(select(Product.code, Product.bit)).all())
    return {
        **moments,
        **born,
        "today": today,
        **{f"most{name}": of.most_contacts for name, of in terms.items()},
        "deposit": 1 << bits["term-deposit"],
        "mortgage": 1 << bits["mortgage"],
        "insurance": 1 << bits["life-insurance"],
        "media": sum(1 << medium for medium in media),
    }


def _agree(counted, everybody, rows) -> None:
    """Compare our cells of one segment with what was counted by hand."""
    at = [period.days for period in counted.periods].index(DAYS)
    place = counted.segment_ids.index(everybody)
    found = counted.cells[at].sum(axis=0)[Aim.SELL.code - 1, :, :, place]
    by_hand = {(product, part): customers for product, part, customers in rows}
    for number, product in enumerate(counted.product_ids):
        for part in Part:
            ours = sum(int(found[number, each.code]) for each in part.places)
            if ours != by_hand.get((product, part.code), 0):
                raise AssertionError(f"Product {product}, {part}: {ours} are not as by hand.")


async def _datasette(file, asked) -> float:
    """Have datasette answer the same SQL, and return how long that took."""
    from datasette.app import Datasette  # noqa: PLC0415  a peer, not a part

    logging.getLogger("httpx").setLevel(logging.WARNING)
    peer = Datasette([file], settings={"sql_time_limit_ms": 3_600_000, "max_returned_rows": 5_000})
    await peer.invoke_startup()
    [name] = [each for each in peer.databases if not each.startswith("_")]
    address = f"/{name}.json?{urlencode({'sql': BY_HAND, '_shape': 'array', **asked})}"
    started = time.perf_counter()
    answer = await peer.client.get(address, timeout=None)
    taken = time.perf_counter() - started
    if answer.status_code != 200 or not answer.json():
        raise AssertionError(f"Datasette refused: {answer.text[:200]}")
    return taken


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
