"""Starting a run and selecting its candidates: the waterfall, rule by rule, and the arms."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from core.access import Scope
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.caps import contact_cap
from core.campaigns.model import ContactPolicy, Design, Holdout, HoldoutCustomer
from core.campaigns.queries import forecast
from core.campaigns.rules import ActivityType, DesignStatus, Metric, Priority, RandomisedBy
from core.customers.model import CustomerState, Holding, Indicator
from core.customers.rules import IndicatorKind, Medium
from core.gate.actions import ApproveDesign, approve_design
from core.journal.model import Outgoing
from core.people.model import Person
from core.portfolio.model import Plan, PlanEntry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.arms import Share, arm_of, arms_of_clusters, hashed, hashed_in_sql
from core.runs.model import Candidate, Excluded, Run, RunArm, WaterfallStep
from core.runs.queries.candidates import candidates, why
from core.runs.queries.checks import run_faults
from core.runs.queries.lists import run_by_code, runs
from core.runs.queries.selection import against_forecast, arm_counts, confirmers, waterfall
from core.runs.queries.sheets import run_sheet
from core.runs.rules import Confirmation, Exclusion, RunStatus
from core.segments.model import Segment, SegmentMember
from core.segments.rules import SegmentKind
from core.windows import Window
from core.work import changing, rehearsing
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import ADMINISTRATIVE, RETENTION, UP_SELL, approved_design, segment
from tests.making.runs import launched_run, planned_run

TODAY = NOW.date()
FITTING = {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15}  # 7 holds savings, 8 no current account
EVERYBODY = {"all": []}
ANN = 1
DISTRESS = IndicatorKind.DISTRESS


@pytest.fixture
def chosen(arrange, do, world, engine):
    """Select for a design and return who became a candidate, and why the others did not."""

    def carry_out(design=None, **run):
        run_id = arrange(lambda s: planned_run(s, approved_design(s, **(design or {})), **run))
        do(world.mia, select_candidates, SelectCandidates(run_id))
        with Session(engine) as session:
            taken = set(
                session.scalars(select(Candidate.customer_id).where(Candidate.run_id == run_id))
            )
            out = session.execute(
                select(Excluded.customer_id, Excluded.reason).where(Excluded.run_id == run_id)
            )
            return Outcome(run_id, taken, {row.customer_id: row.reason for row in out})

    return carry_out


def give_up(session):
    """Stop what has selected so far, or its candidates would be spoken for."""
    session.execute(update(Run).values(status=RunStatus.STOPPED))


@dataclass
class Outcome:
    run_id: int
    taken: set[int]
    out: dict[int, Exclusion] = field(default_factory=dict)


def state(customer_id, **values):
    def change(session):
        session.execute(
            update(CustomerState).where(CustomerState.customer_id == customer_id).values(values)
        )

    return change


class TestStart:
    @pytest.fixture
    def design_id(self, arrange):
        return arrange(lambda s: approved_design(s, code="SAVE", control_share=1000))

    @pytest.fixture
    def request_(self, design_id):
        return StartRun(design_id, bank.NORTH, NOW.date(), date(2026, 5, 1), " Spring savings ")

    def test_makes_a_planned_run_with_the_arms_that_were_approved(
        self, do, ask, world, request_, engine
    ):
        fact = do(world.mia, start_run, request_)

        sheet = ask(world.mia, run_sheet, run_id=fact.run_id)
        assert (sheet.code, sheet.status, sheet.version) == ("SAVE-R1", RunStatus.PLANNED, 1)
        assert (sheet.description, sheet.unit, sheet.campaign_type) == (
            "Spring savings",
            "North",
            "Cross-sell",
        )
        assert (sheet.starts_on, sheet.ends_on) == (NOW.date(), date(2026, 5, 1))
        assert (sheet.initiated_at, sheet.population) == (NOW, None)
        arms = ask(world.mia, arm_counts, run_id=fact.run_id)
        assert [(arm.name, arm.planned_share) for arm in arms] == [
            ("control", 1000),
            ("treated", 9000),
        ]
        assert ask(world.mia, confirmers, run_id=fact.run_id) == []

    def test_tells_the_neighbours(self, do, world, request_, engine):
        do(world.mia, start_run, request_)

        with Session(engine) as session:
            notice = session.scalars(select(Outgoing)).one()
        assert (notice.type, notice.subject) == ("CustomerCampaignProcedure/Created", "run:SAVE-R1")
        assert notice.payload["version"] == 1
        assert notice.payload["unit"] == "B1"

    def test_numbers_the_runs_of_a_campaign(self, do, world, request_):
        codes = [do(world.mia, start_run, request_).run for _ in range(3)]

        assert codes == ["SAVE-R1", "SAVE-R2", "SAVE-R3"]

    def test_without_a_control_share_there_is_no_control_group(self, do, ask, world, arrange):
        design_id = arrange(approved_design)
        fact = do(world.mia, start_run, StartRun(design_id, bank.NORTH, NOW.date(), NOW.date()))

        assert [a.name for a in ask(world.mia, arm_counts, run_id=fact.run_id)] == ["treated"]

    @pytest.mark.parametrize("status", [s for s in DesignStatus if s is not DesignStatus.APPROVED])
    def test_is_refused_until_the_design_is_approved(
        self, do, world, request_, design_id, arrange, status
    ):
        arrange(lambda s: setattr(s.get_one(Design, design_id), "status", status))

        with pytest.raises(Invalid, match=f"is {status}. Only an approved design"):
            do(world.mia, start_run, request_)

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            pytest.param({"design_id": 999}, "no such design", id="unknown design"),
            pytest.param({"unit_id": 999}, "no such active unit", id="unknown unit"),
            pytest.param({"plan_entry_id": 999}, "no such entry", id="unknown plan entry"),
        ],
    )
    def test_refuses_what_is_not_there(self, do, world, request_, change, refusal):
        with pytest.raises(NotFound, match=refusal):
            do(world.mia, start_run, replace(request_, **change))

    @pytest.mark.parametrize(
        "change",
        [{"ends_on": date(2026, 1, 1)}, {"capacity": 0}, {"capacity": 2**31}],
        ids=["dates", "no capacity", "beyond counting"],
    )
    def test_refuses_requests_that_make_no_sense(self, request_, change):
        with pytest.raises(Invalid):
            replace(request_, **change)

    def test_refuses_a_unit_outside_the_campaigns(self, do, world, arrange):
        inside = {"unit_id": bank.REGION}
        design_id = arrange(lambda s: approved_design(s, code="R", campaign_columns=inside))
        wanted = StartRun(design_id, bank.CENTRE, TODAY, TODAY)

        with pytest.raises(Invalid, match="Calls is not inside Region, for which campaign R was"):
            do(world.mia, start_run, wanted)
        with pytest.raises(Invalid, match="The Bank is not inside Region"):
            do(world.mia, start_run, replace(wanted, unit_id=bank.BANK))
        assert do(world.mia, start_run, replace(wanted, unit_id=bank.REGION)).run == "R-R1"
        assert do(world.mia, start_run, replace(wanted, unit_id=bank.SOUTH)).run == "R-R2"

    def test_nobody_chooses_who_is_held_out(self, do, world, request_, arrange):
        """Whoever could choose the key could try keys until the arms please."""
        with pytest.raises(TypeError, match="arm_key"):
            replace(request_, arm_key=2**31)

        fact = do(world.mia, start_run, request_)
        assert arrange(lambda s: s.get_one(Run, fact.run_id)).arm_key == fact.run_id

    def test_needs_the_permission(self, do, world, request_):
        for actor in (world.ann, world.lea, world.pia, world.eve, world.ada, world.tom):
            with pytest.raises(NotAllowed):
                do(actor, start_run, request_)

    def test_a_campaign_or_entry_of_others_looks_like_none(self, do, world, arrange):
        def of_south(session):
            columns = {"unit_id": bank.SOUTH}
            design_id = approved_design(session, code="SOUTH", campaign_columns=columns)
            own_id = approved_design(session, code="OWN", campaign_columns={"unit_id": bank.NORTH})
            plan = Plan(code="P", name="P", unit_id=bank.SOUTH, starts_on=TODAY, ends_on=TODAY)
            session.add(plan)
            session.flush()
            entry = PlanEntry(
                plan_id=plan.id,
                campaign_id=session.get_one(Design, own_id).campaign_id,
                unit_id=bank.SOUTH,
                metric=Metric.CONVERSION,
                goal=0.1,
                starts_on=TODAY,
                ends_on=TODAY,
            )
            session.add(entry)
            session.flush()
            return design_id, own_id, entry.id

        theirs, own, entry_id = arrange(of_south)
        north = replace(world.mia, scope=Scope((bank.NORTH,)), unit_id=bank.NORTH)
        ask = StartRun(own, bank.NORTH, TODAY, TODAY)

        with pytest.raises(NotFound, match="no such design"):
            do(north, start_run, replace(ask, design_id=theirs))
        with pytest.raises(NotFound, match="no such entry"):
            do(north, start_run, replace(ask, plan_entry_id=entry_id))
        assert do(north, start_run, ask).run == "OWN-R1"

    def test_a_unit_out_of_scope_looks_like_none(self, do, world, request_):
        southern = replace(world.mia, scope=Scope(unit_ids=(bank.SOUTH,)), unit_id=bank.SOUTH)
        with pytest.raises(NotFound, match="unit"):
            do(southern, start_run, request_)


class TestWaterfall:
    def test_takes_whom_the_rule_means(self, chosen):
        outcome = chosen()

        assert outcome.taken == FITTING
        assert outcome.out == {7: Exclusion.NOT_IN_SEGMENT, 8: Exclusion.NOT_IN_SEGMENT}

    def test_looks_only_at_the_unit_and_what_is_below_it(self, arrange, chosen):
        assert chosen(unit_id=bank.SOUTH).taken == {11, 12, 13, 14, 15}
        arrange(give_up)
        assert chosen(unit_id=bank.REGION).taken == FITTING

    @pytest.mark.parametrize(
        ("column", "reason"),
        [
            ({"is_active": False}, Exclusion.NOT_ACTIVE),
            ({"do_not_contact": True}, Exclusion.DO_NOT_CONTACT),
            ({"consents": Medium.EMAIL.bit}, Exclusion.NO_CONSENT),
            ({"last_contact_at": NOW - timedelta(days=5)}, Exclusion.CONTACT_CAP),
            ({"last_refusal_at": NOW - timedelta(days=89)}, Exclusion.CONTACT_CAP),
        ],
    )
    def test_names_the_rule_that_keeps_a_customer_out(self, arrange, chosen, column, reason):
        arrange(lambda s: setattr(s.get_one(ContactPolicy, 1), "most_contacts", 1))
        arrange(state(3, **column))

        assert chosen().out[3] is reason

    @pytest.mark.parametrize(
        "column",
        [
            {"last_contact_at": NOW - timedelta(days=91)},
            {"last_refusal_at": NOW - timedelta(days=91)},
        ],
    )
    def test_lets_in_whose_quiet_time_is_over(self, arrange, chosen, column):
        arrange(lambda s: setattr(s.get_one(ContactPolicy, 1), "most_contacts", 1))
        arrange(state(3, **column))

        assert chosen().taken == FITTING

    @pytest.mark.parametrize(
        ("mark", "is_out"),
        [
            pytest.param({}, True, id="valid without an end"),
            pytest.param({"valid_until": NOW + timedelta(minutes=1)}, True, id="still valid"),
            pytest.param({"valid_until": NOW}, False, id="run out"),
            pytest.param({"cleared_at": NOW}, False, id="cleared"),
            pytest.param({"valid_from": NOW + timedelta(1)}, False, id="not yet"),
            pytest.param({"kind": IndicatorKind.RETENTION_CANDIDATE}, False, id="another kind"),
        ],
    )
    def test_distress_counts_while_it_is_valid(self, arrange, chosen, mark, is_out):
        columns = {"customer_id": 3, "kind": DISTRESS, "valid_from": NOW - timedelta(1)} | mark
        arrange(lambda s: s.add(Indicator(**columns)))
        arrange(state(3, indicators=DISTRESS.bit))

        outcome = chosen({"rule": {"field": "active", "is": "=", "value": True}})

        assert (outcome.out.get(3) is Exclusion.DISTRESS) is is_out

    def test_a_static_segment_keeps_its_members_out(self, arrange, chosen):
        def listed(session):
            id_ = segment(session, "blocked", kind=SegmentKind.STATIC, rule=None)
            session.add(SegmentMember(segment_id=id_, customer_id=4))
            return id_

        outcome = chosen({"exclusion_segment_id": arrange(listed)})

        assert outcome.out[4] is Exclusion.ON_EXCLUSION_LIST
        assert outcome.taken == FITTING - {4}

    def test_a_rule_can_keep_out_too(self, arrange, chosen):
        rule = {"field": "age", "is": ">", "value": 60}  # customer 1 to 5, born 1961 to 1965
        id_ = arrange(lambda s: segment(s, "seniors", rule=rule))

        outcome = chosen({"exclusion_segment_id": id_})

        kept_out = {c for c, r in outcome.out.items() if r is Exclusion.ON_EXCLUSION_LIST}
        assert kept_out == {1, 2, 3, 4, 5}

    def test_a_cross_sell_leaves_out_who_holds_the_product(self, chosen):
        outcome = chosen({"rule": EVERYBODY})

        assert outcome.out == {7: Exclusion.HOLDS_PRODUCT}

    def test_a_product_without_a_bit_is_looked_up_in_the_holdings(self, arrange, chosen):
        for number, closed in ((3, None), (4, NOW.date())):
            arrange(
                lambda s, number=number, closed=closed: s.add(
                    Holding(
                        agreement_no=f"I{number}",
                        customer_id=number,
                        product_id=bank.INSURANCE,
                        closed_on=closed,
                    )
                )
            )

        assert chosen({"product_id": bank.INSURANCE}).out[3] is Exclusion.HOLDS_PRODUCT

    def test_an_up_sell_takes_who_holds_the_base_and_not_the_product(self, arrange, chosen):
        arrange(state(1, products=0b1101))  # current, classic and gold
        outcome = chosen(
            {
                "rule": EVERYBODY,
                "product_id": bank.GOLD,
                "base_product_id": bank.CARD,
                "campaign_columns": {"type_id": UP_SELL},
            }
        )

        assert outcome.taken == {8}
        assert set(outcome.out.values()) == {Exclusion.HOLDS_PRODUCT}

    def test_a_retention_campaign_has_no_product_rule(self, chosen):
        outcome = chosen({"rule": EVERYBODY, "campaign_columns": {"type_id": RETENTION}})

        assert outcome.out == {}

    def test_an_administrative_campaign_asks_for_no_sales_consent(self, arrange, chosen):
        arrange(state(3, consents=0, last_contact_at=NOW, last_refusal_at=NOW))
        arrange(state(4, do_not_contact=True))
        arrange(state(5, indicators=DISTRESS.bit))
        arrange(lambda s: s.add(Indicator(customer_id=5, kind=DISTRESS, valid_from=NOW)))
        outcome = chosen(
            {
                "rule": EVERYBODY,
                "product_id": None,
                "campaign_columns": {"type_id": ADMINISTRATIVE},
                "stages": [{"activity_type": ActivityType.ADMINISTRATIVE}],
            }
        )

        assert outcome.out == {4: Exclusion.DO_NOT_CONTACT, 5: Exclusion.DISTRESS}

    def test_consent_is_that_of_the_first_internal_stage(self, arrange, chosen):
        arrange(state(3, consents=Medium.PHONE.bit))
        arrange(state(4, consents=Medium.EMAIL.bit))
        mixed = {"stages": [{"content_id": bank.EMAIL}, {"content_id": bank.CALL}]}

        outcome = chosen(mixed)

        assert outcome.out[4] is Exclusion.NO_CONSENT
        assert 3 in outcome.taken

    def test_consent_of_a_design_of_messages_only_is_its_first_stage(self, arrange, chosen):
        arrange(state(3, consents=Medium.PHONE.bit))

        outcome = chosen({"stages": [{"content_id": bank.EMAIL}]})

        assert outcome.out[3] is Exclusion.NO_CONSENT

    @pytest.mark.parametrize(("contacts", "is_out"), [(2, False), (3, True)])
    def test_the_cap_counts_sales_contacts_of_the_period(self, arrange, chosen, contacts, is_out):
        def contacted(session):
            for days in [*range(1, contacts + 1), 91]:
                run = launched_run(session, [3], held={3: 1})
                session.execute(
                    update(Activity)
                    .where(Activity.id == run.activities[3])
                    .values(
                        status=Status.COMPLETED,
                        is_completed=True,
                        closed_at=NOW,
                        contacted_at=NOW - timedelta(days=days),
                    )
                )
            session.execute(
                update(CustomerState)
                .where(CustomerState.customer_id == 3)
                .values(pending=0, last_contact_at=NOW - timedelta(days=1))
            )

        arrange(contacted)

        assert (chosen().out.get(3) is Exclusion.CONTACT_CAP) is is_out

    @pytest.mark.parametrize(
        ("priority", "is_out"),
        [(Priority.HIGH, True), (Priority.MEDIUM, True), (Priority.LOW, False)],
    )
    def test_open_work_of_the_same_or_a_higher_priority_comes_first(
        self, arrange, chosen, priority, is_out
    ):
        arrange(lambda s: launched_run(s, [3], design={"campaign_columns": {"priority": priority}}))

        assert (chosen().out.get(3) is Exclusion.BUSY_ELSEWHERE) is is_out

    def test_takes_the_most_valuable_up_to_the_capacity(self, arrange, chosen):
        for customer_id, value in ((4, 900), (12, 800), (9, 700)):
            arrange(state(customer_id, yearly_value=value))

        outcome = chosen(capacity=3)

        assert outcome.taken == {4, 12, 9}
        assert set(outcome.out.values()) == {Exclusion.NOT_IN_SEGMENT, Exclusion.CAPACITY}
        assert len(outcome.out) == 12

    def test_among_equals_the_hash_decides(self, chosen, arrange):
        first = chosen(capacity=4, arm_key=5).taken

        arrange(give_up)
        assert first != chosen(capacity=4, arm_key=6).taken
        arrange(give_up)
        assert first == chosen(capacity=4, arm_key=5).taken

    def test_what_was_approved_counts_and_not_what_the_segment_became(
        self, arrange, do, world, ask
    ):
        run_id = arrange(planned_run)
        arrange(lambda s: setattr(s.scalars(select(Segment)).one(), "rule", EVERYBODY))
        do(world.mia, select_candidates, SelectCandidates(run_id))

        with_frozen = ask(world.mia, waterfall, run_id=run_id)
        assert with_frozen.candidates == len(FITTING)
        run = arrange(lambda s: s.get_one(Run, run_id))
        design = arrange(lambda s: s.get_one(Design, run.design_id))
        assert run.frozen_rule == design.frozen["rule"]


class TestSelection:
    def test_the_parts_add_up_to_the_population(self, arrange, chosen, ask, world):
        arrange(state(1, is_active=False))
        arrange(state(2, do_not_contact=True))
        outcome = chosen(capacity=5)

        drawn = ask(world.mia, waterfall, run_id=outcome.run_id)

        assert drawn.population == 15
        assert [(s.reason, s.excluded, s.remaining) for s in drawn.steps] == [
            (Exclusion.NOT_ACTIVE, 1, 14),
            (Exclusion.DO_NOT_CONTACT, 1, 13),
            (Exclusion.NO_CONSENT, 0, 13),
            (Exclusion.DISTRESS, 0, 13),
            (Exclusion.NOT_IN_SEGMENT, 2, 11),
            (Exclusion.ON_EXCLUSION_LIST, 0, 11),
            (Exclusion.HOLDS_PRODUCT, 0, 11),
            (Exclusion.CONTACT_CAP, 0, 11),
            (Exclusion.BUSY_ELSEWHERE, 0, 11),
            (Exclusion.CONTROL_ELSEWHERE, 0, 11),
            (Exclusion.HOLDOUT, 0, 11),
            (Exclusion.CAPACITY, 6, 5),
        ]
        assert drawn.candidates == 5
        assert ask(world.tom, run_faults) == []

    def test_asks_the_managers_who_are_here(self, chosen, arrange, engine):
        arrange(state(3, manager_id=2))
        arrange(state(4, manager_id=3))  # a team lead confirms nothing
        arrange(lambda s: setattr(s.get_one(Person, 2), "is_active", False))
        outcome = chosen()

        with Session(engine) as session:
            rows = session.scalars(
                select(Candidate).where(Candidate.run_id == outcome.run_id)
            ).all()
        waiting = {c.customer_id: c.confirmer_id for c in rows if c.confirmer_id}
        assert waiting == {1: 1, 2: 1}
        for candidate in rows:
            waits = candidate.customer_id in waiting
            expected = Confirmation.PENDING if waits else Confirmation.CONFIRMED
            assert candidate.confirmation is expected
            assert candidate.confirmed_at == (None if waits else NOW)

    def test_tells_the_neighbours_counts_and_whose_word_is_wanted(self, chosen, engine):
        chosen({"control_share": 5000})

        with Session(engine) as session:
            created, *wanted = session.scalars(select(Outgoing).order_by(Outgoing.id))
        assert created.type == "CandidateSelection/Created"
        assert created.payload["population"] == 15
        assert created.payload["candidates"] == 13
        assert created.payload["excluded"]["not in the segment rule"] == 2
        assert {(n.type, n.subject) for n in wanted} == {
            ("CustomerRelationshipManagement/ConfirmationWanted", "customer:C1"),
            ("CustomerRelationshipManagement/ConfirmationWanted", "customer:C2"),
        }
        assert {n.payload["person"] for n in wanted} == {"S001"}

    def test_selecting_again_replaces(self, chosen, arrange, do, world, engine, ask):
        outcome = chosen()
        arrange(state(3, is_active=False))

        fact = do(world.mia, select_candidates, SelectCandidates(outcome.run_id))

        assert fact.is_repeated
        assert fact.candidates == 12
        assert ask(world.mia, why, run_id=outcome.run_id, customer_no="C3").reason is (
            Exclusion.NOT_ACTIVE
        )

    @pytest.mark.parametrize(
        "status", [RunStatus.LAUNCHED, RunStatus.PAUSED, RunStatus.COMPLETED, RunStatus.STOPPED]
    )
    def test_is_over_with_the_launch(self, arrange, do, world, status):
        run_id = arrange(lambda s: planned_run(s, status=status))

        with pytest.raises(Conflict, match=f"is {status} by now"):
            do(world.mia, select_candidates, SelectCandidates(run_id))

    def test_an_imported_run_is_only_read(self, arrange, do, world):
        run_id = arrange(lambda s: planned_run(s, is_imported=True))

        with pytest.raises(Invalid, match="carried out elsewhere"):
            do(world.mia, select_candidates, SelectCandidates(run_id))

    def test_needs_the_permission_and_the_scope(self, arrange, do, world):
        request = SelectCandidates(arrange(planned_run))
        with pytest.raises(NotAllowed):
            do(world.ann, select_candidates, request)
        with pytest.raises(NotFound):
            do(replace(world.mia, scope=Scope((bank.NORTH,))), select_candidates, request)


class TestArms:
    def test_the_database_and_numpy_agree_on_every_row(self, chosen, ask, world, engine):
        outcome = chosen({"control_share": 3000}, arm_key=11)

        shares = [Share(1, 7000), Share(0, 3000)]
        with Session(engine) as session:
            rows = session.execute(
                select(Candidate.customer_id, Candidate.arm).where(
                    Candidate.run_id == outcome.run_id
                )
            )
            for customer_id, arm in rows:
                assert arm == arm_of(customer_id, 11, shares)

    def test_several_treated_arms_share_the_rest(self, arrange, do, world, ask, engine):
        def three(session):
            run_id = planned_run(session, approved_design(session, control_share=2000))
            session.execute(update(RunArm).where(RunArm.arm == 1).values(share=4000))
            session.add(RunArm(run_id=run_id, arm=2, name="letter first", share=4000))
            return run_id

        run_id = arrange(three)
        do(world.mia, select_candidates, SelectCandidates(run_id))

        arms = ask(world.mia, arm_counts, run_id=run_id)
        assert [arm.arm for arm in arms] == [0, 1, 2]
        assert sum(arm.customers for arm in arms) == 13
        shares = [Share(0, 2000), Share(1, 4000), Share(2, 4000)]
        expected = [arm_of(id_, run_id, shares) for id_ in FITTING]
        assert [arm.customers for arm in arms] == [expected.count(n) for n in (0, 1, 2)]

    def test_a_check_finds_an_arm_that_was_moved(self, chosen, arrange, ask, world):
        outcome = chosen({"control_share": 3000})
        assert ask(world.tom, run_faults) == []
        arrange(
            lambda s: s.execute(
                update(Candidate).where(Candidate.customer_id == 3).values(arm=1 - Candidate.arm)
            )
        )
        arrange(lambda s: s.execute(delete(Excluded).where(Excluded.customer_id == 7)))

        faults = ask(world.tom, run_faults)

        assert [(fault.rows, fault.problem) for fault in faults] == [
            (1, "the waterfall does not add up to the population"),
            (1, "candidates are not in the arm that the hash gives them"),
        ]
        assert outcome.run_id


class TestClusters:
    """North has customers 1 to 10, of whom Ann has 1 and 2; South has 11 to 15."""

    @pytest.fixture
    def arms(self, engine):
        def read(run_id):
            with Session(engine) as session:
                rows = session.execute(
                    select(Candidate.customer_id, Candidate.cluster_id, Candidate.arm).where(
                        Candidate.run_id == run_id
                    )
                )
                return {row.customer_id: (row.cluster_id, row.arm) for row in rows}

        return read

    @pytest.mark.parametrize("key", [1, 2, 5, 11])
    def test_a_branch_is_treated_or_held_out_as_a_whole(self, chosen, arms, key):
        by_branch = {"control_share": 2500}
        outcome = chosen(by_branch, arm_key=key, randomised_by=RandomisedBy.BRANCH)

        expected = arms_of_clusters([bank.NORTH, bank.SOUTH], key, [Share(1, 7500), Share(0, 2500)])
        assert set(expected.values()) == {0, 1}
        assert arms(outcome.run_id) == {
            id_: (branch, expected[branch])
            for id_ in FITTING
            for branch in [bank.NORTH if id_ <= 10 else bank.SOUTH]
        }

    @pytest.mark.parametrize("key", [1, 2, 5, 11])
    def test_who_has_no_manager_is_drawn_with_the_branch(self, chosen, arms, key):
        outcome = chosen({"control_share": 3000}, arm_key=key, randomised_by=RandomisedBy.MANAGER)

        cluster = {id_: -bank.NORTH if id_ <= 10 else -bank.SOUTH for id_ in FITTING}
        cluster |= {1: ANN, 2: ANN}
        expected = arms_of_clusters(cluster.values(), key, [Share(1, 7000), Share(0, 3000)])
        assert arms(outcome.run_id) == {id_: (of, expected[of]) for id_, of in cluster.items()}

    def test_customers_drawn_alone_are_in_no_cluster(self, chosen, arms):
        outcome = chosen({"control_share": 3000})
        assert {cluster for cluster, _ in arms(outcome.run_id).values()} == {None}

    def test_only_those_who_are_taken_are_drawn(self, chosen, arms, arrange):
        """Beyond the capacity a branch is in no arm, or its arm could have nobody."""
        arrange(
            lambda s: s.execute(
                update(CustomerState)
                .where(CustomerState.customer_id.in_([1, 3, 11]))
                .values(yearly_value=1000)
            )
        )
        outcome = chosen(
            {"control_share": 1000}, capacity=3, randomised_by=RandomisedBy.MANAGER, arm_key=3
        )

        found = arms(outcome.run_id)
        assert {id_: cluster for id_, (cluster, _) in found.items()} == {
            1: ANN,
            3: -bank.NORTH,
            11: -bank.SOUTH,
        }
        assert sorted(arm for _, arm in found.values()) == [0, 1, 1]

    @pytest.mark.parametrize("by", [RandomisedBy.BRANCH, RandomisedBy.MANAGER])
    def test_one_alone_can_not_be_compared(self, chosen, by):
        with pytest.raises(Invalid, match=f"belong to one {by}.*draw customers one by one"):
            chosen(
                {"control_share": 1000},
                unit_id=bank.SOUTH,
                randomised_by=by,
            )
        chosen({"control_share": 0}, unit_id=bank.SOUTH, randomised_by=by)

    def test_a_run_draws_as_its_design_says(self, arrange, do, world, engine):
        design_id = arrange(
            lambda s: approved_design(s, control_share=1000, randomised_by=RandomisedBy.BRANCH)
        )
        run = do(world.mia, start_run, StartRun(design_id, bank.BANK, TODAY, TODAY))
        with Session(engine) as session:
            assert session.get_one(Run, run.run_id).randomised_by is RandomisedBy.BRANCH

    def test_a_check_finds_a_customer_who_was_moved_out_of_the_cluster(
        self, chosen, arrange, ask, world
    ):
        chosen({"control_share": 3000}, randomised_by=RandomisedBy.BRANCH)
        assert ask(world.tom, run_faults) == []
        arrange(
            lambda s: s.execute(
                update(Candidate).where(Candidate.customer_id == 3).values(arm=1 - Candidate.arm)
            )
        )
        assert [fault.rows for fault in ask(world.tom, run_faults)] == [1]


def test_the_hash_in_sql_is_that_of_numpy(engine):
    """On all rows of a longer table than a bank for tests has."""
    ids = Table("ids", MetaData(), Column("customer_id", Integer), prefixes=["TEMPORARY"])
    numbers = [*range(1, 20_001), 2**31 - 1]
    with engine.begin() as connection:
        ids.create(connection)
        connection.execute(insert(ids), [{"customer_id": n} for n in numbers])
        for key in (0, 1, 77, 2**31 - 1):
            rows = connection.execute(select(hashed_in_sql(select(ids.c.customer_id), key)))
            found = {row.customer_id: row.hash for row in rows}
            expected = hashed(np.array(numbers, dtype=np.int64), key)
            assert [found[n] for n in numbers] == expected.tolist()
        ids.drop(connection)


class TestQuestions:
    def test_why_tells_what_let_in_or_kept_out(self, chosen, ask, world):
        run_id = chosen(unit_id=bank.NORTH).run_id

        def said(number):
            return ask(world.mia, why, run_id=run_id, customer_no=number)

        assert said("c3").is_candidate
        assert said("C3").name == "C••• 0••• E•••"
        assert said("C7").reason is Exclusion.NOT_IN_SEGMENT
        assert said("C7").sentence == "C7 was kept out: not in the segment rule."
        assert "not of this run's unit" in said("C11").sentence
        with pytest.raises(NotFound, match="no customer C99"):
            said("C99")

    def test_why_needs_a_selection(self, arrange, ask, world):
        run_id = arrange(planned_run)
        said = ask(world.mia, why, run_id=run_id, customer_no="C1")
        assert "has not selected" in said.sentence

    def test_candidates_come_by_windows(self, chosen, ask, world):
        run_id = chosen().run_id

        part = ask(world.mia, candidates, run_id=run_id, window=Window(first=2, size=3))

        assert part.total == 13
        assert [row.customer_no for row in part.rows] == ["C3", "C4", "C5"]
        only = ask(world.mia, candidates, run_id=run_id, confirmation=Confirmation.PENDING, arm=1)
        assert [row.customer_no for row in only.rows] == ["C1", "C2"]

    def test_runs_are_listed_with_their_candidates(self, chosen, ask, world):
        chosen(initiated_at=NOW - timedelta(hours=1), unit_id=bank.NORTH)
        chosen(unit_id=bank.SOUTH)

        part = ask(world.mia, runs)
        assert [(r.code, r.population, r.candidates) for r in part.rows] == [
            ("RUN-2", 5, 5),
            ("RUN-1", 10, 8),
        ]
        assert ask(world.mia, runs, status=[RunStatus.PLANNED]).total == 0
        assert ask(world.mia, runs, search="campaign x2").total == 1
        assert ask(world.mia, runs, search="%").total == 0
        assert ask(world.mia, run_by_code, code="run-2") == 2
        assert ask(world.mia, run_by_code, code="2") == 2

    def test_runs_of_other_units_do_not_exist(self, chosen, ask, world):
        chosen(unit_id=bank.SOUTH)
        north = replace(world.mia, scope=Scope((bank.NORTH,)))

        assert ask(north, runs).total == 0
        for query in (run_sheet, waterfall, arm_counts, candidates):
            with pytest.raises(NotFound):
                ask(north, query, run_id=1)
        with pytest.raises(NotFound):
            ask(north, run_by_code, code="RUN-1")

    def test_agents_learn_nothing_about_arms(self, chosen, ask, world):
        chosen()
        for query in (run_sheet, waterfall, arm_counts, candidates):
            with pytest.raises(NotAllowed):
                ask(world.ann, query, run_id=1)


# ---- Small populations of any kind, against a model in plain Python ----------------------------


class TestAgainstForecast:
    @pytest.fixture
    def approved(self, arrange, do, world):
        """A version of the whole bank, approved for real: its forecast is frozen."""
        waiting = {"status": DesignStatus.SUBMITTED, "frozen": None, "approver_id": None}
        design_id = arrange(lambda s: approved_design(s, code="REAL", **waiting))
        version = arrange(lambda s: s.get_one(Design, design_id)).row_version
        do(world.pia, approve_design, ApproveDesign(design_id, version))
        return design_id

    def test_sets_every_rule_beside_what_was_approved(self, approved, arrange, do, ask, world):
        arrange(state(3, do_not_contact=True))
        arrange(lambda s: launched_run(s, [4, 5], design={"code": "BUSY"}))
        run = do(world.mia, start_run, StartRun(approved, bank.BANK, TODAY, TODAY))
        assert ask(world.mia, against_forecast, run_id=run.run_id) is None
        do(world.mia, select_candidates, SelectCandidates(run.run_id))

        found = ask(world.mia, against_forecast, run_id=run.run_id)

        assert (found.population, found.expected, found.candidates) == (15, 13, 10)
        assert (found.unit, found.is_same_unit) == ("The Bank", True)
        assert {step.reason: step.difference for step in found.steps if step.difference} == {
            Exclusion.DO_NOT_CONTACT: 1,
            Exclusion.BUSY_ELSEWHERE: 2,
        }

    def test_says_when_it_counted_another_unit(self, approved, do, ask, world):
        run = do(world.mia, start_run, StartRun(approved, bank.SOUTH, TODAY, TODAY))
        do(world.mia, select_candidates, SelectCandidates(run.run_id))

        found = ask(world.mia, against_forecast, run_id=run.run_id)

        assert (found.unit, found.is_same_unit) == ("The Bank", False)
        assert (found.expected, found.candidates) == (13, 5)

    def test_of_a_design_without_a_forecast_nothing_is_said(self, chosen, ask, world):
        assert ask(world.mia, against_forecast, run_id=chosen().run_id) is None


@dataclass(frozen=True)
class Contacts:
    """What is known of one customer: days since sales and administrative contacts, and since one
    that came with an import."""

    sales: list[int]
    administrative: list[int]
    imported: int | None

    def counted(self, period: int) -> int:
        """Say by hand how many sales contacts there are."""
        ours = [*self.sales, *self.administrative]
        is_last = self.imported is not None and self.imported < min(ours, default=10_000)
        counted = [*self.sales, *([self.imported] if is_last else [])]
        return sum(days < period for days in counted)

    @property
    def last(self) -> int | None:
        known = [*self.sales, *self.administrative]
        known += [] if self.imported is None else [self.imported]
        return min(known, default=None)


class TestContactCap:
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        contacts=st.builds(
            Contacts,
            sales=st.lists(st.integers(1, 120), max_size=4, unique=True),
            administrative=st.lists(st.integers(1, 120), max_size=2, unique=True),
            imported=st.one_of(st.none(), st.integers(1, 120)),
        ),
        most=st.integers(1, 5),
    )
    def test_counts_alike_for_every_limit(self, engine, world, contacts, most):
        with rehearsing(engine, world.mia, now=NOW) as work:
            session = work.session
            session.get_one(ContactPolicy, 1).most_contacts = most
            for type_, all_days in (
                (ActivityType.SALES, contacts.sales),
                (ActivityType.ADMINISTRATIVE, contacts.administrative),
            ):
                for days in all_days:
                    _contacted(session, type_, days)
            last = None if contacts.last is None else NOW - timedelta(days=contacts.last)
            state(3, pending=0, last_contact_at=last)(session)
            session.flush()
            [(_, capped)] = contact_cap(work, of_many=True)
            of_many = session.scalar(select(capped).where(CustomerState.customer_id == 3))
            run_id = planned_run(session)
            select_candidates(work, SelectCandidates(run_id))
            reason = session.get(Excluded, (run_id, 3))
            is_out = reason is not None and reason.reason is Exclusion.CONTACT_CAP

        assert is_out is bool(of_many) is (contacts.counted(90) >= most)


def _contacted(session, type_, days):
    run = launched_run(session, [3], held={3: 1}, design={"stages": [{"activity_type": type_}]})
    session.execute(
        update(Activity)
        .where(Activity.id == run.activities[3])
        .values(
            status=Status.COMPLETED,
            is_completed=True,
            closed_at=NOW,
            contacted_at=NOW - timedelta(days=days),
        )
    )


@dataclass(frozen=True)
class Somebody:
    """A customer as the model sees one: which rules hold for them."""

    is_active: bool
    do_not_contact: bool
    consents: bool
    in_distress: bool
    holds_current: bool
    on_list: bool
    holds_savings: bool
    contacted_days_ago: int | None
    is_busy: bool
    is_control: bool
    in_holdout: bool
    value: int | None


somebody = st.builds(
    Somebody,
    is_active=st.sampled_from([True, True, True, False]),
    do_not_contact=st.sampled_from([False, False, False, True]),
    consents=st.sampled_from([True, True, True, False]),
    in_distress=st.sampled_from([False, False, False, True]),
    holds_current=st.sampled_from([True, True, False]),
    on_list=st.sampled_from([False, False, False, True]),
    holds_savings=st.sampled_from([False, False, True]),
    contacted_days_ago=st.one_of(st.none(), st.integers(80, 100)),
    is_busy=st.sampled_from([False, False, False, True]),
    is_control=st.sampled_from([False, False, False, True]),
    in_holdout=st.sampled_from([False, False, False, True]),
    value=st.one_of(st.none(), st.integers(0, 3)),
)


def first_rule(one: Somebody) -> Exclusion | None:
    """Say by hand what the statement says."""
    for holds, reason in (
        (not one.is_active, Exclusion.NOT_ACTIVE),
        (one.do_not_contact, Exclusion.DO_NOT_CONTACT),
        (not one.consents, Exclusion.NO_CONSENT),
        (one.in_distress, Exclusion.DISTRESS),
        (not one.holds_current, Exclusion.NOT_IN_SEGMENT),
        (one.on_list, Exclusion.ON_EXCLUSION_LIST),
        (one.holds_savings, Exclusion.HOLDS_PRODUCT),
        (one.contacted_days_ago is not None and one.contacted_days_ago < 90, Exclusion.CONTACT_CAP),
        (one.is_busy, Exclusion.BUSY_ELSEWHERE),
        (one.is_control, Exclusion.CONTROL_ELSEWHERE),
        (one.in_holdout, Exclusion.HOLDOUT),
    ):
        if holds:
            return reason
    return None


class TestAnyPopulation:
    @pytest.fixture
    def selection(self, engine, world, arrange):
        numbers = count(1)

        def prepare(session):
            session.get_one(ContactPolicy, 1).most_contacts = 1
            busy = launched_run(session, bank.NORTH_CUSTOMERS, design={"code": "BUSY"})
            list_id = segment(session, "list", kind=SegmentKind.STATIC, rule=None)
            design_id = approved_design(
                session,
                code="ANY",
                campaign_columns={"unit_id": bank.NORTH},
                rule={"holds": {"product": "current"}},
                exclusion_segment_id=list_id,
                control_share=3000,
            )
            measured = launched_run(session, [11], control=bank.NORTH_CUSTOMERS)
            session.add(
                Holdout(
                    id=1,
                    name="2026",
                    share=1000,
                    key=1,
                    population=15,
                    starts_on=TODAY,
                    created_at=NOW,
                )
            )
            assert busy.run_id
            return measured.run_id, list_id, design_id

        measured, list_id, design_id = arrange(prepare)

        def carry_out(people, capacity):
            with changing(engine, world.mia, now=NOW) as work:
                session = work.session
                session.execute(delete(SegmentMember))
                session.execute(delete(Indicator))
                session.execute(delete(HoldoutCustomer))
                # What an earlier selection has chosen would be spoken for.
                session.execute(update(Candidate).values(confirmation=Confirmation.REJECTED))
                for customer_id, one in zip(bank.NORTH_CUSTOMERS, people, strict=True):
                    _become(session, customer_id, one, measured, list_id)
                run_id = planned_run(
                    session,
                    design_id,
                    code=f"ANY-{next(numbers)}",
                    unit_id=bank.NORTH,
                    capacity=capacity,
                )
                foreseen = forecast(work, design_id=design_id)
                fact = select_candidates(work, SelectCandidates(run_id))
                return foreseen, fact, *_found(session, run_id)

        return carry_out

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        people=st.lists(somebody, min_size=10, max_size=10),
        capacity=st.one_of(st.none(), st.integers(1, 6)),
    )
    def test_the_first_rule_wins_and_everything_adds_up(self, selection, people, capacity):
        foreseen, fact, taken, out, steps = selection(people, capacity)

        expected = dict(zip(bank.NORTH_CUSTOMERS, map(first_rule, people), strict=True))
        fitting = {id_ for id_, reason in expected.items() if reason is None}
        beyond = {id_ for id_, reason in out.items() if reason is Exclusion.CAPACITY}
        assert taken | beyond == fitting
        assert len(taken) == min(len(fitting), capacity or 10)
        assert {i: r for i, r in out.items() if i not in beyond} == {
            i: r for i, r in expected.items() if r is not None
        }
        worth = {i: -1 if p.value is None else p.value for i, p in enumerate(people, start=1)}
        assert not beyond or min(worth[i] for i in taken) >= max(worth[i] for i in beyond)
        assert sum(steps.values()) + fact.candidates == fact.population == 10
        assert fact.candidates == len(taken)
        assert {step.reason: step.customers for step in foreseen.steps} == {
            reason: customers
            for reason, customers in steps.items()
            if reason is not Exclusion.CAPACITY
        }
        assert foreseen.eligible == len(fitting)


def _become(session, customer_id, one, measured, list_id):
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id == customer_id)
        .values(
            is_active=one.is_active,
            do_not_contact=one.do_not_contact,
            consents=Medium.PHONE.bit if one.consents else 0,
            indicators=DISTRESS.bit if one.in_distress else 0,
            products=(1 if one.holds_current else 0) | (2 if one.holds_savings else 0),
            last_contact_at=None
            if one.contacted_days_ago is None
            else NOW - timedelta(days=one.contacted_days_ago),
            pending=int(one.is_busy),
            yearly_value=one.value,
        )
    )
    if one.in_distress:
        session.add(Indicator(customer_id=customer_id, kind=DISTRESS, valid_from=NOW))
    if one.on_list:
        session.add(SegmentMember(segment_id=list_id, customer_id=customer_id))
    if one.in_holdout:
        session.add(HoldoutCustomer(holdout_id=1, customer_id=customer_id))
    session.execute(
        update(Candidate)
        .where(Candidate.run_id == measured, Candidate.customer_id == customer_id)
        .values(arm=0 if one.is_control else 1, confirmation=Confirmation.CONFIRMED)
    )
    session.flush()


def _found(session, run_id):
    taken = set(session.scalars(select(Candidate.customer_id).where(Candidate.run_id == run_id)))
    out = session.execute(
        select(Excluded.customer_id, Excluded.reason).where(Excluded.run_id == run_id)
    )
    steps = session.execute(
        select(WaterfallStep.reason, WaterfallStep.customers).where(WaterfallStep.run_id == run_id)
    )
    return (
        taken,
        {row.customer_id: row.reason for row in out},
        {row.reason: row.customers for row in steps},
    )
