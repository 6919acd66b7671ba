"""What a lead reads of a what-if: the sentence, the arrows and the figure."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from components.charts import whatif as charts
from core.measures import Rate
from core.queues.whatif.comparing import Comparison, Proposal
from core.queues.whatif.outlooks import Never, Outlook, Replay, summed

START = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Europe/London"))
NOBODY = Outlook(None, "Branch pool", 0, 0, 0, Rate(0, 0), None, 0, Rate(0, 0))
ANN = Outlook(1, "Ann <b>", 90, 20, 31, Rate(30, 60), START + timedelta(days=14), 900, Rate(9, 10))
BEN = Outlook(2, "Ben", 10, 10, 0, Rate(10, 10), START + timedelta(days=1), 100, Rate(1, 10))


def comparison(now, then):
    def replay(people):
        return Replay(tuple(people), NOBODY, summed([*people, NOBODY]))

    proposal = Proposal("least loaded first", {1: 2}, {1: 1}, {}, replay(then))
    until = datetime(2026, 3, 9, 0, 0, tzinfo=START.tzinfo)
    return Comparison(START, until, 1, (), replay(now), (proposal,)), proposal


def moved(outlook, **changes):
    return replace(outlook, **changes)


def test_the_sentence_says_what_falls_and_who_is_done_sooner():
    sooner = moved(ANN, overdue=4, level=Rate(56, 60), finishes=START + timedelta(days=3))
    assert charts.reading(*comparison([ANN, BEN], [sooner, BEN])) == (
        "By the end of Sun 8 Mar, overdue falls from 31 to **4** and **94.3 %** instead of 57.1 %"
        r" is in time; Ann \<b\> would finish on **Thu 5 Mar** instead of Mon 16 Mar."
    )


def test_the_sentence_says_when_it_gets_worse_or_stays():
    worse = moved(ANN, overdue=40)
    assert "rises from 31 to **40**." in charts.reading(*comparison([ANN], [worse]))
    said = charts.reading(*comparison([BEN], [BEN]))
    assert said == "By the end of Sun 8 Mar, overdue stays at **0**."


def test_the_sentence_says_whose_queue_would_never_be_done_otherwise():
    never = moved(ANN, finishes=Never.LEFT)
    done = moved(ANN, finishes=START + timedelta(days=3))
    said = charts.reading(*comparison([never, BEN], [done, BEN]))
    assert r"Ann \<b\> would finish on **Thu 5 Mar** instead of never: has left." in said
    said = charts.reading(*comparison([done, BEN], [never, BEN]))
    assert r"Ann \<b\> would not finish (never: has left) instead of on Thu 5 Mar." in said
    gone = moved(ANN, finishes=Never.TOO_MUCH)
    assert "Ann" not in charts.reading(*comparison([never, BEN], [gone, BEN]))


def test_arrows_stand_where_something_changes():
    both, proposal = comparison([ANN, BEN], [moved(ANN, work=50), moved(BEN, work=50)])
    [ann, ben, total] = charts.lines(both, proposal)
    written = {column.field: column.value(ann) for column in charts.COLUMNS}
    assert written == {
        "name": "Ann <b>",
        "work": "90 → 50",
        "overdue": "31",
        "level": "50 %",
        "finishes": "Mon 16 Mar",
        "used": "90 %",
        "minutes": "15",
    }
    assert (ben.name, total.name, total.now.work) == ("Ben", "Together", 100)


@pytest.mark.parametrize("end", [None, Never.NO_HOURS, Never.NO_CAPACITY])
def test_the_figure_has_a_place_for_what_is_never_done(end):
    both, proposal = comparison([moved(ANN, finishes=end), BEN], [ANN, BEN])
    figure = charts.finishes(charts.lines(both, proposal), start=START)
    now = next(trace for trace in figure.data if trace.name == "As things are")
    assert now.x[0] == (None if end is None else ANN.finishes + timedelta(days=3))
    assert now.marker.symbol[0] == ("circle-open" if end is None else "x-thin")
    assert "<" not in figure.data[0].y[0]
