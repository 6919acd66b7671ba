"""Absences as a lead and an administrator see, plan, change and call them off."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.model import Absence, Person, Team
from core.people.rules import AbsenceKind
from core.work import changing
from tests.conftest import NOW
from tests.making.absences import away
from tests.making.activities import pool_of, row
from tests.world import NORTH

ANN, BEN, LEA, SAM = 1, 2, 3, 4
TODAY = NOW.date()
DAY = timedelta(days=1)


def field(app, kind, label, position=0):
    return [each for each in getattr(app, kind) if each.label == label][position]


def press(app, label):
    [button] = [each for each in app.button if each.label == label]
    button.click()
    return app.run()


def told(app):
    return " ".join(each.value for each in app.markdown)


def asked(app, who="Ann Example", deputy="Ben Example", days=(TODAY + 7 * DAY, TODAY + 11 * DAY)):
    """Fill in who is to be away, and who stands in."""
    pick(app, "Who", who)
    if days:
        field(app, "date_input", "First and last day").set_value(days).run()
    if deputy:
        pick(app, "Who stands in", deputy)
    return app


def pick(app, label, name):
    field(app, "selectbox", label).select(name)
    return app.run()


@pytest.fixture
def work(engine):
    """Ann has 1, 2 and 3, Ben has 4."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: ANN, 4: BEN})


@pytest.fixture
def planned(engine, world):
    def of(person_id=ANN, deputy_id=BEN, starts=7, ends=11):
        with changing(engine, world.lea, now=NOW) as doing:
            request = PlanAbsence(
                person_id,
                AbsenceKind.LEAVE,
                TODAY + starts * DAY,
                TODAY + ends * DAY,
                deputy_id,
            )
            return plan_absence(doing, request).absence_id

    return of


class TestPlanning:
    def test_shows_what_would_move_and_plans_it(self, open_page, world, work, engine):
        app = asked(open_page(world.lea, "absences"))

        figures = {each.label: each.value for each in app.metric}
        assert (figures["To Ben Example"], figures["To the branch pool"]) == ("3", "0")
        assert "has 1 open now and would have 4, with 20 contacts a day" in told(app)
        press(app, "Plan this absence")

        assert app.success[0].value == (
            "Ann Example is away 9 Mar 2026 to 13 Mar 2026. "
            "On the first day the open work goes to Ben Example."
        )
        absence = row(engine, Absence, 1)
        assert (absence.person_id, absence.deputy_id, absence.planned_by) == (ANN, BEN, LEA)

    def test_can_do_without_a_deputy(self, open_page, world, engine):
        app = asked(open_page(world.lea, "absences"), deputy=None)
        press(app, "Plan this absence")
        assert "the branch pool" in app.success[0].value
        assert row(engine, Absence, 1).deputy_id is None

    def test_explains_a_refusal(self, open_page, world, planned):
        planned()
        app = asked(open_page(world.lea, "absences"))
        press(app, "Plan this absence")
        assert "is away already, 9 Mar 2026 to 13 Mar 2026" in app.warning[0].value

    def test_waits_for_the_person_and_the_days(self, open_page, world):
        app = open_page(world.lea, "absences")
        [button] = [each for each in app.button if each.label == "Plan this absence"]
        assert button.disabled
        assert "Choose the person" in " ".join(each.value for each in app.caption)

    def test_warns_of_who_counts_on_the_person(self, open_page, world, planned):
        planned(LEA, ANN)
        app = asked(open_page(world.lea, "absences"))
        assert "stands in for Lea Example, 9 Mar 2026" in app.warning[0].value

    def test_shows_the_queues_before_and_after(self, open_page, world, work):
        app = asked(open_page(world.lea, "absences"))
        app.session_state["outlook"] = True
        app.run()
        assert not app.exception, app.exception
        assert any("Queue done" in each.value for each in app.dataframe)

    def test_an_administrator_plans_for_a_unit(self, open_page, world, engine):
        app = open_page(world.ada, "absences", unit="North")
        assert "Sam Example" not in field(app, "selectbox", "Who").options
        asked(app)
        press(app, "Plan this absence")
        assert row(engine, Absence, 1).planned_by == 10

    @pytest.mark.parametrize("who", ["ann", "mia", "tom"])
    def test_is_not_open_to_others(self, open_page, world, who):
        app = open_page(getattr(world, who), "absences")
        assert "not open to your role" in app.warning[0].value


class TestChanging:
    def test_other_days(self, open_page, world, planned, choose, engine):
        absence_id = planned()
        app = choose(open_page(world.lea, "absences"), "absences", 0)
        field(app, "date_input", "Last day").set_value(TODAY + 12 * DAY)
        press(app, "Change this absence")
        assert "away 9 Mar 2026 to 14 Mar 2026" in app.success[0].value
        assert row(engine, Absence, absence_id).ends_on == TODAY + 12 * DAY

    def test_calls_it_off(self, open_page, world, planned, choose, engine):
        absence_id = planned()
        app = choose(open_page(world.lea, "absences"), "absences", 0)
        press(app, "Call it off")
        assert "is called off" in app.success[0].value
        assert row(engine, Absence, absence_id).cancelled_at == NOW
        assert "Nobody is away" in app.info[0].value

    def test_refuses_after_somebody_elses_change(self, open_page, world, planned, choose, engine):
        absence_id = planned()
        app = choose(open_page(world.lea, "absences"), "absences", 0)
        with Session(engine) as session, session.begin():
            session.get_one(Absence, absence_id).ends_on += DAY
        press(app, "Call it off")
        assert "changed meanwhile" in app.warning[0].value

    def test_lets_somebody_be_back(self, open_page, world, choose, engine):
        with Session(engine) as session, session.begin():
            session.add(
                Absence(
                    person_id=ANN,
                    kind=AbsenceKind.SICKNESS,
                    starts_on=TODAY - 3 * DAY,
                    ends_on=TODAY + 3 * DAY,
                    planned_at=NOW,
                )
            )
        app = choose(open_page(world.lea, "absences"), "absences", 0)
        press(app, "Is back today")
        assert "Ann Example is back" in app.success[0].value
        assert row(engine, Absence, 1).ends_on == TODAY - DAY

    def test_leaves_what_is_over(self, open_page, world, choose, engine):
        with Session(engine) as session, session.begin():
            day = TODAY - 2 * DAY
            session.add(
                Absence(
                    person_id=ANN,
                    kind=AbsenceKind.LEAVE,
                    starts_on=day,
                    ends_on=day,
                    planned_at=NOW,
                )
            )
        app = choose(open_page(world.lea, "absences"), "absences", 0)
        assert "stays as it was" in " ".join(each.value for each in app.caption)
        assert "Call it off" not in [each.label for each in app.button]


class TestLookingBack:
    def test_shows_a_hand_over_and_undoes_it(self, open_page, world, work, do, choose, engine):
        away(do, world.lea, ANN, BEN)
        app = open_page(world.lea, "absences")
        assert "Away today: Ann Example until 6 Mar 2026, Ben Example stands in" in told(app)
        choose(app, "hand_overs", 0)
        press(app, "Undo: put 3 activities back as before")
        assert "3 activities are as before" in app.success[0].value

    def test_an_administrator_looks_only(self, open_page, world, work, do):
        away(do, world.lea, ANN, BEN)
        app = open_page(world.ada, "absences")
        [grid] = [each.value for each in app.dataframe if "Of them to the pool" in each.value]
        assert grid["Activities"].tolist() == [3]

    def test_home_counts_who_is_away(self, open_page, world, planned):
        planned(starts=0)
        links = [each.proto for each in open_page(world.lea, "home").get("page_link")]
        away_today = [link.page for link in links if "of the team is away today" in link.label]
        assert away_today == ["absences"]


def test_teams_of_another_lead_stay_out(open_page, world, engine):
    with Session(engine) as session, session.begin():
        session.add(Team(id=9, name="Second", unit_id=NORTH))
        session.flush()
        session.get_one(Person, BEN).team_id = 9
    app = open_page(world.lea, "absences")
    assert field(app, "selectbox", "Who").options == ["Ann Example", "Lea Example"]
