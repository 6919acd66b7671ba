"""A campaign from its first idea to an approved version, and every way to be refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import Role, Scope
from core.campaigns.actions import (
    CampaignTerms,
    ChangeCampaign,
    ChangeDesign,
    CreateCampaign,
    DraftDesign,
    NotReady,
    SendBackDesign,
    SetStages,
    SubmitDesign,
    WithdrawDesign,
    change_campaign,
    change_design,
    create_campaign,
    draft_design,
    send_back_design,
    set_stages,
    submit_design,
    withdraw_design,
)
from core.campaigns.model import Content, Design, TemplateReason
from core.campaigns.queries import (
    CampaignState,
    approval,
    approvals_wanted,
    campaign,
    campaigns,
    design,
    forecast,
)
from core.campaigns.rules import ActivityType, DesignStatus, Exclusion, Priority, ReasonUse
from core.campaigns.terms import DesignTerms, StageTerms
from core.customers.actions import SetIndicator, set_indicator
from core.customers.model import CustomerState
from core.customers.rules import IndicatorKind
from core.gate.actions import ApproveDesign, approve_design
from core.journal.model import Entry, Outgoing
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.segments.actions import DefineSegment, RetireSegment, define_segment, retire_segment
from core.segments.queries import count
from core.windows import Window
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import ADMINISTRATIVE, RULE, UP_SELL, approved_design
from tests.making.campaigns import draft_design as draft_row

TERMS = CampaignTerms(
    name="Savings for all",
    type_id=1,
    unit_id=bank.BANK,
    starts_on=NOW.date(),
    ends_on=NOW.date() + timedelta(days=60),
    priority=Priority.HIGH,
    subtype_id=1,
)
ASK = CreateCampaign("SAV", TERMS)
STAGE = StageTerms(
    "Call", content_id=bank.CALL, activity_subtype_id=1, reason_template_id=bank.REASONS
)


@pytest.fixture
def rows(engine):
    """Insert rows: `rows(make, …)` calls `make(session, …)` in a transaction of its own."""

    def insert(make, **columns):
        with Session(engine) as session, session.begin():
            return make(session, **columns)

    return insert


@pytest.fixture
def segment_id(do, world):
    return do(world.mia, define_segment, DefineSegment("aud", "Audience", RULE)).segment_id


@pytest.fixture
def written(do, world, segment_id):
    """A campaign of Mia's whose first version lacks nothing: its terms and its stage are set."""
    created = do(world.mia, create_campaign, ASK)
    drafted = do(world.mia, draft_design, DraftDesign(created.campaign_id))
    terms = DesignTerms(
        segment_id=segment_id, product_id=bank.SAVINGS, offer="Two per cent", goal=0.2
    )
    changed = do(
        world.mia, change_design, ChangeDesign(drafted.design_id, drafted.row_version, terms)
    )
    return do(world.mia, set_stages, SetStages(changed.design_id, changed.row_version, [STAGE]))


@pytest.fixture
def submitted(do, world, written):
    return do(world.mia, submit_design, SubmitDesign(written.design_id, written.row_version))


def used_by_a_run(session, design_id):
    session.add(
        Run(
            code="R",
            design_id=design_id,
            unit_id=bank.NORTH,
            starts_on=NOW.date(),
            ends_on=NOW.date(),
            initiated_at=NOW,
            arm_key=1,
            control_share=0,
        )
    )


def notices(engine):
    with Session(engine) as session:
        return [
            (sent.type, sent.payload["version"])
            for sent in session.scalars(select(Outgoing).order_by(Outgoing.id))
        ]


class TestCampaign:
    def test_is_created_with_its_owner(self, do, ask, world):
        fact = do(world.mia, create_campaign, ASK)

        sheet = ask(world.mia, campaign, campaign_id=fact.campaign_id)
        assert (sheet.code, sheet.owner, sheet.unit) == ("SAV", "Mia Example", "The Bank")
        assert (sheet.type, sheet.subtype, sheet.state) == (
            "Cross-sell",
            "Savings",
            CampaignState.EMPTY,
        )

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"subtype_id": 1, "type_id": 2}, "does not belong"),
            ({"type_id": 99}, "no such campaign type"),
            ({"unit_id": 99}, "no such unit"),
        ],
    )
    def test_refuses_terms_that_contradict_themselves(self, do, world, wrong, says):
        with pytest.raises((Invalid, NotFound), match=says):
            do(world.mia, create_campaign, replace(ASK, terms=replace(TERMS, **wrong)))

    @pytest.mark.parametrize("wrong", [{"name": " "}, {"ends_on": NOW.date() - timedelta(1)}])
    def test_refuses_what_makes_no_sense(self, wrong):
        with pytest.raises(Invalid):
            replace(TERMS, **wrong)
        with pytest.raises(Invalid):
            CreateCampaign(" ", TERMS)

    def test_refuses_a_code_that_is_taken(self, do, world):
        do(world.mia, create_campaign, ASK)
        with pytest.raises(Invalid, match="taken by the campaign “Savings for all”"):
            do(world.max, create_campaign, ASK)

    def test_units_out_of_scope_do_not_exist(self, do, world, rows):
        south = replace(world.mia, scope=Scope(unit_ids=(bank.SOUTH,)), unit_id=bank.SOUTH)
        with pytest.raises(NotFound):
            do(south, create_campaign, ASK)
        id_ = do(world.mia, create_campaign, ASK).campaign_id
        with pytest.raises(NotFound):
            do(south, change_campaign, ChangeCampaign(id_, TERMS, TERMS))

    def test_of_two_editors_the_second_is_told(self, do, ask, world):
        id_ = do(world.mia, create_campaign, ASK).campaign_id
        first = replace(TERMS, name="First")

        fact = do(world.mia, change_campaign, ChangeCampaign(id_, TERMS, first))

        assert fact.changes == {"name": ("Savings for all", "First")}
        with pytest.raises(Conflict, match="changed by somebody else"):
            do(world.max, change_campaign, ChangeCampaign(id_, TERMS, replace(TERMS, name="2")))

    def test_keeps_its_type_once_a_version_waits_or_is_agreed_to(self, do, world, submitted):
        # An administrative campaign asks for no consent: nobody agreed to that.
        other = replace(TERMS, type_id=ADMINISTRATIVE, subtype_id=None)
        change = ChangeCampaign(submitted.campaign_id, TERMS, other)
        with pytest.raises(Invalid, match="Open another campaign"):
            do(world.mia, change_campaign, change)

        do(world.mia, withdraw_design, WithdrawDesign(submitted.design_id, submitted.row_version))

        assert do(world.mia, change_campaign, change).changes["type_id"] == (1, ADMINISTRATIVE)

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_needs_the_right(self, do, world, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), create_campaign, ASK)


class TestList:
    def test_filters_sorts_and_counts(self, ask, rows, world):
        rows(approved_design, code="X")
        rows(draft_row, code="Y", campaign_columns={"priority": Priority.HIGH, "owner_id": 7})
        rows(approved_design, code="50%", campaign_columns={"type_id": UP_SELL})

        def codes(**filters):
            return [row.code for row in ask(world.mia, campaigns, **filters).rows]

        assert codes(window=Window("code")) == ["50%", "X", "Y"]
        assert codes(text="campaign x") == ["X"]
        assert codes(text="0%") == ["50%"]
        assert codes(text="_") == []
        assert codes(type_id=UP_SELL) == ["50%"]
        assert codes(priority=Priority.HIGH) == ["Y"]
        assert codes(state=CampaignState.DRAFT) == ["Y"]
        assert codes(state=CampaignState.READY, window=Window("code")) == ["50%", "X"]
        assert set(codes(mine=True)) == {"X", "50%"}
        part = ask(world.mia, campaigns, window=Window("code", first=1, size=1))
        assert ([row.code for row in part.rows], part.total) == (["X"], 3)

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            (RunStatus.PLANNED, CampaignState.READY),
            (RunStatus.LAUNCHED, CampaignState.RUNNING),
            (RunStatus.COMPLETED, CampaignState.OVER),
        ],
    )
    def test_tells_how_far_a_campaign_came(self, ask, rows, world, engine, status, state):
        rows(used_by_a_run, design_id=rows(approved_design))
        with Session(engine) as session, session.begin():
            session.execute(update(Run).values(status=status))

        [row] = ask(world.mia, campaigns).rows

        assert (row.state, row.runs, row.running) == (state, 1, int(state is CampaignState.RUNNING))
        assert [r.code for r in ask(world.mia, campaigns, state=state).rows] == ["X"]

    def test_a_branch_sees_its_own_and_what_reaches_down_to_it(self, ask, rows, world):
        rows(approved_design, code="BANK")
        rows(approved_design, code="NORTH", campaign_columns={"unit_id": bank.NORTH})
        rows(approved_design, code="SOUTH", campaign_columns={"unit_id": bank.SOUTH})

        assert {row.code for row in ask(world.lea, campaigns).rows} == {"BANK", "NORTH"}
        assert ask(world.lea, campaigns).total == 2
        with pytest.raises(NotFound):
            ask(world.lea, campaign, campaign_id=3)
        with pytest.raises(NotFound):
            ask(world.lea, design, design_id=3)

    def test_agents_have_no_list(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, campaigns)


class TestDesign:
    def test_versions_are_numbered_and_neighbours_are_told(self, ask, world, written, engine):
        sheet = ask(world.mia, design, design_id=written.design_id)

        assert (sheet.version, sheet.status, sheet.missing) == (1, DesignStatus.DRAFT, ())
        assert sheet.says.startswith("Customers who are active")
        assert [stage.terms for stage in sheet.stages] == [STAGE]
        assert notices(engine) == [
            ("CustomerCampaignSpecification/Created", 1),
            ("CustomerCampaignSpecification/Updated", 1),
            ("CustomerCampaignSpecification/Updated", 1),
        ]

    def test_only_one_version_is_written_at_a_time(self, do, world, written):
        with pytest.raises(Invalid, match="Version 1 of “Savings for all” is not decided yet"):
            do(world.max, draft_design, DraftDesign(written.campaign_id))

    def test_of_two_editors_the_second_is_told(self, do, ask, world, written):
        stale = ChangeDesign(written.design_id, written.row_version, DesignTerms(offer="mine"))
        do(world.mia, change_design, stale)

        for action, request in (
            (change_design, replace(stale, terms=DesignTerms(offer="yours"))),
            (set_stages, SetStages(written.design_id, written.row_version, [])),
            (submit_design, SubmitDesign(written.design_id, written.row_version)),
        ):
            with pytest.raises(Conflict, match="changed by somebody else"):
                do(world.max, action, request)
        assert ask(world.mia, design, design_id=written.design_id).terms.offer == "mine"

    def test_an_approved_version_stays_and_its_next_one_changes(self, do, ask, world, rows):
        first = rows(approved_design, stages=[{"name": "One"}, {"name": "Two"}])
        before = ask(world.mia, design, design_id=first)

        fact = do(
            world.max,
            change_design,
            ChangeDesign(first, before.row_version, replace(before.terms, offer="Three per cent")),
        )

        assert (fact.version, fact.copied_from) == (2, 1)
        after = ask(world.mia, design, design_id=fact.design_id)
        assert (after.status, after.author) == (DesignStatus.DRAFT, "Max Example")
        assert after.terms.offer == "Three per cent"
        assert [stage.terms.name for stage in after.stages] == ["One", "Two"]
        kept = ask(world.mia, design, design_id=first)
        assert (kept.terms, kept.stages, kept.status, kept.frozen) == (
            before.terms,
            before.stages,
            before.status,
            before.frozen,
        )

    def test_a_version_that_a_run_uses_stays_whatever_its_status(self, do, ask, world, rows):
        first = rows(draft_row)
        rows(used_by_a_run, design_id=first)

        fact = do(world.mia, set_stages, SetStages(first, 1, [STAGE, STAGE]))

        assert (fact.version, fact.copied_from) == (2, 1)
        assert len(ask(world.mia, design, design_id=first).stages) == 1
        assert len(ask(world.mia, design, design_id=fact.design_id).stages) == 2

    def test_what_waits_for_approval_cannot_change(self, do, world, submitted):
        with pytest.raises(Invalid, match="waits for approval"):
            do(
                world.mia,
                change_design,
                ChangeDesign(submitted.design_id, submitted.row_version, DesignTerms()),
            )

    def test_refuses_what_does_not_exist(self, do, world, written):
        for wrong in ("product_id", "base_product_id", "qualification_id", "segment_id"):
            terms = DesignTerms(**{wrong: 99})
            with pytest.raises(NotFound):
                do(
                    world.mia,
                    change_design,
                    ChangeDesign(written.design_id, written.row_version, terms),
                )
        for wrong in ({"content_id": 99}, {"reason_template_id": 99}):
            with pytest.raises(NotFound):
                do(
                    world.mia,
                    set_stages,
                    SetStages(written.design_id, written.row_version, [replace(STAGE, **wrong)]),
                )
        with pytest.raises(Invalid, match="not one of administrative"):
            do(
                world.mia,
                set_stages,
                SetStages(
                    written.design_id,
                    written.row_version,
                    [replace(STAGE, activity_type=ActivityType.ADMINISTRATIVE)],
                ),
            )
        with pytest.raises(NotFound):
            do(world.mia, change_design, ChangeDesign(99, 1, DesignTerms()))

    def test_copies_only_versions_of_the_same_campaign(self, do, world, rows):
        first = rows(approved_design)
        rows(approved_design)
        with pytest.raises(NotFound, match="no such version to copy"):
            do(world.mia, draft_design, DraftDesign(2, copy_from=first))
        assert do(world.mia, draft_design, DraftDesign(1, copy_from=first)).version == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"control_share": 5001},
            {"control_share": -1},
            {"goal": 1.2},
            {"expected_rate": -0.1},
            {"contact_cost": Decimal(-1)},
        ],
    )
    def test_refuses_numbers_out_of_range(self, wrong):
        with pytest.raises(Invalid):
            DesignTerms(**wrong)
        for days in ({"start_after_days": -1}, {"due_days": 400}, {"max_delay_days": 32}):
            with pytest.raises(Invalid):
                replace(STAGE, **days)
        with pytest.raises(Invalid):
            replace(STAGE, name=" ")
        with pytest.raises(Invalid):
            SetStages(1, 1, [STAGE] * 21)


class TestSubmit:
    def test_waits_for_a_decision(self, do, ask, world, written):
        by = NOW.date() + timedelta(days=3)
        do(world.mia, submit_design, SubmitDesign(written.design_id, written.row_version, by))

        [wanted] = ask(world.pia, approvals_wanted)
        assert (wanted.version, wanted.author, wanted.decide_by) == (1, "Mia Example", by)
        assert not wanted.overdue
        asked = ask(world.pia, approval, design_id=wanted.id)
        assert (asked.previous, asked.changes) == (None, ())

    def test_says_everything_that_is_missing_at_once(self, do, world, engine):
        created = do(world.mia, create_campaign, ASK)
        drafted = do(world.mia, draft_design, DraftDesign(created.campaign_id))
        bare = replace(STAGE, reason_template_id=None)
        stages = [bare, replace(STAGE, name="Second", content_id=None)]
        written = do(world.mia, set_stages, SetStages(drafted.design_id, 1, stages))
        with Session(engine) as session, session.begin():
            session.get_one(Content, bank.CALL).body = "{offer} at {price}"

        with pytest.raises(NotReady) as refusal:
            do(world.mia, submit_design, SubmitDesign(drafted.design_id, written.row_version))

        reasons = "\n".join(refusal.value.reasons)
        assert len(refusal.value.reasons) == 6
        for part in (
            "a segment",
            "offers a product",
            "names {price}",
            "{offer}, but this design makes none",
            "Stage 1, Call: choose its reason template",
            "Stage 2, Second: choose its content",
        ):
            assert part in reasons
        assert "Call" in str(refusal.value)

    def test_refuses_an_internal_stage_without_a_template(self, do, world, written):
        changed = do(
            world.mia,
            set_stages,
            SetStages(
                written.design_id, written.row_version, [replace(STAGE, reason_template_id=None)]
            ),
        )
        with pytest.raises(NotReady, match="can't be worked without one"):
            do(world.mia, submit_design, SubmitDesign(changed.design_id, changed.row_version))

    def test_an_external_stage_needs_no_template(self, do, world, written):
        mail = replace(STAGE, content_id=bank.EMAIL, reason_template_id=None)
        changed = do(
            world.mia, set_stages, SetStages(written.design_id, written.row_version, [mail])
        )
        do(world.mia, submit_design, SubmitDesign(changed.design_id, changed.row_version))

    def test_refuses_a_template_that_offers_nothing_for_cancelled(self, do, world, written, engine):
        with Session(engine) as session, session.begin():
            session.execute(
                TemplateReason.__table__.delete().where(TemplateReason.use == ReasonUse.CANCELLED)
            )
        with pytest.raises(NotReady, match="offers no reason for Cancelled"):
            do(world.mia, submit_design, SubmitDesign(written.design_id, written.row_version))

    def test_refuses_a_date_that_is_over(self, do, world, written):
        over = NOW.date() - timedelta(days=1)
        with pytest.raises(Invalid, match="which is over"):
            do(world.mia, submit_design, SubmitDesign(written.design_id, written.row_version, over))

    def test_an_up_sell_needs_both_products(self, do, world, rows):
        id_ = rows(draft_row, campaign_columns={"type_id": UP_SELL})
        with pytest.raises(NotReady, match="starts from a product"):
            do(world.mia, submit_design, SubmitDesign(id_, 1))

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada"])
    def test_needs_the_right(self, do, world, rows, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), submit_design, SubmitDesign(rows(draft_row), 1))


class TestDecide:
    def test_approval_freezes_what_was_agreed_to(self, do, ask, world, submitted, engine):
        fact = do(
            world.pia,
            approve_design,
            ApproveDesign(submitted.design_id, submitted.row_version, "Good"),
        )

        sheet = ask(world.mia, design, design_id=fact.design_id)
        assert (sheet.status, sheet.approver) == (DesignStatus.APPROVED, "Pia Example")
        assert (sheet.decided_at, sheet.comment) == (NOW, "Good")
        assert sheet.frozen["rule"] == RULE
        assert sheet.frozen["control_share"] == 1000
        counts = sheet.frozen["forecast"]
        assert (counts["population"], counts["eligible"]) == (15, 13)
        assert counts["eligible"] + sum(s["customers"] for s in counts["steps"]) == 15
        assert ask(world.pia, approvals_wanted) == []
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "design.approved"))
            assert entry.facts["frozen"]["rule"] == RULE

    def test_nobody_approves_their_own(self, do, world, submitted):
        both = replace(world.mia, roles=frozenset({Role.CAMPAIGN_MANAGER, Role.APPROVER}))
        with pytest.raises(Invalid, match="had a hand in this version"):
            do(both, approve_design, ApproveDesign(submitted.design_id, submitted.row_version))

    def test_nor_what_they_only_helped_to_write(self, do, world, written):
        both = replace(world.max, roles=frozenset({Role.CAMPAIGN_MANAGER, Role.APPROVER}))
        ask = SetStages(written.design_id, written.row_version, [STAGE])
        changed = do(both, set_stages, ask)
        asked = do(world.mia, submit_design, SubmitDesign(changed.design_id, changed.row_version))

        with pytest.raises(Invalid, match="had a hand"):
            do(both, approve_design, ApproveDesign(asked.design_id, asked.row_version))

    def test_the_database_keeps_four_eyes_too(self, submitted, engine):
        with pytest.raises(Exception, match="four_eyes"), Session(engine) as session:
            session.execute(
                update(Design).where(Design.id == submitted.design_id).values(approver_id=6)
            )

    def test_refuses_what_broke_while_it_waited(self, do, world, submitted, engine):
        with Session(engine) as session, session.begin():
            session.get_one(Content, bank.CALL).body = ""
        with pytest.raises(NotReady, match="says nothing"):
            do(
                world.pia,
                approve_design,
                ApproveDesign(submitted.design_id, submitted.row_version),
            )

    def test_sent_back_with_a_comment_it_can_be_changed_and_asked_again(
        self, do, ask, world, submitted
    ):
        back = do(
            world.pia,
            send_back_design,
            SendBackDesign(submitted.design_id, submitted.row_version, "Why not by email?"),
        )
        assert ask(world.mia, design, design_id=back.design_id).comment == "Why not by email?"

        changed = do(world.mia, set_stages, SetStages(back.design_id, back.row_version, [STAGE]))
        assert (changed.design_id, changed.copied_from) == (submitted.design_id, None)
        do(world.mia, submit_design, SubmitDesign(changed.design_id, changed.row_version))

    def test_sending_back_needs_a_comment(self):
        with pytest.raises(Invalid, match="Say what has to change"):
            SendBackDesign(1, 1, " ")

    def test_of_two_approvers_the_second_is_told(self, do, world, submitted):
        ask = ApproveDesign(submitted.design_id, submitted.row_version)
        do(world.pia, approve_design, ask)
        other = replace(world.pia, person_id=9)

        with pytest.raises(Conflict, match="is now approved"):
            do(other, approve_design, ask)

    def test_only_what_waits_can_be_decided(self, do, world, written):
        for action, request in (
            (approve_design, ApproveDesign(written.design_id, written.row_version)),
            (send_back_design, SendBackDesign(written.design_id, written.row_version, "x")),
        ):
            with pytest.raises(Invalid, match="is draft"):
                do(world.pia, action, request)

    def test_withdrawn_it_is_over_and_the_next_version_can_begin(self, do, ask, world, submitted):
        do(
            world.mia,
            withdraw_design,
            WithdrawDesign(submitted.design_id, submitted.row_version),
        )

        assert do(world.mia, draft_design, DraftDesign(submitted.campaign_id)).version == 2
        with pytest.raises(NotFound, match="is withdrawn now"):
            ask(world.pia, approval, design_id=submitted.design_id)

    @pytest.mark.parametrize("who", ["ann", "lea", "mia", "eve", "ada", "tom"])
    def test_needs_the_right(self, do, world, submitted, who):
        with pytest.raises(NotAllowed):
            do(
                getattr(world, who),
                approve_design,
                ApproveDesign(submitted.design_id, submitted.row_version),
            )

    def test_a_segment_in_use_cannot_be_retired(self, do, world, submitted, segment_id):
        with pytest.raises(Invalid, match="Savings for all version 1"):
            do(world.mia, retire_segment, RetireSegment(segment_id, 1))


class TestLooking:
    def test_an_approver_sees_what_changed_since_the_last_version(self, do, ask, world, rows):
        first = rows(approved_design)
        before = ask(world.mia, design, design_id=first)
        terms = replace(before.terms, offer="Three per cent", control_share=2000)
        changed = do(world.mia, change_design, ChangeDesign(first, 1, terms))
        stages = [STAGE, replace(STAGE, name="Again", start_after_days=14)]
        set_ = do(world.mia, set_stages, SetStages(changed.design_id, changed.row_version, stages))
        do(world.mia, submit_design, SubmitDesign(set_.design_id, set_.row_version))

        asked = ask(world.pia, approval, design_id=changed.design_id)

        assert asked.previous == 1
        assert [(c.what, c.before, c.after) for c in asked.changes[:2]] == [
            ("Offer", "Two per cent for the first year", "Three per cent"),
            ("Control share", "0 %", "20 %"),
        ]
        assert [c.what for c in asked.changes[2:]] == ["Stage 2"]
        counted = ask(world.pia, forecast, design_id=changed.design_id)
        assert (counted.control, counted.treated) == (2, 11)

    def test_the_forecast_adds_up_and_counts_each_customer_once(self, ask, world, rows, engine):
        id_ = rows(
            draft_row,
            control_share=1000,
            expected_rate=0.1,
            contact_cost=Decimal(5),
            fixed_cost=Decimal(10),
            value_per_conversion=Decimal(100),
        )
        with Session(engine) as session, session.begin():
            session.execute(
                update(CustomerState).values(consents=0).where(CustomerState.customer_id < 3)
            )
            session.execute(
                update(CustomerState).values(is_active=False).where(CustomerState.customer_id == 1)
            )

        found = ask(world.mia, forecast, design_id=id_)

        steps = {step.reason: step.customers for step in found.steps}
        assert steps[Exclusion.NOT_ACTIVE] == 1
        assert steps[Exclusion.NO_CONSENT] == 1
        assert steps[Exclusion.NOT_IN_SEGMENT] == 2
        assert steps[Exclusion.HOLDS_PRODUCT] == 0
        assert found.population == 15 == found.eligible + sum(steps.values())
        assert (found.eligible, found.control, found.treated) == (11, 1, 10)
        assert (found.conversions, found.cost, found.net) == (1.0, Decimal(60), Decimal("40.00"))

    def test_of_ten_customers_exactly_those_who_fit_are_eligible(
        self, ask, do, world, rows, engine
    ):
        """Seven holds savings, eight no current account, nine is in distress, ten not active."""
        id_ = rows(draft_row, campaign_columns={"unit_id": bank.NORTH})
        do(world.lea, set_indicator, SetIndicator(9, IndicatorKind.DISTRESS))
        with Session(engine) as session, session.begin():
            session.get_one(CustomerState, 10).is_active = False

        found = ask(world.mia, forecast, design_id=id_)

        steps = {step.reason: step.customers for step in found.steps if step.customers}
        assert steps == {
            Exclusion.NOT_ACTIVE: 1,
            Exclusion.DISTRESS: 1,
            Exclusion.NOT_IN_SEGMENT: 2,
        }
        assert (found.population, found.eligible) == (10, 6)
        assert ask(world.mia, count, rule=RULE) == 11  # five of South fit as well

    def test_a_campaign_of_one_branch_counts_that_branch(self, ask, world, rows):
        id_ = rows(draft_row, campaign_columns={"unit_id": bank.SOUTH})
        assert ask(world.mia, forecast, design_id=id_).population == 5

    def test_the_sheet_has_versions_and_runs(self, ask, world, rows):
        first = rows(approved_design)
        rows(used_by_a_run, design_id=first)
        rows(draft_row, campaign_id=1)

        sheet = ask(world.mia, campaign, campaign_id=1)

        assert [each.version for each in sheet.designs] == [2, 1]
        assert [(run.code, run.version, run.status) for run in sheet.all_runs] == [
            ("R", 1, "planned")
        ]
        assert sheet.designs[1].is_used
