from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.customers.model import CustomerState
from core.market.actions.tasks import OpenTask, open_task
from core.market.rules import TaskType
from core.people.actions.roles import SetRoles, set_roles
from core.portfolio.actions import CreatePlan, create_plan
from core.portfolio.actions.directing import Direct, direct
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.rules import DirectionKind
from core.runs.model import Run
from core.runs.rules import RunStatus
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.runs import planned_run
from tests.world import BANK, NORTH_CUSTOMERS

ANN = 1
DAY = timedelta(days=1)


@pytest.fixture
def said(open_page):
    """Each line of somebody's home, and the page that it leads to."""

    def lines(actor):
        app = open_page(actor, "home")
        links = [each.proto for each in app.get("page_link")]
        return {link.label.replace("*", ""): link.page for link in links}

    return lines


@pytest.mark.parametrize("first", ["ann", "lea", "mia", "pia", "eve", "ada", "tom"])
def test_everybody_has_a_home(open_page, world, first):
    app = open_page(getattr(world, first), "home")

    assert first.title() in app.title[0].value
    assert not app.warning
    assert not app.error


class TestWork:
    @pytest.fixture(autouse=True)
    def work(self, engine):
        """Ten activities in North: Ann holds three, of which one is late and one is due today."""
        made = pool_of(engine, NORTH_CUSTOMERS, held={1: ANN, 2: ANN, 3: ANN})
        dues = {1: NOW - DAY, 2: NOW + timedelta(hours=1), 3: NOW + 5 * DAY}
        with Session(engine) as session, session.begin():
            session.execute(update(Activity).values(due_at=NOW + 9 * DAY))
            for customer, due_at in dues.items():
                which = Activity.id == made[customer]
                session.execute(update(Activity).where(which).values(due_at=due_at))

    def test_an_agent_hears_of_the_own_work_and_the_pool(self, said, world):
        lines = said(world.ann)

        assert lines == {
            "1 activity of yours is overdue": "my_work",
            "1 more is due today": "my_work",
            "7 activities wait in the pool of your branch": "my_work",
        }

    def test_a_lead_hears_of_the_team(self, said, world):
        assert said(world.lea) == {
            "1 activity of the team is overdue": "team_queue",
            "7 activities belong to nobody yet": "team_queue",
        }

    def test_another_branch_hears_nothing(self, open_page, world):
        app = open_page(world.sam, "home")

        assert app.success[0].value == "Nothing waits for you."


class TestRuns:
    def test_a_manager_hears_of_runs_that_wait_and_that_are_past_their_end(
        self, said, engine, world
    ):
        with Session(engine) as session, session.begin():
            planned_run(session)
            late = planned_run(session)
            session.execute(
                update(Run)
                .where(Run.id == late)
                .values(
                    status=RunStatus.LAUNCHED,
                    starts_on=NOW.date() - 9 * DAY,
                    ends_on=NOW.date() - DAY,
                )
            )

        lines = said(world.mia)

        assert lines["1 run is past its last day and still open"] == "runs"
        assert lines["1 run is planned and has no candidates yet"] == "runs"


class TestAccounts:
    def test_an_administrator_hears_of_people_without_a_role(self, said, do, world):
        do(world.ada, set_roles, SetRoles(ANN, []))

        assert said(world.ada) == {"1 person has no role and sees nothing": "people"}

    def test_an_auditor_hears_of_refused_requests(self, said, open_page, do, world):
        with pytest.raises(Exception, match="does not include"):
            do(world.ann, set_roles, SetRoles(ANN, []))

        [(line, page)] = [(k, v) for k, v in said(world.tom).items() if "refused" in k]

        assert line.startswith("1 request")
        assert page == "journal"


def test_executives_read_what_campaigns_changed(open_page, world):
    app = open_page(world.eve, "home")

    assert app.subheader[0].value == "What campaigns changed"
    assert "No campaign has been measured" in app.info[0].value


class TestExceptions:
    @pytest.fixture(autouse=True)
    def work(self, engine):
        """Customer 4 opted out while work was being made, and half of North's work is late."""
        pool_of(engine, NORTH_CUSTOMERS)
        with Session(engine) as session, session.begin():
            session.execute(
                update(CustomerState)
                .where(CustomerState.customer_id == 4)
                .values(do_not_contact=True)
            )
            late = Activity.customer_id <= 5
            session.execute(update(Activity).where(late).values(due_at=NOW - DAY))

    def test_lead_the_lead_to_what_is_in_the_way(self, said, world):
        assert said(world.lea)["1 exception is in the way of the work"] == "exceptions"

    def test_lead_a_manager_to_the_runs_off_pace_too(self, said, world):
        lines = said(world.mia)
        assert lines["1 exception is in the way of the work"] == "exceptions"
        assert lines["1 run is off its pace"] == "exceptions"

    def test_are_no_line_of_others(self, said, world):
        for actor in (world.ann, world.eve, world.tom):
            assert not any("exception" in line for line in said(actor))


class TestSteering:
    def test_a_manager_hears_of_directions_and_tasks_that_are_late(self, said, do, world):
        days = (NOW.date() - 9 * DAY, NOW.date() + 9 * DAY)
        do(world.mia, create_plan, CreatePlan("P1", "Spring", BANK, *days))
        wish = do(world.mia, take_initiative, TakeInitiative("BD-1", "Less churn", BANK, *days))
        request = Direct(
            kind=DirectionKind.DEVELOPMENT,
            name="Design it",
            initiative_id=wish.initiative_id,
            starts_on=days[0],
            ends_on=days[1],
        )
        do(world.mia, direct, request)
        watched = OpenTask("Cards", TaskType.PRODUCTS, BANK, due_on=days[0])
        do(world.mia, open_task, watched, now=NOW - 10 * DAY)

        lines = said(world.mia)

        assert lines["1 direction should have begun or ended by now"] == "assessments"
        assert lines["1 market task is due"] == "market_tasks"
        assert "1 market task is due" not in said(world.eve)
