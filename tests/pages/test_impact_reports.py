"""What leaves the Impact page: by a right of its own, noted, and with the numbers of the page."""

import io
import json
from decimal import Decimal

import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app as commands
from components import sessions, words
from components.reports import taking
from core.impact.queries.runs import impact
from core.journal.model import Entry, Subject
from core.runs.model import Run
from core.settings import settings
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

RIGHT = "report.exported"


@pytest.fixture(params=["proven", "nothing proven", "compromised"])
def run_id(request, installation):
    """A finished run: 300 treated, 100 held out, of whom 5 have the outcome without a contact."""
    outcomes = 15 if request.param == "nothing proven" else 45
    reached = 3 if request.param == "compromised" else 0
    return _finished(installation, outcomes=outcomes, held_out_reached=reached)


@pytest.fixture
def proven(installation):
    return _finished(installation, outcomes=45)


def _finished(engine, *, outcomes, held_out_reached=0):
    with Session(engine) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(session, control_share=2500, design={"contact_cost": Decimal(2)})
        candidates(session, made, people[:300], steps=3, outcomes=outcomes, value=200)
        there, rest = people[300 : 300 + held_out_reached], people[300 + held_out_reached :]
        candidates(session, made, there, arm=0, steps=3, is_imported=True, value=200)
        candidates(session, made, rest, arm=0, outcomes=5, value=200)
    return made


@pytest.fixture
def made(monkeypatch):
    """What each button makes when it is pressed, which is after the page has run, by its key."""
    offered = {}

    def keep(_label, make, *, key, **_):
        offered[key] = make

    monkeypatch.setattr(taking.st, "download_button", keep)
    return offered


@pytest.fixture
def fairlead(installation, monkeypatch):
    """Run a command against the bank whose pages are open."""
    monkeypatch.setattr("cli.common.now", lambda: NOW)
    monkeypatch.setattr("cli.common._engine", lambda: installation)
    monkeypatch.setattr("cli.common._close", lambda: None)

    def run(*arguments):
        result = CliRunner().invoke(commands, list(map(str, arguments)))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def said(app):
    kinds = ("markdown", "caption", "info", "subheader")
    return " ".join(str(each.value) for kind in kinds for each in app.get(kind))


def figures(app):
    return {tile.label: tile.value for tile in app.metric}


def traces(app):
    """Return every trace of every chart on the page."""
    charts = [
        json.loads(each.proto.spec or each.proto.figure.spec) for each in app.get("plotly_chart")
    ]
    return [trace for chart in charts for trace in chart["data"]]


def pdf_text(pdf):
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return " ".join(" ".join(page.split()) for page in pages)


def sheet(xlsx, name):
    """Read a sheet as one dictionary for each row."""
    head, *rows = load_workbook(io.BytesIO(xlsx))[name].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def entries(engine):
    with Session(engine) as session:
        return session.scalars(select(Entry).where(Entry.kind == RIGHT).order_by(Entry.id)).all()


def prepared(app):
    """Press for the report, and return what is offered then."""
    app.button(key="report:pdf").click().run()
    assert not app.exception
    return app.session_state["report:impact"][2]


def test_the_numbers_are_the_same_wherever_they_are_read(open_page, world, run_id, made, fairlead):
    app = open_page(world.eve, "impact", run=run_id)
    page, tiles, drawn = said(app).replace("\\", ""), figures(app), traces(app)
    workbook, paper = made["report:xlsx"](), pdf_text(prepared(app))
    told = json.loads(fairlead("impact", run_id, "--by", "branch", "--json").stdout)

    for sentence in (told["sentence"], told["evidence"]["why"]):
        assert sentence in page
        assert sentence in paper
    assert f"Evidence: {told['evidence']['grade']}." in paper
    [comparison] = told["comparisons"]
    effects = {row["Figure"]: row for row in sheet(workbook, "Effects")}
    assert {row["Evidence"].lower() for row in effects.values()} == {told["evidence"]["grade"]}
    _shares(comparison, effects, tiles, drawn, paper)
    _money(comparison, effects, tiles, drawn, paper)
    _arms(told["arms"], workbook, paper)
    _groups(told["groups"], workbook, drawn, paper)


def _shares(comparison, effects, tiles, drawn, paper):
    for label, value, low, high in (
        ("Per customer assigned", comparison["difference"], *_ends(comparison["newcombe"])),
        ("Per customer reached", *_three(comparison["per_reached"])),
    ):
        assert _exact(effects[label]) == pytest.approx((value, low, high), rel=1e-14)
        assert tiles[label] == words.points(value)
        assert f"{words.points(value)} {words.points(low)} {words.points(high)}" in paper
        [trace] = [each for each in drawn if each.get("x") == [pytest.approx(100 * value)]
                   and each["hovertemplate"].startswith(label)]  # fmt: skip
        assert trace["error_x"]["array"] == [pytest.approx(100 * (high - value))]
        assert trace["error_x"]["arrayminus"] == [pytest.approx(100 * (value - low))]
    tested = effects["Per customer assigned"]
    assert (tested["p"], tested["z or t"]) == pytest.approx((comparison["p"], comparison["z"]))
    found = _three(comparison["incremental_conversions"])
    assert _exact(effects["Incremental conversions"]) == pytest.approx(found, rel=1e-14)
    assert tiles["Incremental conversions"] in paper


def _money(comparison, effects, tiles, drawn, paper):
    for label, name in (
        ("Incremental value", "incremental_value"),
        ("Incremental profit", "incremental_profit"),
    ):
        found = _three(comparison[name])
        assert _exact(effects[label]) == pytest.approx(found, rel=1e-14)
        assert " ".join(words.money(each, short=True) for each in found) in paper
    profit, value = comparison["incremental_profit"], comparison["incremental_value"]
    assert tiles["Incremental profit"] == words.money(profit["value"], short=True)
    [steps] = [trace["x"] for trace in drawn if trace.get("base")]
    assert steps[0] == pytest.approx(value["value"])
    assert steps[-1] == pytest.approx(profit["value"])
    found = _three(comparison["return_on_cost"])
    assert _exact(effects["Return on cost"]) == pytest.approx(found, rel=1e-14)
    assert f"Return on cost {tiles['Return on cost']}" in paper


def _arms(arms, workbook, paper):
    rows = {row["Arm"].lower(): row for row in sheet(workbook, "Arms")}
    [inputs] = sheet(workbook, "Inputs")
    for arm in arms:
        row = rows[arm["name"]]
        assert (row["Targeted"], row["Reached"]) == (arm["n"], arm["reached"])
        assert row["With the outcome"] == arm["conversions"]
        assert row["Outcome rate"] == pytest.approx(arm["rate"])
        assert row["Variance of value"] == pytest.approx(arm["variance"])
        which = "held out" if arm["control"] else "treated"
        assert inputs[f"n: customers, {which}"] == arm["n"]
        assert inputs[f"x: with the outcome, {which}"] == arm["conversions"]
    control, treated = arms
    assert f"Targeted {control['n']} {treated['n']}" in paper
    assert f"With the outcome {control['conversions']} {treated['conversions']}" in paper


def _groups(groups, workbook, drawn, paper):
    rows = {row["Group"]: row for row in sheet(workbook, "By Branch")}
    assert rows.keys() == {group["group"] for group in groups}
    for group in groups:
        row, (value, low, high) = rows[group["group"]], _three(group["difference"])
        counts = [group[arm][part] for arm in ("treated", "control")
                  for part in ("denominator", "numerator")]  # fmt: skip
        names = ("Treated", "With outcome", "Held out", "With outcome (held out)")
        assert [row[name] for name in names] == counts
        found = (row["Difference"], row["From (95 %)"], row["To (95 %)"])
        assert found == pytest.approx((value, low, high), rel=1e-14)
        assert row["p after Holm"] == pytest.approx(group["p_adjusted"])
        written = " ".join(map(str, counts))
        points = " ".join(words.points(each).removesuffix(" points") for each in (value, low, high))
        assert f"{group['group']} {written} {points}" in paper
        assert [each for each in drawn if each.get("x") == [pytest.approx(100 * value)]
                and each["hovertemplate"].startswith(group["group"])]  # fmt: skip


def test_each_kind_of_result_says_which_it_is(run_id, ask, world, request):
    """Whatever the numbers are: the three runs above really are of three kinds."""
    sentence = ask(world.eve, impact, run_id=run_id).sentence
    begins = {
        "proven": "Treated customers converted more often",
        "nothing proven": "No proven effect",
        "compromised": "Not to be relied on",
    }
    assert sentence.startswith(begins[request.node.callspec.params["run_id"]])


def _exact(row):
    """Return what a cell holds: sixteen digits, which is as many as sheets keep."""
    return row["Value"], row["From (95 %)"], row["To (95 %)"]


def _ends(span):
    return span["low"], span["high"]


def _three(found):
    return found["value"], found["low"], found["high"]


class TestReport:
    def test_shows_its_progress_and_is_offered_when_it_is_ready(
        self, open_page, world, proven, installation
    ):
        app = open_page(world.eve, "impact", run=proven)
        assert not app.status
        paper = pdf_text(prepared(app))

        [status] = app.status
        assert (status.label, status.state) == ("The report is ready.", "complete")
        assert any("Save the report" in each.proto.label for each in app.get("download_button"))
        for name in (
            settings().bank_name,
            "Page 1 of",
            "Made 2 Mar 2026, 09:00 by",
            world.eve.name,
        ):
            assert name in paper
        [entry] = entries(installation)
        assert entry.actor_id == world.eve.person_id
        assert entry.facts["format"] == "PDF"

    def test_holds_the_split_of_the_page(self, open_page, world, proven, installation):
        app = open_page(world.eve, "impact", run=proven, by="Channel")
        paper = pdf_text(prepared(app))

        assert "Filters by: Channel" in paper
        assert "Funnel by channel" in paper
        assert [entry.facts["filters"] for entry in entries(installation)] == [{"by": "Channel"}]

    def test_is_made_anew_for_another_split(self, open_page, world, proven):
        app = open_page(world.eve, "impact", run=proven)
        prepared(app)
        app.query_params["by"] = "Channel"
        app.run()

        assert not any("Save" in each.proto.label for each in app.get("download_button"))

    def test_of_all_campaigns(self, open_page, world, proven, made, installation):
        app = open_page(world.eve, "impact")
        paper = pdf_text(prepared(app))
        rows = sheet(made["report:xlsx"](), "Effects")

        assert "Impact of all campaigns" in paper
        assert "+10.00 points" not in paper  # a table has bare numbers under its unit
        assert "+10.00" in paper
        assert {row["Run"] for row in rows} == {_code(installation, proven)}

    def test_of_a_run_without_held_out_says_why_there_is_no_effect(
        self, open_page, world, installation, made
    ):
        with Session(installation) as session, session.begin():
            run = finished_run(session)
            candidates(session, run, [1, 2, 3, 4], steps=[6, 5, 3, 1], outcomes=1)
        app = open_page(world.eve, "impact", run=run)
        paper = pdf_text(prepared(app))

        assert "No impact: no control group." in paper
        assert "Evidence: rates only: no control group." in paper
        assert sheet(made["report:xlsx"](), "Effects") == []

    def test_too_few_customers_give_no_number(self, open_page, world, installation, made):
        with Session(installation) as session, session.begin():
            people = crowd(session, 60)
            run = finished_run(session, control_share=2000)
            candidates(session, run, people[:48], steps=3, outcomes=9)
            candidates(session, run, people[48:], arm=0, outcomes=1)
        app = open_page(world.eve, "impact", run=run)

        assert "Too few customers to tell" in pdf_text(prepared(app))
        rows = sheet(made["report:xlsx"](), "Effects")
        assert {(row["Value"], row["Says"]) for row in rows} == {(None, "Too few")}


class TestPictures:
    def test_every_chart_of_the_page_can_be_taken_out(self, open_page, world, proven, made):
        for where in ({}, {"run": proven}):
            app = open_page(world.eve, "impact", **where)
            pictures = [make for key, make in made.items() if key.endswith(":png")]
            assert len(pictures) == len(app.get("plotly_chart"))
            for make in pictures:
                assert Image.open(io.BytesIO(make())).width > 1_000
            made.clear()

    def test_is_noted_with_its_run(self, open_page, world, proven, made, installation):
        open_page(world.tom, "impact", run=proven)
        next(make for key, make in made.items() if key.endswith(":png"))()

        [entry] = entries(installation)
        assert (entry.actor_id, entry.facts["format"]) == (world.tom.person_id, "PNG")
        with Session(installation) as session:
            names = session.scalars(select(Subject.name).where(Subject.entry_id == entry.id)).all()
        assert names == [f"run:{proven}"]


class TestRight:
    @pytest.mark.parametrize("who", ["lea", "pia"])
    def test_who_only_sees_impact_is_offered_nothing(self, open_page, world, proven, made, who):
        for where in ({}, {"run": proven}):
            app = open_page(getattr(world, who), "impact", **where)
            assert not [key for key in made if key.startswith("report:") or key.endswith(":png")]
            assert "report:pdf" not in [each.key for each in app.button]

    def test_a_right_that_was_lost_meanwhile_is_asked_for_again(
        self, open_page, world, proven, made, installation
    ):
        open_page(world.eve, "impact", run=proven)
        with installation.begin() as connection:
            connection.execute(text("UPDATE web_session SET ended_at = opened_at"))

        with pytest.raises(sessions.SignedOut):
            made["report:xlsx"]()
        assert not entries(installation)


class TestCommand:
    def test_writes_the_same_files(self, fairlead, proven, installation, tmp_path):
        pdf, xlsx = tmp_path / "impact.pdf", tmp_path / "impact.xlsx"
        done = fairlead("impact", proven, "--by", "region", "--pdf", pdf, "--xlsx", xlsx)

        assert done.exit_code == 0
        assert "Treated customers converted more often" in pdf_text(pdf.read_bytes())
        assert "For whom it worked: by region" in pdf_text(pdf.read_bytes())
        assert len(sheet(xlsx.read_bytes(), "By Region")) == 1
        assert [entry.facts["filters"] for entry in entries(installation)] == [{"by": "region"}] * 2
        assert [entry.facts["format"] for entry in entries(installation)] == ["PDF", "XLSX"]

    def test_says_where_it_can_not_write(self, fairlead, proven, tmp_path):
        done = fairlead("impact", proven, "--pdf", tmp_path / "nowhere" / "impact.pdf")

        assert done.exit_code == 1
        assert "can't be written: No such file or directory." in " ".join(done.stderr.split())


def _code(engine, run_id):
    with Session(engine) as session:
        return session.scalars(select(Run.code).where(Run.id == run_id)).one()
