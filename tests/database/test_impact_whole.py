"""What a report holds: a run with its splits, days and cycles, or all runs together."""

import io

import pypdfium2
import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from components.reports import board as board_report
from components.reports import sheets
from components.reports.content import Stamp
from components.reports.paper import as_pdf
from components.reports.run import of_run
from components.reports.workbook import as_xlsx
from core.campaigns.rules import RandomisedBy
from core.impact.actions import AnalyseRun, analyse_run
from core.impact.queries.board import results
from core.impact.queries.breakdown import breakdown
from core.impact.queries.compared import By, compared
from core.impact.queries.over_time import over_time
from core.impact.queries.portfolio import portfolio
from core.impact.queries.runs import impact
from core.impact.queries.whole import board, whole
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Leak, Run
from core.windows import Window
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run


@pytest.fixture
def run_id(engine):
    with Session(engine) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(session, control_share=2500)
        candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
        candidates(session, made, people[300:], arm=0, outcomes=5, value=200)
    return made


def test_says_what_each_question_says_by_itself(ask, do, world, run_id):
    do(world.mia, analyse_run, AnalyseRun(run_id, "Older customers first."))
    found = ask(world.mia, whole, run_id=run_id)

    assert found.run == ask(world.mia, impact, run_id=run_id)
    assert found.over_time == ask(world.mia, over_time, run_id=run_id)
    assert [split.name for split in found.breakdowns] == ["branch", "segments"]
    branches = ask(world.mia, breakdown, run_id=run_id, by="branch")
    assert list(found.breakdowns[0].compared) == branches
    assert [(row.cycle, row.conclusion) for row in found.cycles] == [(1, "Older customers first.")]


def test_of_groups_that_nobody_was_held_out_of_it_only_counts(ask, world, run_id):
    [split, *_] = ask(world.eve, whole, run_id=run_id, by=["channel"]).breakdowns

    assert (split.label, split.compared) == ("Channel", ())
    assert sum(row.tally.targeted for row in split.counted) == 300


def test_a_split_that_is_there_anyway_comes_once(ask, world, run_id):
    found = ask(world.eve, whole, run_id=run_id, by=["segments"])

    assert [split.name for split in found.breakdowns] == ["segments", "branch"]


def test_a_very_large_run_is_split_by_segment_only_if_that_is_asked(
    ask, world, run_id, monkeypatch
):
    monkeypatch.setattr("core.impact.queries.whole.MOST_SPLIT", 399)
    found = ask(world.eve, whole, run_id=run_id)
    asked = ask(world.eve, whole, run_id=run_id, by=["segments"])

    assert [split.name for split in found.breakdowns] == ["branch"]
    assert "customers the segments are only looked up if" in printed(of_run(found, STAMP))
    assert [split.name for split in asked.breakdowns] == ["segments", "branch"]


def test_is_of_the_own_units(ask, world, run_id):
    assert ask(world.lea, whole, run_id=run_id).run.treated.targeted == 150


@pytest.mark.parametrize(
    ("who", "filters", "refusal"),
    [
        ("ann", {}, NotAllowed),
        ("eve", {"run_id": 99}, NotFound),
        ("eve", {"by": ["weather"]}, Invalid),
    ],
)
def test_is_refused_like_its_parts(ask, world, run_id, who, filters, refusal):
    with pytest.raises(refusal):
        ask(getattr(world, who), whole, **{"run_id": run_id, **filters})


STAMP = Stamp("The Bank", NOW, "Eve Example")


def printed(document):
    pages = [
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(as_pdf(document))
    ]
    return " ".join(" ".join(pages).split())


def sheet(found, name):
    """Read a sheet as one dictionary for each row."""
    book = load_workbook(io.BytesIO(as_xlsx(of_run(found, STAMP), list(sheets.of_run(found)))))
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.fixture
def drawn_by_manager(engine):
    """Five treated and four held out managers with ten customers each, one of them contacted."""
    with Session(engine) as session, session.begin():
        made = finished_run(session, control_share=4_000)
        session.get_one(Run, made).randomised_by = RandomisedBy.MANAGER
        people = crowd(session, 90)
        for at, outcomes in enumerate((4, 3, 6, 2, 5, 1, 2, 0, 1)):
            mine, arm = list(people[10 * at : 10 * at + 10]), 1 if at < 5 else 0
            candidates(session, made, mine, arm=arm, outcomes=outcomes, value=50, cluster_id=at + 1)
        session.add(Leak(run_id=made, customer_id=people[89], at=NOW, actor_id=1, reason="Asked"))
    return made


def test_files_say_who_was_drawn_and_who_was_contacted_all_the_same(ask, world, drawn_by_manager):
    found = ask(world.eve, whole, run_id=drawn_by_manager)
    paper, rows = printed(of_run(found, STAMP)), sheet(found, "Clusters")

    assert "Not to be relied on" in paper
    assert "1 held out customer, 2.5 % of the control group, had a contact" in paper
    assert [(row["Arm"], row["Clusters"]) for row in rows] == [("Control", 4), ("Treated", 5)]
    assert [row["Sum of x times x"] for row in rows] == [1 + 4 + 0 + 1, 16 + 9 + 36 + 4 + 25]


def test_all_runs_say_what_each_question_says_by_itself(ask, world, run_id):
    found = ask(world.eve, board, by=By.UNIT)

    assert list(found.runs) == ask(world.eve, results, window=Window(size=10)).rows
    assert found.total == ask(world.eve, portfolio)
    assert list(found.groups) == ask(world.eve, compared, by=By.UNIT)
    assert [row.label for row in found.quarters] == ["Q1 2026"]
    paper = printed(board_report.of_board(found, STAMP))
    assert found.total.sentence in paper
    assert found.runs[0].sentence in paper
    assert "Side by side, by unit" in paper


def test_of_many_runs_only_the_latest_are_drawn_and_all_are_told(ask, world, engine, monkeypatch):
    monkeypatch.setattr("components.impact.ranking.MOST_DRAWN", 1)
    monkeypatch.setattr("components.reports.board.MOST_NAMED", 1)
    with Session(engine) as session, session.begin():
        people = crowd(session, 300)
        for _ in range(2):
            made = finished_run(session, control_share=5000)
            candidates(session, made, people[:150], steps=3, outcomes=45, value=200)
            candidates(session, made, people[150:], arm=0, outcomes=5, value=200)
    document = board_report.of_board(ask(world.eve, board), STAMP)
    part = next(part for part in document.parts if part.heading == "The effect on a customer")

    assert [note.text for note in part.picture.figure.layout.annotations] == ["+26.67 points"]
    assert "Drawn is the latest run; the table has all 2." in part.picture.said
    assert len(part.grid.rows) == 2
    assert part.evidence == "Evidence: 2 runs randomised; the table of every run says of each."


def test_a_bank_without_any_run_has_a_report_too(ask, world):
    found = ask(world.eve, board)

    assert "Nothing has been measured" in printed(board_report.of_board(found, STAMP))
    assert [row.name for row in sheets.of_board(found)][:3] == ["Effects", "Inputs", "Arms"]


def test_all_runs_are_for_those_who_may_see_impact(ask, world):
    with pytest.raises(NotAllowed):
        ask(world.ann, board)
