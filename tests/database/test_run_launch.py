"""Launching a run: what is made for whom, and what is not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Role, Scope
from core.activities.actions.ending import ChangeRun, complete_run, pause, resume, stop_run
from core.activities.actions.launch import Launch, MakeDueWork, launch, make_due_work
from core.activities.model import Activity, Change, Message
from core.activities.queries.checks import broken_histories, work_for_held_out
from core.activities.queries.messages import messages
from core.activities.rules import MessageStatus, Status
from core.activities.schedule import stage_days
from core.calendars.actions import CloseDay, close_day
from core.calendars.rules import NINE_TO_FIVE, week_of
from core.campaigns.model import Content, Design, Stage
from core.campaigns.rules import ActivityType, CreateOn, DesignStatus, Priority
from core.customers.model import Customer, CustomerState, Indicator
from core.customers.queries.checking import state_differences
from core.customers.rules import IndicatorKind, Medium
from core.hours import WorkingTime
from core.journal.model import Outgoing
from core.people.model import Absence, Person, PersonQualification, PersonRole
from core.people.rules import AbsenceKind
from core.periods import Shift
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.model import Candidate
from core.runs.queries.candidates import confirmations_wanted
from core.runs.queries.selection import confirmers
from core.runs.queries.sheets import run_sheet
from core.runs.rules import Confirmation, RunStatus
from core.windows import Window
from core.work import changing
from tests import world as bank
from tests.conftest import NOW, ZONE
from tests.making.calendars import AHEAD, calendar_of_unit
from tests.making.campaigns import ADMINISTRATIVE, approved_design
from tests.making.runs import planned_run

TODAY = NOW.date()
PRAGUE = "Europe/Prague"
BRITAIN = WorkingTime("Europe/London", week_of(NINE_TO_FIVE), "GB")
FITTING = {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15}  # 7 holds savings, 8 no current account


def _absence(in_days):
    """Ann is away for a day."""
    day = NOW.date() + timedelta(days=in_days)
    return Absence(person_id=1, kind=AbsenceKind.LEAVE, starts_on=day, ends_on=day, planned_at=NOW)


@pytest.fixture
def selected(engine, do, world):
    """A run with its candidates selected and those of Ann confirmed."""

    def make(*, confirm=True, unit=bank.BANK, starts_on=TODAY, **design):
        with Session(engine) as session, session.begin():
            design_id = approved_design(session, **design)
        run = do(
            world.mia,
            start_run,
            StartRun(design_id, unit, starts_on, starts_on + timedelta(days=60)),
        )
        do(world.mia, select_candidates, SelectCandidates(run.run_id))
        with Session(engine) as session:
            waiting = session.scalars(
                select(Candidate.customer_id).where(
                    Candidate.run_id == run.run_id,
                    Candidate.confirmation == Confirmation.PENDING,
                )
            ).all()
        if waiting and confirm:
            do(world.ann, confirm_candidates, Confirm(run.run_id, waiting, accept=True))
        return run.run_id

    return make


def become(customer_id, **values):
    def change(session):
        session.execute(
            update(CustomerState).where(CustomerState.customer_id == customer_id).values(values)
        )

    return change


class TestConfirm:
    def test_a_manager_accepts_one_and_rejects_the_other(self, selected, do, world, look, ask):
        run_id = selected(confirm=False)
        assert [w.customer_no for w in ask(world.ann, confirmations_wanted)] == ["C1", "C2"]

        do(world.ann, confirm_candidates, Confirm(run_id, [1], accept=True))
        fact = do(
            world.ann,
            confirm_candidates,
            Confirm(run_id, [2], accept=False, reason=" Moving abroad "),
            now=NOW + timedelta(hours=1),
        )

        assert (fact.remaining, fact.pending) == (12, 0)
        rejected = look(select(Candidate).where(Candidate.customer_id == 2))[0]
        assert rejected.confirmation is Confirmation.REJECTED
        assert (rejected.rejection, rejected.confirmer_id) == ("Moving abroad", 1)
        assert rejected.confirmed_at == NOW + timedelta(hours=1)
        wanted = select(Outgoing).where(Outgoing.type == "CandidateSelection/Updated")
        told = look(wanted.order_by(Outgoing.id))
        assert [notice.payload["rejected"] for notice in told] == [0, 1]
        assert ask(world.ann, confirmations_wanted) == []

    def test_whose_word_is_missing_is_shown(self, selected, do, world, ask):
        run_id = selected(confirm=False)
        do(world.ann, confirm_candidates, Confirm(run_id, [1], accept=True))

        [ann] = ask(world.mia, confirmers, run_id=run_id)
        assert (ann.name, ann.asked, ann.pending) == ("Ann Example", 2, 1)

    @pytest.mark.parametrize("others", [[3], [1, 3], [999]], ids=["not asked", "some", "nobody"])
    def test_only_for_the_own_customers_and_all_or_none(self, selected, do, world, others, look):
        run_id = selected(confirm=False)

        with pytest.raises(Conflict, match="1 of the chosen candidates are not yours"):
            do(world.ann, confirm_candidates, Confirm(run_id, others, accept=True))

        waiting = select(Candidate.customer_id).where(
            Candidate.confirmation == Confirmation.PENDING
        )
        assert set(look(waiting)) == {1, 2}

    def test_a_colleague_can_not_answer(self, selected, do, world):
        run_id = selected(confirm=False)
        with pytest.raises(Conflict):
            do(world.ben, confirm_candidates, Confirm(run_id, [1], accept=True))

    def test_a_campaign_manager_can_not_answer_for_others(self, selected, do, world):
        run_id = selected(confirm=False)
        with pytest.raises(NotAllowed):
            do(world.mia, confirm_candidates, Confirm(run_id, [1], accept=True))

    def test_what_is_decided_stays(self, selected, do, world):
        run_id = selected()
        with pytest.raises(Conflict, match="decided meanwhile"):
            do(world.ann, confirm_candidates, Confirm(run_id, [1], accept=False, reason="No"))

    def test_after_the_launch_nothing_is_confirmed(self, selected, do, world):
        run_id = selected(confirm=False)
        do(world.mia, launch, Launch(run_id, without_pending=True))
        with pytest.raises(Conflict, match="waits for no confirmations"):
            do(world.ann, confirm_candidates, Confirm(run_id, [1], accept=True))

    def test_an_unknown_run_is_refused(self, do, world):
        with pytest.raises(NotFound):
            do(world.ann, confirm_candidates, Confirm(999, [1], accept=True))

    @pytest.mark.parametrize("wrong", [{"customer_ids": ()}, {"accept": False}])
    def test_refuses_requests_that_make_no_sense(self, wrong):
        with pytest.raises(Invalid):
            Confirm(**({"run_id": 1, "customer_ids": (1,), "accept": True} | wrong))


class TestLaunch:
    def test_makes_one_activity_for_each_treated_candidate(self, selected, do, world, look):
        run_id = selected()

        fact = do(world.mia, launch, Launch(run_id))

        assert (fact.treated, fact.control, fact.activities, fact.messages) == (13, 0, 13, 0)
        activities = look(select(Activity))
        assert {a.customer_id for a in activities} == FITTING
        first = next(a for a in activities if a.customer_id == 3)
        assert (first.type, first.priority, first.subtype_id) == (
            ActivityType.SALES,
            Priority.MEDIUM,
            1,
        )
        assert (first.branch_id, first.person_id, first.status) == (
            bank.NORTH,
            None,
            Status.UNASSIGNED,
        )
        assert {a.branch_id for a in activities} == {bank.NORTH, bank.SOUTH}

    def test_dates_are_in_working_days_of_the_bank(self, selected, do, world, look):
        run_id = selected(starts_on=date(2026, 4, 3))  # Good Friday

        do(world.mia, launch, Launch(run_id))

        [activity] = look(select(Activity).where(Activity.customer_id == 3))
        assert activity.activity_on == date(2026, 4, 6)
        assert activity.ends_on == date(2026, 4, 20)
        assert activity.due_at == datetime(2026, 4, 20, 17, tzinfo=ZONE)
        assert activity.created_at == NOW

    def test_the_manager_gets_the_own_customers_and_the_pool_the_rest(
        self, selected, do, world, look
    ):
        run_id = selected()

        fact = do(world.mia, launch, Launch(run_id))

        held = look(select(Activity).where(Activity.person_id.is_not(None)))
        assert {(a.customer_id, a.person_id, a.status) for a in held} == {
            (1, 1, Status.ASSIGNED),
            (2, 1, Status.ASSIGNED),
        }
        assert fact.held == 2
        assigned = look(select(Candidate.customer_id).where(Candidate.assigned_at == NOW))
        assert set(assigned) == {1, 2}

    @pytest.mark.parametrize(
        ("change", "holder"),
        [
            pytest.param(lambda _session: None, 1, id="certified"),
            pytest.param(
                lambda s: s.execute(delete(PersonQualification)), None, id="not certified"
            ),
            pytest.param(
                lambda s: s.execute(
                    update(PersonQualification).values(valid_until=date(2026, 3, 1))
                ),
                None,
                id="certificate run out",
            ),
            pytest.param(
                lambda s: s.execute(
                    update(PersonQualification).values(valid_until=date(2026, 3, 2))
                ),
                1,
                id="certified to this day",
            ),
            pytest.param(
                lambda s: setattr(s.get_one(Person, 1), "is_active", False), None, id="has left"
            ),
            pytest.param(
                lambda s: setattr(s.get_one(Person, 1), "unit_id", bank.SOUTH),
                None,
                id="of another branch",
            ),
            pytest.param(
                lambda s: s.execute(
                    update(PersonRole).where(PersonRole.person_id == 1).values(role=Role.EXECUTIVE)
                ),
                None,
                id="works no activities",
            ),
            pytest.param(lambda s: s.add(_absence(0)), None, id="is away"),
            pytest.param(lambda s: s.add(_absence(1)), 1, id="is away from tomorrow on"),
        ],
    )
    def test_a_manager_who_may_not_take_it_leaves_it_to_the_pool(
        self, selected, do, world, look, arrange, change, holder
    ):
        run_id = selected(qualification_id=bank.CERTIFIED)
        arrange(change)

        do(world.mia, launch, Launch(run_id))

        [activity] = look(select(Activity).where(Activity.customer_id == 1))
        assert activity.person_id == holder

    @pytest.mark.parametrize(("in_days", "holder"), [(0, 1), (1, None)])
    def test_who_is_away_is_asked_of_the_wall_where_the_person_works(
        self, selected, do, world, look, arrange, in_days, holder
    ):
        run_id = selected()
        calendar_of_unit(do, world, bank.NORTH, AHEAD)
        arrange(lambda session: session.add(_absence(in_days)))

        do(world.mia, launch, Launch(run_id), now=NOW + timedelta(hours=6))

        [activity] = look(select(Activity).where(Activity.customer_id == 1))
        assert activity.person_id == holder

    def test_every_activity_begins_its_history(self, selected, do, world, look, ask):
        do(world.mia, launch, Launch(selected()))

        changes = look(select(Change))
        assert len(changes) == 13
        assert {(c.verb, c.at, c.from_status, c.actor_id) for c in changes} == {
            ("generate", NOW, None, world.mia.person_id)
        }
        assert ask(SYSTEM, broken_histories) == 0

    def test_the_states_count_the_work_and_carry_the_mark(self, selected, do, world, look, ask):
        do(world.mia, launch, Launch(selected()))

        states = look(select(CustomerState))
        bit = IndicatorKind.CAMPAIGN_CANDIDATE.bit
        assert {s.customer_id for s in states if s.pending == 1 and s.indicators == bit} == FITTING
        assert ask(SYSTEM, state_differences).total == 0

    def test_candidates_are_marked_until_the_end_of_the_run(self, selected, do, world, look):
        run_id = selected()
        do(world.mia, launch, Launch(run_id))

        marks = look(select(Indicator))
        assert {m.customer_id for m in marks} == FITTING
        assert {(m.reference, m.valid_from, m.valid_until) for m in marks} == {
            (f"run:{run_id}", NOW, datetime(2026, 5, 2, tzinfo=ZONE))
        }
        told = look(select(Outgoing).where(Outgoing.type == "PartyRoutingProfile/IndicatorSet"))
        assert {notice.subject for notice in told} == {f"customer:C{id_}" for id_ in FITTING}
        assert told[0].payload["campaign"] == "X"
        assert told[0].payload["valid_until"] == "2026-05-02T00:00:00+01:00"

    def test_who_is_held_out_gets_nothing_at_all(self, selected, do, world, look, ask):
        run_id = selected(control_share=5000)
        control = set(look(select(Candidate.customer_id).where(Candidate.arm == 0)))
        assert control

        fact = do(world.mia, launch, Launch(run_id))

        assert fact.control == len(control)
        assert set(look(select(Activity.customer_id))) == FITTING - control
        assert set(look(select(Indicator.customer_id))) == FITTING - control
        assert ask(SYSTEM, work_for_held_out) == 0

    def test_rejected_candidates_get_nothing(self, selected, do, world, look):
        run_id = selected(confirm=False)
        do(world.ann, confirm_candidates, Confirm(run_id, [1], accept=True))
        do(world.ann, confirm_candidates, Confirm(run_id, [2], accept=False, reason="No"))

        do(world.mia, launch, Launch(run_id))

        assert set(look(select(Activity.customer_id))) == FITTING - {2}
        assert set(look(select(Indicator.customer_id))) == FITTING - {2}

    @pytest.mark.parametrize(
        "opting_out",
        [
            {"do_not_contact": True},
            {"is_active": False},
            {"indicators": IndicatorKind.DISTRESS.bit},
        ],
        ids=lambda column: next(iter(column)),
    )
    def test_who_may_not_be_contacted_by_now_is_left_out(
        self, selected, do, world, look, arrange, opting_out
    ):
        run_id = selected()
        arrange(become(3, **opting_out))
        arrange(
            lambda s: s.add(Indicator(customer_id=3, kind=IndicatorKind.DISTRESS, valid_from=NOW))
        )
        fact = do(world.mia, launch, Launch(run_id))

        assert fact.opted_out == 1
        assert set(look(select(Activity.customer_id))) == FITTING - {3}

    def test_waits_for_confirmations_unless_told_otherwise(self, selected, do, world, look):
        run_id = selected(confirm=False)

        with pytest.raises(Invalid, match=r"2 candidates .* confirmation of 1 relationship"):
            do(world.mia, launch, Launch(run_id))
        assert look(select(Activity)) == []
        fact = do(world.mia, launch, Launch(run_id, without_pending=True))

        assert (fact.left_out, fact.activities) == (2, 11)

    def test_twice_is_refused_and_makes_nothing_more(self, selected, do, world, look):
        run_id = selected()
        do(world.mia, launch, Launch(run_id))

        with pytest.raises(Conflict, match="is launched by now"):
            do(world.max, launch, Launch(run_id))

        assert len(look(select(Activity))) == 13

    def test_needs_a_selection(self, arrange, do, world):
        run_id = arrange(planned_run)
        with pytest.raises(Conflict, match=r"is planned by now\. To launch it has to be selected"):
            do(world.mia, launch, Launch(run_id))

    def test_needs_somebody_to_contact(self, selected, do, world):
        run_id = selected(rule={"field": "age", "is": ">", "value": 150})
        with pytest.raises(Invalid, match="no confirmed candidate"):
            do(world.mia, launch, Launch(run_id))

    def test_needs_the_approval(self, selected, do, world, arrange):
        run_id = selected()
        arrange(lambda s: s.execute(update(Design).values(status=DesignStatus.RETURNED)))
        with pytest.raises(Invalid, match="not approved"):
            do(world.mia, launch, Launch(run_id))

    def test_needs_the_permission_and_the_scope(self, selected, do, world):
        request = Launch(selected())
        for actor in (world.ann, world.lea, world.pia):
            with pytest.raises(NotAllowed):
                do(actor, launch, request)
        with pytest.raises(NotFound):
            do(replace(world.mia, scope=Scope((bank.SOUTH,))), launch, request)

    def test_tells_how_far_it_is(self, selected, engine, world):
        run_id, told = selected(), []
        with changing(engine, world.mia, now=NOW) as work:
            launch(work, Launch(run_id), progress=lambda *step: told.append(step))

        assert [done for _, done, _ in told] == [0, 1, 2, 3, 4]
        assert {steps for _, _, steps in told} == {4}

    def test_administrative_work_asks_for_no_consent(self, selected, do, world, look, arrange):
        arrange(become(3, consents=0))
        run_id = selected(
            campaign_columns={"type_id": ADMINISTRATIVE},
            product_id=None,
            stages=[{"activity_type": ActivityType.ADMINISTRATIVE, "activity_subtype_id": 2}],
        )

        do(world.mia, launch, Launch(run_id))

        [activity] = look(select(Activity).where(Activity.customer_id == 3))
        assert activity.type is ActivityType.ADMINISTRATIVE


class TestStages:
    LATER = {"name": "Reminder", "start_after_days": 5}  # from Monday to Saturday

    def test_what_is_due_later_is_made_later(self, selected, do, world, look, ask):
        run_id = selected(stages=[{}, self.LATER])
        do(world.mia, launch, Launch(run_id))
        assert len(look(select(Activity))) == 13

        saturday, monday = NOW + timedelta(days=5), NOW + timedelta(days=7)
        assert do(world.mia, make_due_work, MakeDueWork(run_id), now=saturday).activities == 0
        fact = do(world.mia, make_due_work, MakeDueWork(run_id), now=monday)

        assert (fact.stages, fact.activities, fact.held) == (("Reminder",), 13, 2)
        later = look(select(Activity).where(Activity.activity_on == monday.date()))
        assert {a.customer_id for a in later} == FITTING
        assert set(look(select(CustomerState.pending))) == {0, 2}
        assert ask(SYSTEM, state_differences).total == 0

    def test_a_stage_can_be_made_on_its_planned_day(self, selected, do, world, look):
        run_id = selected(stages=[{}, self.LATER | {"create_on": CreateOn.PLANNED}])
        do(world.mia, launch, Launch(run_id))

        saturday = NOW + timedelta(days=5)
        assert do(world.mia, make_due_work, MakeDueWork(run_id), now=saturday).activities == 13
        assert set(look(select(Activity.activity_on))) == {date(2026, 3, 2), date(2026, 3, 9)}

    def test_making_again_makes_nothing_twice(self, selected, do, world, look):
        run_id = selected()
        do(world.mia, launch, Launch(run_id))

        fact = do(world.mia, make_due_work, MakeDueWork(run_id), now=NOW + timedelta(days=30))

        assert (fact.stages, fact.activities) == ((), 0)
        assert len(look(select(Activity))) == 13

    def test_a_run_launched_ahead_has_its_first_day_ready(self, selected, do, world, look):
        run_id = selected(starts_on=NOW.date() + timedelta(days=14))

        assert do(world.mia, launch, Launch(run_id)).activities == 13

    def test_work_is_made_for_launched_runs_only(self, selected, do, world):
        run_id = selected()
        with pytest.raises(Conflict, match="is selected: work is made for launched runs"):
            do(world.mia, make_due_work, MakeDueWork(run_id))

    def test_an_external_stage_writes_messages(self, selected, do, world, look, arrange):
        arrange(lambda s: setattr(s.get_one(Content, bank.EMAIL), "body", BODY))
        arrange(lambda s: setattr(s.get_one(Customer, 3), "name", "O'Hara {branch} & Söhne"))
        arrange(become(4, consents=Medium.PHONE.bit))
        run_id = selected(stages=[{}, {"content_id": bank.EMAIL}])

        fact = do(world.mia, launch, Launch(run_id))

        assert (fact.activities, fact.messages) == (13, 12)  # 4 allows no email
        messages = {m.customer_id: m for m in look(select(Message))}
        assert set(messages) == FITTING - {4}
        assert {m.status for m in messages.values()} == {MessageStatus.QUEUED}
        assert messages[3].subject == "An offer for O'Hara {branch} & Söhne"
        assert messages[3].body == (
            "Good day O'Hara {branch} & Söhne: Two per cent for the first year on your "
            "Savings account. Ask North at North."
        )
        assert messages[1].body.endswith("Ask Ann Example at North.")

    def test_messages_are_listed_with_their_day_and_what_became_of_them(
        self, selected, do, world, ask
    ):
        run_id = selected(stages=[{}, {"content_id": bank.EMAIL, "start_after_days": 0}])
        do(world.mia, launch, Launch(run_id))

        part = ask(world.mia, messages, run_id=run_id, window=Window(size=5, sort="customer_no"))

        assert (part.total, len(part.rows)) == (13, 5)
        [row] = {(row.channel, row.send_on, row.status) for row in part.rows}
        assert row == ("Email", NOW.date(), MessageStatus.QUEUED)
        assert [row.customer_no for row in part.rows] == sorted(r.customer_no for r in part.rows)
        do(world.mia, stop_run, ChangeRun(run_id, "No stock"))
        gone = ask(world.mia, messages, run_id=run_id)
        assert {row.status for row in gone.rows} == {MessageStatus.WITHDRAWN}

    def test_messages_are_listed_within_the_scope_for_who_runs_campaigns(
        self, selected, do, world, ask
    ):
        run_id = selected(stages=[{"content_id": bank.EMAIL}])
        do(world.mia, launch, Launch(run_id))

        with pytest.raises(NotAllowed):
            ask(world.ann, messages, run_id=run_id)
        local = replace(world.mia, scope=Scope(unit_ids=(bank.NORTH,)))
        with pytest.raises(NotFound):
            ask(local, messages, run_id=run_id)

    def test_a_run_of_messages_only_marks_its_candidates_too(self, selected, do, world, look):
        run_id = selected(stages=[{"content_id": bank.EMAIL}])

        fact = do(world.mia, launch, Launch(run_id))

        assert (fact.activities, fact.messages) == (0, 13)
        assert set(look(select(CustomerState.pending))) == {0}
        assert set(look(select(Indicator.customer_id))) == FITTING


BODY = "Good day {customer name}: {offer} on your {product}. Ask {person} at {branch}."


class TestEnd:
    @pytest.fixture
    def launched(self, selected, do, world):
        run_id = selected(stages=[{}, {"content_id": bank.EMAIL}])
        do(world.mia, launch, Launch(run_id))
        return run_id

    def test_pausing_and_resuming(self, launched, do, world, ask):
        do(world.mia, pause, ChangeRun(launched, "System change"))
        assert ask(world.mia, run_sheet, run_id=launched).status is RunStatus.PAUSED
        with pytest.raises(Conflict, match="is paused"):
            do(world.mia, make_due_work, MakeDueWork(launched))
        with pytest.raises(Conflict, match="is paused by now"):
            do(world.mia, pause, ChangeRun(launched))

        do(world.mia, resume, ChangeRun(launched))
        assert ask(world.mia, run_sheet, run_id=launched).status is RunStatus.LAUNCHED

    @pytest.mark.parametrize(
        ("end", "status"),
        [(complete_run, RunStatus.COMPLETED), (stop_run, RunStatus.STOPPED)],
    )
    def test_takes_back_what_is_unfinished(self, launched, do, world, look, ask, end, status):
        later = NOW + timedelta(days=3)
        fact = do(world.mia, end, ChangeRun(launched, "The rate changed"), now=later)

        assert (fact.aborted, fact.withdrawn, fact.indicators_cleared) == (13, 13, 13)
        sheet = ask(world.mia, run_sheet, run_id=launched)
        assert (sheet.status, sheet.finished_at) == (status, later)
        activities = look(select(Activity))
        assert {(a.status, a.reason_id, a.closed_at) for a in activities} == {
            (Status.CANCELLED, bank.ABORTED, later)
        }
        assert {m.status for m in look(select(Message))} == {MessageStatus.WITHDRAWN}
        assert {(s.pending, s.indicators) for s in look(select(CustomerState))} == {(0, 0)}
        assert set(look(select(Indicator.cleared_at))) == {later}
        assert ask(SYSTEM, state_differences, now=later).total == 0
        assert ask(SYSTEM, broken_histories) == 0

    def test_the_history_tells_who_had_what(self, launched, do, world, look):
        do(world.mia, stop_run, ChangeRun(launched, "No stock"))

        aborted = {c.activity_id: c for c in look(select(Change).where(Change.verb == "abort"))}
        [held] = look(select(Activity).where(Activity.customer_id == 1))
        change = aborted[held.id]
        assert (change.from_status, change.to_status) == (Status.ASSIGNED, Status.CANCELLED)
        assert (change.from_person_id, change.to_person_id) == (1, 1)
        assert (change.from_reason_id, change.to_reason_id) == (None, bank.ABORTED)

    def test_tells_the_neighbours(self, launched, do, world, look):
        do(world.mia, complete_run, ChangeRun(launched))

        cleared = look(
            select(Outgoing).where(Outgoing.type == "PartyRoutingProfile/IndicatorCleared")
        )
        assert {n.subject for n in cleared} == {f"customer:C{id_}" for id_ in FITTING}
        last = look(
            select(Outgoing)
            .where(Outgoing.type == "CustomerCampaignProcedure/Updated")
            .order_by(Outgoing.id.desc())
        )[0]
        assert last.payload["status"] == "completed"
        assert last.payload["finished_at"] == NOW.isoformat()

    def test_finished_work_stays_as_it_is(self, launched, do, world, look, arrange):
        def finish(session):
            session.execute(
                update(Activity)
                .where(Activity.customer_id == 3)
                .values(status=Status.COMPLETED, is_completed=True, closed_at=NOW)
            )
            become(3, pending=0)(session)

        arrange(finish)
        assert do(world.mia, complete_run, ChangeRun(launched)).aborted == 12
        [activity] = look(select(Activity).where(Activity.customer_id == 3))
        assert activity.status is Status.COMPLETED

    def test_a_mark_of_another_run_stays(self, launched, do, world, look, arrange):
        mark = {"kind": IndicatorKind.CAMPAIGN_CANDIDATE, "reference": "run:99", "valid_from": NOW}
        arrange(lambda s: s.add(Indicator(customer_id=3, **mark)))

        do(world.mia, complete_run, ChangeRun(launched))

        marked = select(CustomerState.customer_id).where(CustomerState.indicators != 0)
        assert look(marked) == [3]

    def test_a_stop_needs_a_reason(self, launched, do, world):
        with pytest.raises(Invalid, match="Say why"):
            do(world.mia, stop_run, ChangeRun(launched))

    def test_a_planned_run_can_be_stopped_but_not_completed(self, do, world, arrange):
        run_id = arrange(planned_run)
        with pytest.raises(Conflict):
            do(world.mia, complete_run, ChangeRun(run_id))
        fact = do(world.mia, stop_run, ChangeRun(run_id, "Not needed"))
        assert (fact.aborted, fact.batch_id) == (0, None)

    def test_an_ended_run_stays_ended(self, launched, do, world):
        do(world.mia, complete_run, ChangeRun(launched))
        for action in (pause, resume, complete_run, stop_run):
            with pytest.raises(Conflict, match="is completed by now"):
                do(world.mia, action, ChangeRun(launched, "Again"))

    def test_needs_the_permission(self, launched, do, world):
        for action in (pause, resume, complete_run, stop_run):
            with pytest.raises(NotAllowed):
                do(world.lea, action, ChangeRun(launched, "Because"))


def test_a_check_finds_work_for_somebody_held_out(selected, do, world, ask, arrange):
    run_id = selected()
    do(world.mia, launch, Launch(run_id))
    arrange(lambda s: s.execute(update(Candidate).where(Candidate.customer_id == 3).values(arm=0)))

    assert ask(SYSTEM, work_for_held_out) == 1


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (Shift.SEND_AFTER, date(2026, 3, 9)),
        (Shift.SEND_BEFORE, date(2026, 3, 6)),
        (Shift.KEEP, date(2026, 3, 7)),
    ],
)
def test_days_are_shifted_as_the_stage_says(shift, expected):
    stage = Stage(start_after_days=5, due_days=2, shift=shift, max_delay_days=7)
    days = stage_days(stage, date(2026, 3, 2), BRITAIN)
    assert days.activity_on == expected


@pytest.mark.parametrize(
    ("due_days", "made_at", "due"),
    [
        (2, datetime(2026, 3, 2, 9, tzinfo=ZONE), datetime(2026, 3, 4, 17, tzinfo=ZONE)),
        (2, datetime(2026, 3, 6, 9, tzinfo=ZONE), datetime(2026, 3, 10, 17, tzinfo=ZONE)),
        (0, datetime(2026, 3, 6, 9, tzinfo=ZONE), datetime(2026, 3, 6, 17, tzinfo=ZONE)),
        (0, datetime(2026, 3, 6, 17, tzinfo=ZONE), datetime(2026, 3, 9, 17, tzinfo=ZONE)),
        (0, datetime(2026, 3, 7, 9, tzinfo=ZONE), datetime(2026, 3, 9, 17, tzinfo=ZONE)),
    ],
)
def test_work_that_is_made_late_gets_its_days_from_then_on(due_days, made_at, due):
    stage = Stage(start_after_days=0, due_days=due_days, shift=Shift.KEEP, max_delay_days=0)

    days = stage_days(stage, date(2026, 3, 2), BRITAIN, made_at=made_at)

    assert (days.activity_on, days.due_on, days.due_at) == (date(2026, 3, 2), due.date(), due)


class TestBranchesOfTheirOwnHours:
    """The Czech branch has its women's day off, and closes at six in Prague."""

    WOMENS_DAY = date(2026, 3, 4)

    @pytest.fixture
    def czech(self, do, world):
        calendar_id = calendar_of_unit(do, world, bank.NORTH)
        do(world.ada, close_day, CloseDay(calendar_id, self.WOMENS_DAY, "A day off"))

    def test_have_their_own_due_moments(self, selected, do, world, czech, look):
        run_id = selected(stages=[{"due_days": 3}])
        do(world.mia, launch, Launch(run_id))

        assert {(each.branch_id, each.ends_on, each.due_at) for each in look(select(Activity))} == {
            (bank.NORTH, date(2026, 3, 6), datetime(2026, 3, 6, 18, tzinfo=ZoneInfo(PRAGUE))),
            (bank.SOUTH, date(2026, 3, 5), datetime(2026, 3, 5, 17, tzinfo=ZONE)),
        }

    def test_have_their_own_activity_dates(self, selected, do, world, czech, look):
        shifted = {"shift": Shift.SEND_AFTER, "max_delay_days": 3}
        run_id = selected(stages=[shifted], starts_on=self.WOMENS_DAY)
        do(world.mia, launch, Launch(run_id))

        assert {(each.branch_id, each.activity_on) for each in look(select(Activity))} == {
            (bank.NORTH, date(2026, 3, 5)),
            (bank.SOUTH, date(2026, 3, 4)),
        }
