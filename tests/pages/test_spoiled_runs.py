"""Runs of which not everything can be said: the page gives the reason, and no odd number."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.campaigns.rules import Metric
from core.impact.plain import report_plain
from core.impact.queries.runs import impact
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.work import reading
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

MANY = 80
ODD = re.compile(r"\b(nan|NaN|inf|Infinity|None)\b")
# What was planned and done, and what has to stand on the page.
CASES = {
    "no control group": ({"share": 0, "held_out": 0}, "no control group"),
    "an arm without members": ({"held_out": 0}, "nobody in the control group that was planned"),
    "nobody treated": ({"treated": 0}, "nobody in the treated group"),
    "nobody reached": ({"steps": 2}, "Nobody reached yet"),
    "all converted": ({"bought": (MANY, MANY)}, "No proven effect"),
    "nobody converted": ({"bought": (0, 0)}, "No proven effect"),
    "a negative value": ({"value": -5}, "outcomes are recorded as worth less than nothing"),
    "no value": ({"value": None}, "no value recorded"),
    "no cost": ({"cost": None}, "nobody said what a contact costs"),
    "stopped within a day": ({"hours": 20}, "the run was stopped within a day"),
    "too few": ({"treated": 10, "held_out": 10, "bought": (3, 1)}, "Too few"),
}


def spoiled(
    session,
    *,
    share=5_000,
    treated=MANY,
    held_out=MANY,
    steps=3,
    bought=(20, 8),
    value=200,
    cost=Decimal(2),
    hours=None,
):
    """Make a run of `treated` and `held_out` customers, of whom so many have the outcome."""
    run_id = finished_run(session, control_share=share, design={"contact_cost": cost})
    people = crowd(session, treated + held_out)
    worth = {"value": value}
    candidates(session, run_id, people[:treated], steps=steps, outcomes=bought[0], **worth)
    candidates(session, run_id, people[treated:], arm=0, outcomes=bought[1], **worth)
    if hours is not None:
        begun = NOW - timedelta(days=5)
        session.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(
                status=RunStatus.STOPPED,
                launched_at=begun,
                finished_at=begun + timedelta(hours=hours),
            )
        )
    return run_id


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader", "warning")
    said = [str(each.value) for kind in kinds for each in app.get(kind)]
    return " ".join(said + [f"{tile.label} {tile.value} {tile.delta or ''}" for tile in app.metric])


@pytest.mark.parametrize("case", CASES)
def test_each_has_its_reason(case, open_page, world, installation):
    given, why = CASES[case]
    with Session(installation) as session, session.begin():
        run_id = spoiled(session, **given)

    app = open_page(world.eve, "impact", run=str(run_id))
    board = open_page(world.eve, "impact")

    for page in (app, board):
        assert not page.exception
        assert not page.error
        assert not ODD.search(re.sub(r"<[^>]*>", " ", texts(page)))
    assert why in texts(app)


@pytest.mark.parametrize("case", CASES)
def test_no_number_is_odd_and_no_sign_wrong(case, world, installation):
    given, _why = CASES[case]
    with Session(installation) as session, session.begin():
        run_id = spoiled(session, **given)
    with reading(installation, world.eve, now=NOW) as view:
        found = impact(view, run_id=run_id)

    json.dumps(report_plain(found.report), allow_nan=False)
    rates = [arm.tally.rate(metric).value for arm in found.report.arms for metric in Metric]
    assert all(rate is None or 0 <= rate <= 1 for rate in rates)
    bought = given.get("bought", (20, 8))
    for comparison in found.report.comparisons:
        assert (comparison.difference.value > 0) is (bought[0] > bought[1])
        assert comparison.is_proven is (bought == (20, 8))
