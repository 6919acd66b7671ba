"""Running a campaign on screen: start, select, confirm, launch, end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from components.words import plain
from core.access import SYSTEM, Role
from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity
from core.campaigns.model import Design
from core.campaigns.rules import DesignStatus, Metric, RandomisedBy
from core.gate.actions import AllowLaunch, ApproveDesign, allow_launch, approve_design
from core.people.model import PersonRole
from core.portfolio.model import Plan, PlanEntry
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import RULE, approved_design
from tests.making.runs import planned_run


@pytest.fixture
def planned(engine):
    with Session(engine) as session, session.begin():
        return planned_run(session, approved_design(session, control_share=2000))


@pytest.fixture
def selected(do, planned):
    do(SYSTEM, select_candidates, SelectCandidates(planned))
    return planned


@pytest.fixture
def status_of(engine):
    def look(run_id):
        with Session(engine) as session:
            return session.get_one(Run, run_id).status

    return look


FORECAST = {
    "unit": "The Bank",
    "population": 15,
    "eligible": 14,
    "steps": [{"reason": "not in the segment rule", "customers": 1}],
}


def forecast_beside(engine, do, **changes):
    """Select for a design that was approved with a forecast of one candidate more."""
    frozen = {"rule": RULE, "exclusion": None, "forecast": FORECAST | changes}
    with Session(engine) as session, session.begin():
        run_id = planned_run(session, approved_design(session, frozen=frozen))
    do(SYSTEM, select_candidates, SelectCandidates(run_id))
    return run_id


def press(app, label):
    [button] = [b for b in app.button if b.label == label]
    button.click()
    app.run()
    assert not app.exception, app.exception
    return app


def said(app):
    return [message.value for message in app.success]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            "13 were found, 1 fewer: most of it by “Not in the segment rule”, which kept out 1",
        ),
        (
            {"eligible": 11, "steps": [{"reason": "contact cap", "customers": 4}]},
            "13 were found, 2 more: most of it by “Contact cap”, which kept out 4 fewer.",
        ),
        (
            {"eligible": 13, "steps": []},
            "The forecast expected 13 candidates, and so many were found.",
        ),
        (
            {"unit": "Region"},
            "The forecast counted all of Region and expected 14 candidates there;",
        ),
    ],
    ids=["fewer", "more", "as many", "another unit"],
)
def test_sets_the_selection_beside_the_forecast(open_page, world, engine, do, changes, sentence):
    run_id = forecast_beside(engine, do, **changes)

    app = open_page(world.mia, "run", id=run_id)

    assert any(plain(sentence) in text.value for text in app.markdown)


class TestBeforeLaunch:
    @pytest.fixture
    def run_of(self, engine, do, world):
        """Select in a unit for a version that was to show much with few, and was approved."""

        def make(unit_id, **terms):
            columns = {"control_share": 5_000, "expected_rate": 0.95, "expected_gain": 0.9}
            asked = {"status": DesignStatus.SUBMITTED, "approver_id": None, "frozen": None}
            with Session(engine) as session, session.begin():
                id_ = approved_design(session, **(columns | asked | terms))
                version = session.get_one(Design, id_).row_version
            do(world.pia, approve_design, ApproveDesign(id_, version, override="It is small"))
            with Session(engine) as session, session.begin():
                run_id = planned_run(session, id_, unit_id=unit_id)
            do(SYSTEM, select_candidates, SelectCandidates(run_id))
            return run_id

        return make

    def test_what_was_agreed_stands_beside_what_was_found(self, open_page, world, run_of):
        app = open_page(world.mia, "run", id=run_of(bank.BANK))

        [grid] = [each.value for each in app.dataframe if "Agreed" in each.value]
        assert list(grid["What"]) == [
            "Treated",
            "Held out",
            "Can be worked until the end",
            "Smallest gain that is seen",
            "Chance to see 90.00 points",
        ]
        assert "There are hands for" in " ".join(each.value for each in app.markdown)

    def test_a_selection_that_shows_less_is_warned_of(self, open_page, world, run_of):
        app = open_page(world.mia, "run", id=run_of(bank.SOUTH))
        assert "can hardly be shown with this selection" in app.warning[0].value
        said = " ".join(each.value for each in app.caption)
        assert "It is small" not in said
        assert "It can be launched once an approver has allowed it here" in said
        press(app, "Launch")
        assert any("An approver has to allow" in each.value for each in app.warning)

    def test_what_missing_answers_cost_is_said_before_a_launch_without_them(
        self, engine, open_page, world, run_of
    ):
        run_id = run_of(bank.BANK)
        with Session(engine) as session, session.begin():
            treated = (Candidate.run_id == run_id, Candidate.arm > 0)
            unanswered = {"confirmation": Confirmation.PENDING, "confirmer_id": world.ann.person_id}
            session.execute(update(Candidate).where(*treated).values(unanswered))

        app = open_page(world.pia, "run", id=run_id)
        assert "There are hands for" in " ".join(each.value for each in app.markdown)
        said = " ".join(each.value for each in app.caption)
        assert "without those whose manager has not answered, the chance would be 0 %" in said
        assert "Why launch it all the same?" in [each.label for each in app.text_input]

    def test_an_approver_allows_what_shows_less(self, open_page, world, run_of, status_of):
        run_id = run_of(bank.SOUTH)
        app = open_page(world.pia, "run", id=run_id)
        [field] = [each for each in app.text_input if each.label == "Why launch it all the same?"]
        field.input("A *pilot* first")
        press(app, "Allow the launch")
        assert "may be launched" in app.success[0].value

        app = open_page(world.mia, "run", id=run_id)
        said = " ".join(each.value for each in app.caption)
        assert "allowed the launch on 2 Mar 2026, 09:00, at a chance of " in said
        assert ": A \\*pilot\\* first" in said
        press(app, "Launch")
        assert status_of(run_id) is RunStatus.LAUNCHED

    def test_home_and_approvals_lead_to_a_launch_that_waits(self, open_page, world, run_of):
        run_id = run_of(bank.SOUTH)

        def links(app):
            return {each.proto.label: each.proto for each in app.get("page_link")}

        def said(app):
            return " ".join(each.value for each in app.caption)

        home = open_page(world.pia, "home")
        line = links(home)["**1** launch waits until you allow it"]
        assert (line.page, line.query_string) == ("run", f"id={run_id}")
        assert "in South. The chance to see the gain is " in said(home)
        assert "nobody has asked yet" in said(home)
        press(open_page(world.mia, "run", id=run_id), "Launch")
        home = open_page(world.mia, "home")
        assert "**1** launch waits for an approver to allow it" in links(home)

        app = open_page(world.pia, "approvals")
        assert "Launches that wait to be allowed" in [each.value for each in app.subheader]
        assert f"{world.mia.name} asked for the launch on 2 Mar 2026, 09:00." in said(app)
        [line] = [each for label, each in links(app).items() if label.startswith("Open run")]
        assert line.query_string == f"id={run_id}"

    def test_who_had_a_hand_in_a_run_is_told_that_somebody_else_decides(
        self, engine, open_page, world, run_of, do, status_of
    ):
        run_id, roles = run_of(bank.SOUTH), frozenset({Role.CAMPAIGN_MANAGER, Role.APPROVER})
        both, other = (replace(each, roles=roles) for each in (world.eve, world.pia))
        with Session(engine) as session, session.begin():
            session.add(PersonRole(person_id=other.person_id, role=Role.CAMPAIGN_MANAGER))
            session.add_all(PersonRole(person_id=both.person_id, role=role) for role in roles)
        do(both, select_candidates, SelectCandidates(run_id))

        for shown in ("run", "approvals"):
            app = open_page(world.eve, shown, **({"id": run_id} if shown == "run" else {}))
            told = " ".join(each.value for each in app.caption)
            assert "You started this run, selected for it or asked for its launch." in told
            assert not [each for each in app.button if each.label == "Allow the launch"]
        do(other, allow_launch, AllowLaunch(run_id, "A pilot"))
        app = open_page(world.pia, "run", id=run_id)
        assert "somebody else has to launch it" in " ".join(each.value for each in app.caption)
        press(app, "Launch")
        assert any("You allowed this launch yourself." in each.value for each in app.warning)
        assert status_of(run_id) is RunStatus.SELECTED

    def test_an_approval_over_the_gate_is_remembered(self, open_page, world, run_of):
        app = open_page(world.mia, "run", id=run_of(bank.BANK, expected_gain=0.01))
        assert "It is small" in " ".join(each.value for each in app.caption)

    def test_after_the_launch_it_is_gone(self, open_page, world, run_of, do):
        run_id = run_of(bank.BANK)
        do(SYSTEM, launch, Launch(run_id, without_pending=True))
        app = open_page(world.mia, "run", id=run_id)
        assert "Before the launch" not in [header.value for header in app.subheader]

    def test_of_a_design_that_was_never_weighed_nothing_is_said(self, open_page, world, selected):
        app = open_page(world.mia, "run", id=selected)
        assert "Before the launch" not in [header.value for header in app.subheader]


class TestRuns:
    def test_lists_the_runs(self, open_page, world, selected):
        app = open_page(world.mia, "runs")

        [grid] = app.dataframe
        assert list(grid.value["Run"]) == ["RUN-1"]
        assert list(grid.value["Candidates"]) == [13]

    def test_a_row_leads_to_the_run_and_back_to_the_whole_list(
        self, open_page, world, selected, choose
    ):
        app = choose(open_page(world.mia, "runs"), "runs", 0)
        assert app.title[0].value == "Campaign X: RUN-1"

        app.switch_page("../pages/runs.py").run()
        assert app.title[0].value == "Runs"

    def test_filters_come_from_the_address(self, open_page, world, selected):
        app = open_page(world.mia, "runs", q="nothing like it")

        assert "No run matches" in app.info[0].value

    def test_starts_a_run_from_an_approved_design(self, open_page, world, engine):
        with Session(engine) as session, session.begin():
            approved_design(session, code="SAVE")
        app = open_page(world.mia, "runs")
        [design] = [s for s in app.selectbox if s.label == "Design"]
        assert design.options == ["Campaign SAVE (SAVE), version 1"]
        [unit] = [s for s in app.selectbox if s.label == "Unit"]
        unit.select_index([name.strip() for name in unit.options].index("North"))
        [description] = [t for t in app.text_input if t.label == "Description"]
        description.input("Spring")
        press(app, "Start the run")

        assert said(app) == ["Run SAVE-R1 is planned. Select its candidates next."]
        assert app.title[0].value == "Campaign SAVE: SAVE-R1"
        with Session(engine) as session:
            run = session.scalars(select(Run)).one()
        assert (run.description, run.unit_id) == ("Spring", bank.NORTH)

    def test_offers_only_units_inside_the_campaigns(self, open_page, world, engine):
        with Session(engine) as session, session.begin():
            approved_design(session, campaign_columns={"unit_id": bank.REGION})

        [unit] = [s for s in open_page(world.mia, "runs").selectbox if s.label == "Unit"]

        assert [name.strip() for name in unit.options] == ["Region", "North", "South"]

    def test_a_plan_fills_in_where_and_when(self, open_page, world, engine):
        with Session(engine) as session, session.begin():
            approved_design(session, code="SAVE")
            session.add(
                Plan(
                    id=1,
                    code="P1",
                    name="Spring plan",
                    unit_id=bank.BANK,
                    starts_on=NOW.date(),
                    ends_on=NOW.date(),
                )
            )
            session.flush()
            session.add(
                PlanEntry(
                    id=1,
                    plan_id=1,
                    campaign_id=1,
                    unit_id=bank.SOUTH,
                    metric=Metric.CONVERSION,
                    goal=0.2,
                    starts_on=NOW.date() + timedelta(7),
                    ends_on=NOW.date() + timedelta(37),
                )
            )
        app = open_page(world.mia, "runs")
        [entry] = [s for s in app.selectbox if s.label == "Entry of a plan"]
        entry.select_index(0).run()
        press(app, "Start the run")

        with Session(engine) as session:
            run = session.scalars(select(Run)).one()
        assert (run.unit_id, run.plan_entry_id) == (bank.SOUTH, 1)
        assert run.starts_on == NOW.date() + timedelta(7)

    def test_a_refusal_is_shown_where_it_can_be_mended(self, open_page, world, engine):
        with Session(engine) as session, session.begin():
            approved_design(session)
        app = open_page(world.mia, "runs")
        [last] = [d for d in app.date_input if d.label == "Last day"]
        last.set_value(NOW.date() - timedelta(1))
        press(app, "Start the run")

        assert "is before the start" in app.warning[0].value

    def test_who_only_reads_is_offered_no_start(self, open_page, world, selected):
        app = open_page(world.eve, "runs")

        assert len(app.dataframe) == 1
        assert not [b for b in app.button if b.label == "Start the run"]


class TestRun:
    def test_selects_and_shows_the_waterfall(self, open_page, world, planned, status_of):
        app = open_page(world.mia, "run", id=planned)
        assert "Nobody is selected yet" in app.info[-1].value

        press(app, "Select candidates")

        assert said(app) == ["13 candidates of 15 customers selected."]
        assert status_of(planned) is RunStatus.SELECTED
        assert any("**13** of 15 customers (86.7 %)" in text.value for text in app.markdown)
        table = next(d.value for d in app.dataframe if "Kept out" in d.value)
        assert list(table["Kept out"]) == [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]

    def test_launches_without_those_who_wait_when_told(
        self, open_page, world, selected, status_of, engine
    ):
        app = open_page(world.mia, "run", id=selected)
        press(app, "Launch")
        assert "still wait for the confirmation" in app.warning[0].value
        assert status_of(selected) is RunStatus.SELECTED

        app.toggle[0].set_value(True).run()
        press(app, "Launch")

        assert said(app)[0].startswith("Launched: ")
        assert "2 were left out because nobody confirmed them" in said(app)[0]
        assert status_of(selected) is RunStatus.LAUNCHED
        with Session(engine) as session:
            assert session.scalars(select(Activity)).all()

    def test_says_why_a_customer_is_in_or_out(self, open_page, world, selected):
        app = open_page(world.mia, "run", id=selected)
        [number] = [t for t in app.text_input if t.label.startswith("Why is")]
        number.set_value("c7").run()

        assert "C7 was kept out: not in the segment rule." in [i.value for i in app.info]

    def test_pauses_and_stops(self, open_page, world, selected, do, status_of):
        do(world.mia, launch, Launch(selected, without_pending=True))
        app = open_page(world.mia, "run", id=selected)
        press(app, "Pause")
        assert status_of(selected) is RunStatus.PAUSED

        press(app, "Stop")
        assert "Say why" in app.warning[0].value
        [reason] = [t for t in app.text_input if t.label == "Reason"]
        reason.set_value("The rate changed")
        press(app, "Stop")
        assert said(app) == ["The run is stopped now."]
        assert status_of(selected) is RunStatus.STOPPED

    def test_an_imported_run_can_only_be_read(self, open_page, world, engine):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session, is_imported=True, status=RunStatus.COMPLETED)
        app = open_page(world.mia, "run", id=run_id)

        assert "carried out elsewhere" in app.info[0].value
        assert not [b for b in app.button if b.label in {"Launch", "Stop", "Select candidates"}]

    def test_who_reads_only_sees_counts_and_no_customers(self, open_page, world, selected):
        app = open_page(world.eve, "run", id=selected)

        assert not [d for d in app.dataframe if "Customer" in d.value]
        assert not [b for b in app.button if b.label == "Launch"]

    def test_a_run_that_is_not_there_looks_like_one_out_of_scope(self, open_page, world):
        app = open_page(world.mia, "run", id=99)

        assert "no such run" in app.warning[0].value

    def test_without_a_number_it_goes_to_the_list(self, open_page, world):
        app = open_page(world.mia, "run")

        assert app.title[0].value == "Runs"


def test_messages_are_listed_with_the_day_and_what_became_of_them(open_page, world, engine, do):
    with Session(engine) as session, session.begin():
        design = approved_design(session, stages=[{"content_id": bank.EMAIL}])
        run_id = planned_run(session, design)
    do(SYSTEM, select_candidates, SelectCandidates(run_id))
    do(SYSTEM, launch, Launch(run_id, without_pending=True))

    app = open_page(world.mia, "run", id=run_id)

    assert not app.exception
    [grid] = [each.value for each in app.dataframe if "Send on" in each.value]
    assert set(grid["Status"]) == {"Queued"}
    assert set(grid["Channel"]) == {"Email"}


class TestConfirmations:
    def test_a_manager_confirms_and_leaves_out(self, open_page, world, selected, choose, engine):
        app = open_page(world.ann, "confirmations")
        key = f"wanted{selected}"
        choose(app, key, 0)
        press(app, "Contact 1")
        assert said(app) == ["1 customer confirmed."]

        choose(app, key, 0)
        press(app, "Leave out 1")
        assert "Say why" in app.warning[0].value
        [reason] = [t for t in app.text_input if t.label == "Why not"]
        reason.input("Moving abroad")
        press(app, "Leave out 1")

        assert said(app) == ["1 customer left out."]
        assert "No campaign waits" in app.info[0].value
        with Session(engine) as session:
            rows = session.scalars(select(Candidate).where(Candidate.confirmer_id == 1))
            found = {row.customer_id: row.confirmation for row in rows}
        assert found == {1: Confirmation.CONFIRMED, 2: Confirmation.REJECTED}

    def test_nothing_waits(self, open_page, world):
        app = open_page(world.ben, "confirmations")

        assert "No campaign waits" in app.info[0].value


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            RandomisedBy.BRANCH,
            "Drawn by branch, each with all its customers: 1 treated, 1 held out",
        ),
        (RandomisedBy.MANAGER, "Customers without one are drawn together with their branch."),
    ],
)
def test_says_who_was_drawn(open_page, world, do, arrange, by, said):
    run_id = arrange(
        lambda s: planned_run(s, approved_design(s, control_share=2000), randomised_by=by)
    )
    do(SYSTEM, select_candidates, SelectCandidates(run_id))

    app = open_page(world.mia, "run", id=run_id)

    assert any(said in each.value for each in app.markdown)
    assert any("fewer than 4" in each.value for each in app.warning)
