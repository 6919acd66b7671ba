"""Effects in groups of a run, and the cost behind them."""

import json
from decimal import Decimal

import pytest
from rich.console import Console
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app
from components.impact.breakdown import reading
from core.access import SYSTEM
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import ActivitySubtype, Consumable, Design, Stage
from core.campaigns.rules import ActivityType, Priority, RandomisedBy
from core.customers.model import Attribute, CustomerState
from core.customers.rules import AttributeType
from core.impact.actions import FoldRuns, fold_runs
from core.impact.queries.breakdown import breakdown, ways_to_break_down
from core.impact.queries.drill import customers_at
from core.impact.queries.groups import Way
from core.impact.queries.runs import impact
from core.impact.queries.split import EVERY_SEGMENT
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally
from core.refusals import Invalid, NotAllowed, NotFound
from core.responses.model import Gift, Lead
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from core.settings import settings
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.results import candidates, crowd, finished_run

YOUNG = {"attribute": "age", "is": "<", "value": 30}


@pytest.fixture
def run_id(engine):
    """300 treated and 100 held out, in North and South in turn; the first hundred are young.

    Of the treated 45 have the outcome, all of them young, and 5 of the held out, none young.
    """
    with Session(engine) as session, session.begin():
        session.add(Attribute(name="age", label="Age", type=AttributeType.NUMBER, origin="source"))
        ages = [25] * 100 + [50] * 200 + [25] * 35 + [50] * 65
        people = crowd(session, 400, age=ages)
        made = finished_run(
            session,
            control_share=2500,
            design={"contact_cost": Decimal(2), "fixed_cost": Decimal(300)},
        )
        candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
        candidates(session, made, people[300:], arm=0)
        session.execute(
            update(Candidate)
            .where(Candidate.customer_id.in_(people[335:340]))
            .values(outcome_at=Candidate.confirmed_at, outcome_value=Decimal(200))
        )
        session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id.in_([*people[:100], *people[300:335]]))
            .values(balance=Decimal(9_000))
        )
    return made


def leads_of(session, run_id, customers):
    """Let customers of a run say yes on an activity each; return the ids of their leads."""
    run = session.get_one(Run, run_id)
    design = session.get_one(Design, run.design_id)
    stage_id = session.scalar(select(Stage.id).where(Stage.design_id == design.id))
    for customer_id in customers:
        activity = Activity(
            run_id=run_id,
            stage_id=stage_id,
            campaign_id=design.campaign_id,
            customer_id=customer_id,
            type=ActivityType.SALES,
            priority=Priority.MEDIUM,
            status=Status.UNASSIGNED,
            branch_id=w.NORTH,
            activity_on=NOW.date(),
            ends_on=NOW.date(),
            due_at=NOW,
            created_at=NOW,
        )
        session.add(activity)
        session.flush()
        lead = Lead(
            activity_id=activity.id,
            run_id=run_id,
            campaign_id=design.campaign_id,
            design_id=design.id,
            customer_id=customer_id,
            status=LeadStatus.OPEN,
            opened_at=NOW,
        )
        session.add(lead)
        session.flush()
        yield lead.id


def by_label(rows):
    return {row.label: row for row in rows}


class TestBreakdown:
    def test_by_branch(self, ask, world, run_id):
        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="branch"))

        assert {row.treated.targeted for row in rows.values()} == {150}
        assert {row.control.targeted for row in rows.values()} == {50}
        assert rows["North"].difference.value == pytest.approx(23 / 150 - 2 / 50)
        assert rows["North"].grade is Grade.RANDOMISED
        assert rows["North"].profit.value == pytest.approx(200 * (23 - 6) - 2 * 150 - 150)

    def test_branches_add_up_to_the_run(self, ask, world, run_id):
        rows = ask(world.eve, breakdown, run_id=run_id, by="branch")
        whole = ask(world.eve, impact, run_id=run_id)

        assert sum((row.treated for row in rows), Tally()) == whole.treated
        [comparison] = whole.report.comparisons
        assert sum(row.costs.total for row in rows) == comparison.cost

    def test_by_attribute(self, ask, world, run_id):
        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="attribute:age"))

        young = rows["25"]
        assert (young.treated.targeted, young.control.targeted) == (100, 35)
        assert young.difference.value == pytest.approx(0.45)
        assert (young.proven, young.says) == (True, "gain")
        assert young.p_adjusted == pytest.approx(2 * young.comparison.difference.test.p)

    def test_by_region(self, ask, world, run_id):
        [row] = ask(world.eve, breakdown, run_id=run_id, by="region")

        assert row.treated.targeted == 300

    def test_by_one_segment_and_by_all(self, engine, ask, world, run_id):
        with Session(engine) as session, session.begin():
            segment(session, "young", rule=YOUNG)
            segment(session, "everybody", rule={"field": "active", "is": "=", "value": True})

        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="segment:young"))
        several = by_label(ask(world.eve, breakdown, run_id=run_id, by="segments"))

        inside = next(row for row in rows.values() if row.key == "in")
        assert (inside.treated.targeted, inside.control.targeted) == (100, 35)
        same = next(row for row in several.values() if row.treated.targeted == 100)
        assert same.difference == inside.difference
        assert max(row.treated.targeted for row in several.values()) == 300

    @pytest.mark.parametrize(
        "rule",
        [{"lacks": {"product": "savings"}}, {"field": "balance", "is": ">=", "value": 9_000}],
        ids=["product", "balance"],
    )
    def test_what_the_campaign_itself_changes_says_nothing_of_it(
        self, engine, ask, world, run_id, rule
    ):
        """Who holds the product today has bought it: among those no held out could be as good.

        Nor has what they paid into it been with the bank before.
        """
        with Session(engine) as session, session.begin():
            segment(session, "young", rule=YOUNG)
        before = by_label(ask(world.eve, breakdown, run_id=run_id, by="segments"))
        with Session(engine) as session, session.begin():
            segment(session, "others", rule=rule)

        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="segments"))
        alone = ask(world.eve, breakdown, run_id=run_id, by="segment:others")

        [added] = rows.keys() - before.keys()
        for row in (rows[added], *alone):
            assert row.difference == row.conversions == row.profit == Absent(Reason.CHANGED)
            assert (row.p_adjusted, row.proven, row.says) == (None, False, Reason.CHANGED)
        assert all(rows[label] == row for label, row in before.items())
        said = reading(list(rows.values()), Way(EVERY_SEGMENT, "Segment"))
        assert "; nothing can be said of 1 segment, because the campaign itself" in said
        assert reading(alone, Way("segment:others", "Others")) == (
            "**No group** can be read; nothing can be said of this segment, because the campaign"
            " itself changes who is in it."
        )

    @pytest.mark.parametrize("by", ["branch", "region", "attribute:age", "segment:everybody"])
    def test_leads_to_the_customers_behind_a_group(self, engine, ask, world, run_id, by):
        with Session(engine) as session, session.begin():
            segment(session, "everybody", rule={"field": "active", "is": "=", "value": True})

        for row in ask(world.eve, breakdown, run_id=run_id, by=by):
            asked = {"run_id": run_id, "by": (by,), "keys": (row.key,)}
            assert ask(world.eve, customers_at, **asked).total == row.treated.outcomes

    def test_folding_changes_no_figure(self, do, ask, world, run_id):
        asked = {"run_id": run_id, "by": "branch"}
        live = ask(world.eve, breakdown, **asked)

        do(SYSTEM, fold_runs, FoldRuns())

        assert ask(world.eve, breakdown, **asked) == live

    def test_too_few_say_so(self, engine, ask, world):
        with Session(engine) as session, session.begin():
            people = crowd(session, 90)
            run_id = finished_run(session, control_share=3000)
            candidates(session, run_id, people[:60], outcomes=9)
            candidates(session, run_id, people[60:], arm=0)

        rows = ask(world.eve, breakdown, run_id=run_id, by="branch")

        assert {row.says for row in rows} == {"too few"}
        assert {row.difference for row in rows} == {Absent(Reason.TOO_FEW)}

    @pytest.mark.parametrize("by", ["channel", "month", "arm"])
    def test_refuses_what_is_not_known_of_the_held_out(self, ask, world, run_id, by):
        with pytest.raises(Invalid, match="held out customers"):
            ask(world.eve, breakdown, run_id=run_id, by=by)

    def test_refuses_what_there_is_not(self, ask, world, run_id):
        for by, refusal in (
            ("colour", Invalid),
            ("attribute:none", NotFound),
            ("segment:none", NotFound),
        ):
            with pytest.raises(refusal):
                ask(world.eve, breakdown, run_id=run_id, by=by)
        with pytest.raises(NotFound):
            ask(world.eve, breakdown, run_id=run_id + 1, by="branch")

    def test_a_team_lead_sees_the_own_branch_and_an_agent_nothing(self, ask, world, run_id):
        [row] = ask(world.lou, breakdown, run_id=run_id, by="branch")

        assert row.label == "South"
        with pytest.raises(NotAllowed):
            ask(world.ann, breakdown, run_id=run_id, by="branch")

    def test_ways(self, ask, world, run_id):
        ways = {way.name for way in ask(world.eve, ways_to_break_down)}

        assert {"branch", "region", "segments", "attribute:age"} <= ways
        assert not {"channel", "month"} & ways


class TestCost:
    def test_a_branch_bears_its_part_of_the_fixed_cost(self, ask, world, run_id):
        found = ask(world.lou, impact, run_id=run_id)

        [comparison] = found.report.comparisons
        assert comparison.costs.fixed == 150
        assert comparison.costs.contact == 300

    def test_gifts_cost_what_they_cost_when_they_were_given(self, engine, ask, world, run_id):
        """Three customers of North and one of South got something."""
        with Session(engine) as session, session.begin():
            session.add(Consumable(id=1, name="Money box", unit_cost=Decimal(99), stock=5))
            people = [100_001, 100_003, 100_005, 100_002]
            for lead_id in leads_of(session, run_id, people):
                session.add(
                    Gift(lead_id=lead_id, consumable_id=1, unit_cost=Decimal(3), given_at=NOW)
                )

        [comparison] = ask(world.eve, impact, run_id=run_id).report.comparisons
        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="branch"))

        assert comparison.costs.offer == 12
        assert (rows["North"].costs.offer, rows["South"].costs.offer) == (9, 3)

    def test_hours_price_contacts_where_the_design_does_not(self, engine, ask, world, monkeypatch):
        with Session(engine) as session, session.begin():
            session.execute(update(ActivitySubtype).values(minutes=30))
            people = crowd(session, 200)
            run_id = finished_run(session, control_share=2500)
            candidates(session, run_id, people[:150], steps=3, outcomes=20, value=200)
            candidates(session, run_id, people[150:], arm=0, outcomes=2, value=200)
        before = ask(world.eve, impact, run_id=run_id).report.comparisons[0]
        monkeypatch.setenv("FAIRLEAD_CONTACT_HOUR_COST", "40")
        settings.cache_clear()

        after = ask(world.eve, impact, run_id=run_id).report.comparisons[0]

        settings.cache_clear()
        assert before.profit == Absent(Reason.NO_COST)
        assert after.costs.contact == 150 * 20


class TestDrawnAsAWhole:
    """Twelve managers with 20 customers each: four held out; every third customer is rich."""

    @pytest.fixture
    def run_id(self, engine):
        with Session(engine) as session, session.begin():
            session.add(
                Attribute(name="rich", label="Rich", type=AttributeType.FLAG, origin="source")
            )
            people = crowd(session, 240, rich=[n % 3 == 0 for n in range(240)])
            made = finished_run(session, control_share=3300)
            session.execute(update(Run).values(randomised_by=RandomisedBy.MANAGER))
            for manager in range(12):
                mine = people[20 * manager : 20 * manager + 20]
                arm = 0 if manager < 4 else 1
                candidates(
                    session,
                    made,
                    mine,
                    arm=arm,
                    outcomes=1 + manager % 3 + 6 * arm,
                    value=100,
                    cluster_id=manager + 1,
                )
        return made

    @pytest.mark.parametrize("by", ["attribute:rich", "segments", "branch"])
    def test_a_group_is_as_sure_as_its_managers_allow(self, engine, ask, world, run_id, by):
        with Session(engine) as session, session.begin():
            segment(
                session,
                "everybody",
                rule={"field": "active", "is": "=", "value": True},
            )

        rows = ask(world.eve, breakdown, run_id=run_id, by=by)

        whole = ask(world.eve, impact, run_id=run_id).report.comparisons[0]
        for row in rows:
            assert row.comparison.treated.clusters.count == 8
            assert row.comparison.control.clusters.count == 4
        if by == "segments":
            [row] = rows
            assert row.difference.value == pytest.approx(whole.difference.value)
            assert row.difference.interval.low == pytest.approx(whole.difference.interval.low)
        else:
            sizes = [row.treated.targeted for row in rows]
            assert sum(sizes) == whole.treated.tally.targeted


class TestCommand:
    @pytest.fixture
    def fairlead(self, database_url, monkeypatch):
        monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
        monkeypatch.setattr("cli.common._out", Console(highlight=False, width=200))
        monkeypatch.setattr("cli.common.now", lambda: NOW)

        def run(*arguments):
            settings.cache_clear()
            result = CliRunner().invoke(app, ["impact", "RUN-1", *arguments])
            settings.cache_clear()
            return result

        return run

    def test_says_what_the_page_says(self, ask, world, fairlead, run_id):
        rows = by_label(ask(world.eve, breakdown, run_id=run_id, by="branch"))

        told = json.loads(fairlead("--by", "branch", "--json").stdout)
        shown = fairlead("--by", "branch").stdout

        assert told["by"] == "branch"
        for each in told["groups"]:
            row = rows[each["group"]]
            assert each["difference"]["value"] == row.difference.value
            assert each["p_adjusted"] == row.p_adjusted
            assert each["incremental_profit"]["low"] == row.profit.interval.low
            assert each["result"] == row.says
            assert row.label in shown
        assert told["comparisons"][0]["costs"] == {"contact": 600, "offer": None, "fixed": 300}

    def test_refuses_what_has_no_held_out(self, fairlead, run_id):
        result = fairlead("--by", "channel")

        assert result.exit_code == 1
        assert "held out customers" in result.stderr
