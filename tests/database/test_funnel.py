from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.access import Role
from core.customers.model import Attribute
from core.customers.rules import AttributeType, Origin
from core.impact.actions import FoldRuns, fold_runs
from core.impact.queries.drill import customers_at
from core.impact.queries.funnel import funnel, run_named
from core.impact.rules import Step
from core.impact.tally import Tally
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import Confirmation
from core.segments.model import Segment, SegmentMember
from core.segments.rules import SegmentKind
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

# Steps of twelve treated customers, as their number of moments: 2 won, 3 converted and so on.
STEPS = [6, 6, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0]


@pytest.fixture
def run(engine):
    """A finished run: twelve treated (one of them rejected), eight held out; half are North's."""
    with Session(engine) as session, session.begin():
        session.add_all(
            [
                Attribute(name=name, label=name.title(), type=type_, origin=Origin.SOURCE)
                for name, type_ in (
                    ("job", AttributeType.TEXT),
                    ("loan", AttributeType.FLAG),
                    ("visits", AttributeType.NUMBER),
                )
            ]
        )
        people = crowd(
            session,
            20,
            job=["teacher", "nurse", None, "teacher"] * 5,
            loan=[True, False, True, None] * 5,
            visits=[1, 2, 2.5, 10] * 5,
        )
        run_id = finished_run(session, control_share=4000)
        candidates(session, run_id, people[:12], steps=STEPS, outcomes=3, value=100)
        candidates(session, run_id, people[12:], arm=0, outcomes=1, value=50)
        session.execute(
            update(Candidate)
            .where(Candidate.customer_id == people[11])
            .values(confirmation=Confirmation.REJECTED)
        )
        session.execute(
            update(Candidate).where(Candidate.customer_id.in_(people[:6])).values(channel_id=w.CALL)
        )
    return run_id


WHOLE = Tally(
    targeted=12,
    confirmed=11,
    assigned=11,
    attempted=9,
    reached=7,
    responded=5,
    converted=3,
    won=2,
    outcomes=3,
    reached_outcomes=3,
    attempts=9,
    value=300,
    squares=30_000.0,
)


def labels(rows):
    return {
        row.labels if len(row.labels) > 1 else row.labels[0]: row.tally.targeted for row in rows
    }


@pytest.fixture(params=["live", "folded"])
def counted(request, run, do, world):
    """The same run before and after it was folded into cells."""
    if request.param == "folded":
        assert do(world.mia, fold_runs, FoldRuns()).run_ids == (run,)
    return run


class TestFunnel:
    def test_counts_the_treated(self, counted, ask, world):
        [row] = ask(world.mia, funnel, run_id=counted)

        assert row.tally == WHOLE

    def test_counts_the_held_out_only_when_asked(self, counted, ask, world):
        [held_out] = ask(world.mia, funnel, run_id=counted, arm=0)
        by_arm = ask(world.mia, funnel, run_id=counted, by=["arm"])

        assert (held_out.tally.targeted, held_out.tally.outcomes) == (8, 1)
        assert labels(by_arm) == {"treated": 12, "control": 8}

    def test_by_branch_and_channel(self, counted, ask, world):
        assert labels(ask(world.mia, funnel, run_id=counted, by=["branch"])) == {
            "North": 6,
            "South": 6,
        }
        assert labels(ask(world.mia, funnel, run_id=counted, by=["channel"])) == {
            "Phone call": 6,
            "not known": 6,
        }

    def test_crossed(self, counted, ask, world):
        assert labels(ask(world.mia, funnel, run_id=counted, by=["channel", "branch"])) == {
            ("Phone call", "North"): 3,
            ("Phone call", "South"): 3,
            ("not known", "North"): 3,
            ("not known", "South"): 3,
        }

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("job", {"teacher": 6, "nurse": 3, "not known": 3}),
            ("loan", {"yes": 6, "no": 3, "not known": 3}),
            ("visits", {"1": 3, "2": 3, "2.5": 3, "10": 3}),
        ],
    )
    def test_by_an_attribute_of_any_type(self, run, ask, world, name, expected):
        assert labels(ask(world.mia, funnel, run_id=run, by=[f"attribute:{name}"])) == expected

    def test_by_two_attributes(self, run, ask, world):
        rows = ask(world.mia, funnel, run_id=run, by=["attribute:job", "attribute:loan"])

        assert sum(row.tally.targeted for row in rows) == 12
        assert labels(rows)["teacher", "yes"] == 3

    def test_by_a_fixed_segment(self, engine, run, ask, world):
        with Session(engine) as session, session.begin():
            session.add(
                Segment(id=7, code="seven", name="Seven", kind=SegmentKind.STATIC, changed_at=NOW)
            )
            session.flush()
            session.add_all(SegmentMember(segment_id=7, customer_id=100_001 + n) for n in range(5))

        rows = ask(world.mia, funnel, run_id=run, by=["segment:seven"])

        assert labels(rows) == {"not Seven": 7, "Seven": 5}

    def test_by_the_month_of_the_first_contact_in_the_banks_own_zone(self, engine, run, ask, world):
        first = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in London
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate)
                .where(Candidate.run_id == run, Candidate.customer_id <= 100_002)
                .values(attempted_at=first)
            )

        rows = ask(world.mia, funnel, run_id=run, by=["month"])

        assert labels(rows) == {"2026-03": 7, "not known": 3, "2025-07": 2}

    @pytest.mark.parametrize("by", ["colour", "attribute", "attribute:", "arm:1", "segment:"])
    def test_refuses_a_split_that_does_not_exist(self, run, ask, world, by):
        with pytest.raises(Invalid, match="can't be split by"):
            ask(world.mia, funnel, run_id=run, by=[by])

    def test_refuses_what_nobody_knows_by_name(self, run, ask, world):
        with pytest.raises(NotFound, match=r"attribute colour; there are job, loan, visits\."):
            ask(world.mia, funnel, run_id=run, by=["attribute:colour"])
        with pytest.raises(NotFound, match="no segment blue"):
            ask(world.mia, funnel, run_id=run, by=["segment:blue"])
        with pytest.raises(Invalid, match="only once"):
            ask(world.mia, funnel, run_id=run, by=["arm", "arm"])

    def test_a_team_lead_sees_the_own_branch_only(self, counted, ask, world):
        [row] = ask(world.lea, funnel, run_id=counted)
        by_branch = ask(world.lea, funnel, run_id=counted, by=["branch"])

        assert row.tally.targeted == 6
        assert labels(by_branch) == {"North": 6}

    def test_a_run_of_other_branches_does_not_exist(self, engine, run, ask, world):
        with Session(engine) as session, session.begin():
            session.execute(update(Candidate).values(branch_id=w.NORTH))

        with pytest.raises(NotFound):
            ask(world.lou, funnel, run_id=run)
        with pytest.raises(NotFound):
            ask(world.lou, run_named, run="RUN-1")
        with pytest.raises(NotFound):
            ask(world.mia, funnel, run_id=99)

    @pytest.mark.parametrize("who", ["ann", "ada"])
    def test_needs_the_right(self, run, ask, world, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), funnel, run_id=run)

    def test_a_run_is_found_by_code_or_number(self, run, ask, world):
        assert ask(world.mia, run_named, run="RUN-1") == run
        assert ask(world.mia, run_named, run=str(run)) == run


class TestDrillDown:
    @pytest.mark.parametrize("step", list(Step))
    def test_the_rows_are_as_many_as_the_figure(self, run, ask, world, step):
        part = ask(world.mia, customers_at, run_id=run, step=step)

        assert part.total == len(part.rows) == WHOLE.at(step)

    @pytest.mark.parametrize(
        "by",
        [
            ["arm"],
            ["channel"],
            ["branch"],
            ["month"],
            ["attribute:job"],
            ["attribute:visits", "attribute:loan"],
            ["attribute:loan", "branch"],
        ],
        ids=" x ".join,
    )
    def test_every_group_leads_to_its_rows(self, run, ask, world, by):
        for row in ask(world.mia, funnel, run_id=run, by=by):
            for step in Step:
                part = ask(world.mia, customers_at, run_id=run, step=step, by=by, keys=row.keys)
                assert part.total == row.tally.at(step), (row.labels, step)

    def test_outcomes_of_the_held_out(self, run, ask, world):
        part = ask(world.mia, customers_at, run_id=run, arm=0)

        assert [row.outcome_at for row in part.rows] == [NOW]

    def test_pages_do_not_overlap(self, run, ask, world):
        seen = []
        for first in range(0, 12, 5):
            window = Window(sort="attempts", descending=True, first=first, size=5)
            part = ask(world.lea, customers_at, run_id=run, step=Step.TARGETED, window=window)
            seen += [row.customer_no for row in part.rows]

        assert len(seen) == len(set(seen)) == part.total == 6

    @pytest.mark.parametrize(
        ("who", "number", "name"),
        [
            ("lea", "N100001", "Crowd 100001 Example"),
            ("mia", "••••01", "C••• 1••• E•••"),
            ("tom", "••••01", "C••• 1••• E•••"),
            ("eve", None, None),
        ],
    )
    def test_shows_as_much_of_a_customer_as_the_role_may_see(
        self, run, ask, world, who, number, name
    ):
        part = ask(getattr(world, who), customers_at, run_id=run, step=Step.WON)

        assert (part.rows[0].customer_no, part.rows[0].name) == (number, name)

    @pytest.mark.parametrize(("who", "branches"), [("ann", set()), ("lea", {"North"})])
    def test_another_role_shows_no_more_names(self, run, ask, world, who, branches):
        actor = getattr(world, who)
        wide = replace(actor.scope, unit_ids=(), bank_wide=True)
        both = replace(actor, roles=actor.roles | {Role.CAMPAIGN_MANAGER}, scope=wide)

        part = ask(both, customers_at, run_id=run, step=Step.TARGETED)

        assert part.total == 12
        assert {row.branch for row in part.rows if "Crowd" in row.name} == branches

    def test_a_team_lead_sees_rows_of_the_own_branch_only(self, run, ask, world):
        part = ask(world.lou, customers_at, run_id=run, step=Step.WON)

        assert {row.branch for row in part.rows} == {"South"}

    def test_needs_the_right(self, run, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, customers_at, run_id=run, step=Step.WON)


def test_nothing_selected_yet_counts_zero(engine, ask, world):
    with Session(engine) as session, session.begin():
        run_id = finished_run(session)

    [row] = ask(world.mia, funnel, run_id=run_id)

    assert row.tally == Tally()
    assert row.tally.outcome_rate.value is None
    assert ask(world.mia, funnel, run_id=run_id, by=["branch"]) == []
