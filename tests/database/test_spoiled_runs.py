"""Runs of which not everything can be said: the reason is named, and no number is odd."""

import json

import pytest

from core.campaigns.rules import Metric
from core.impact.plain import report_plain
from core.impact.queries.runs import impact
from tests.making.spoiled import CASES, spoiled


@pytest.mark.parametrize("case", CASES)
def test_each_has_its_reason_and_no_number_is_odd(case, arrange, ask, world):
    given, why = CASES[case]
    run_id = arrange(lambda session: spoiled(session, **given))

    found = ask(world.eve, impact, run_id=run_id)

    told = json.dumps(report_plain(found.report), allow_nan=False)
    assert why.lower() in f"{told} {found.sentence}".lower()
    rates = [arm.tally.rate(metric).value for arm in found.report.arms for metric in Metric]
    assert all(rate is None or 0 <= rate <= 1 for rate in rates)
    bought = given.get("bought", (20, 8))
    for comparison in found.report.comparisons:
        assert (comparison.difference.value > 0) is (bought[0] > bought[1])
        assert comparison.is_proven is (bought == (20, 8))
