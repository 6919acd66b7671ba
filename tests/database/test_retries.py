"""Retry rules: administered beside the reason templates, and applied to tries."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.retries import (
    DropRetryRule,
    SaveRetryRule,
    drop_retry_rule,
    save_retry_rule,
)
from core.activities.actions.taking import TakeNext, take_next
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Change, RetryRule
from core.activities.queries.history import history
from core.activities.queries.moments import moments
from core.activities.queries.retries import retry_rules
from core.activities.rules import Outcome, Promise, RetryEnd, Status
from core.campaigns.actions.reasons import SaveReason, SaveTemplate, save_reason, save_template
from core.campaigns.model import StatusReason
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import calendar_of_unit

ANN = 1
HOURS_4 = 4 * 60
NOT_REACHED = SaveRetryRule(
    w.REASONS, Outcome.NOT_REACHED, HOURS_4, 3, RetryEnd.CANCEL, w.NO_ANSWER
)
TO_POOL = SaveRetryRule(w.REASONS, Outcome.NOT_REACHED, HOURS_4, 2, RetryEnd.POOL)


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN})


def miss(activity_id, **more):
    return NoteAttempt(activity_id, Outcome.NOT_REACHED, w.NO_ANSWER, **more)


class TestApplied:
    def test_names_the_next_action(self, engine, world, do, work):
        do(world.ada, save_retry_rule, NOT_REACHED)
        fact = do(world.ann, note_attempt, miss(work[1]))

        activity = row(engine, Activity, work[1])
        assert activity.next_action_at == fact.next_action_at == NOW + timedelta(hours=4)
        assert (activity.status, activity.promise) == (Status.IN_PROGRESS, None)

    def test_moves_it_into_the_contact_hours_of_the_branch(self, engine, world, do, work):
        do(world.ada, save_retry_rule, NOT_REACHED)
        do(world.ann, note_attempt, miss(work[1]), now=NOW.replace(hour=15))
        assert row(engine, Activity, work[1]).next_action_at == datetime(2026, 3, 3, 9, tzinfo=ZONE)

        calendar_of_unit(do, world, w.NORTH)  # 08-12 and 13-18 in Prague
        do(world.ann, note_attempt, miss(work[2]), now=NOW.replace(hour=7, minute=30))
        assert row(engine, Activity, work[2]).next_action_at == NOW.replace(hour=12)

    def test_says_nothing_where_a_next_action_is_named(self, engine, world, do, work):
        do(world.ada, save_retry_rule, replace(NOT_REACHED, most_attempts=1))
        named = NOW + timedelta(days=2)
        do(world.ann, note_attempt, miss(work[1], next_action_at=named))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.next_action_at) == (Status.IN_PROGRESS, named)

    def test_nothing_is_said_without_a_rule(self, engine, world, do, work):
        do(world.ada, save_retry_rule, replace(NOT_REACHED, outcome=Outcome.CALL_BACK))
        do(world.ann, note_attempt, miss(work[1]))

        assert row(engine, Activity, work[1]).next_action_at is None

    def test_is_for_call_backs_too_and_promises_nothing(self, engine, world, do, work):
        do(
            world.ada,
            save_retry_rule,
            replace(NOT_REACHED, outcome=Outcome.CALL_BACK, reason_id=w.NEEDS_TIME),
        )
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.CALL_BACK, w.NEEDS_TIME))

        activity = row(engine, Activity, work[1])
        assert activity.next_action_at == NOW + timedelta(hours=4)
        assert activity.promise is None

    def test_the_rule_of_the_channel_goes_before_the_general_one(self, engine, world, do, work):
        do(world.ada, save_retry_rule, NOT_REACHED)
        visit = replace(NOT_REACHED, channel_id=w.VISIT, delay_minutes=60)
        do(world.ada, save_retry_rule, visit)
        do(world.ann, note_attempt, miss(work[1], channel_id=w.VISIT))
        do(world.ann, note_attempt, miss(work[2]))

        assert row(engine, Activity, work[1]).next_action_at == NOW + timedelta(hours=1)
        assert row(engine, Activity, work[2]).next_action_at == NOW + timedelta(hours=4)

    def test_the_last_try_cancels_with_the_reason(self, engine, world, do, ask, work):
        do(world.ada, save_retry_rule, NOT_REACHED)
        facts = [do(world.ann, note_attempt, miss(work[1])) for _ in range(3)]

        activity = row(engine, Activity, work[1])
        assert [fact.status for fact in facts] == [
            *[Status.IN_PROGRESS] * 2,
            Status.CANCELLED,
        ]
        assert (activity.status, activity.reason_id) == (Status.CANCELLED, w.NO_ANSWER)
        assert (activity.closed_at, activity.next_action_at) == (NOW, None)
        assert (activity.attempts, activity.person_id) == (3, ANN)
        assert row(engine, CustomerState, 1).pending == 0
        *_, last = ask(world.ann, history, activity_id=work[1])
        assert (last.who, last.verb) == (None, "cancel after the last try")
        with pytest.raises(Invalid, match="Cancelled"):
            do(world.ann, note_attempt, miss(work[1]))

    def test_or_puts_back_and_somebody_else_tries_anew(self, engine, world, do, work):
        do(world.ada, save_retry_rule, TO_POOL)
        for _ in range(2):
            do(world.ann, note_attempt, miss(work[1]))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.UNASSIGNED, None)
        assert (activity.next_action_at, activity.promise) == (NOW + timedelta(hours=4), None)
        with Session(engine) as session:
            last = session.scalars(
                select(Change).where(Change.activity_id == work[1]).order_by(Change.id.desc())
            ).first()
        assert (last.verb, last.actor_id) == ("put back after the last try", None)
        assert row(engine, CustomerState, 1).pending == 1

    def test_who_takes_it_over_has_as_many_tries(self, engine, world, do):
        work = pool_of(engine, [1], held={1: ANN})
        do(world.ada, save_retry_rule, TO_POOL)
        for _ in range(2):
            do(world.ann, note_attempt, miss(work[1]))
        later = NOW + timedelta(hours=5)
        assert do(world.ben, take_next, TakeNext(), now=later).activity_id == work[1]

        do(world.ben, note_attempt, miss(work[1]), now=later)
        assert row(engine, Activity, work[1]).status is Status.IN_PROGRESS
        do(world.ben, note_attempt, miss(work[1]), now=later)
        assert row(engine, Activity, work[1]).status is Status.UNASSIGNED

    def test_a_promise_never_ends_the_work(self, engine, world, do, work):
        do(
            world.ada,
            save_retry_rule,
            replace(NOT_REACHED, outcome=Outcome.CALL_BACK, most_attempts=1),
        )
        told = NoteAttempt(
            work[1],
            Outcome.CALL_BACK,
            w.NEEDS_TIME,
            NOW + timedelta(days=1),
            promise=Promise.MINE_ONLY,
        )
        do(world.ann, note_attempt, told)

        assert row(engine, Activity, work[1]).status is Status.IN_PROGRESS

    def test_is_foretold(self, world, do, ask, work):
        assert ask(world.ann, moments, activity_id=work[1]).by_rule == {}
        do(world.ada, save_retry_rule, NOT_REACHED)
        foretold = []
        for _ in range(3):
            told = ask(world.ann, moments, activity_id=work[1]).by_rule[Outcome.NOT_REACHED]
            foretold.append((told.tries, told.next_action_at, told.ending, told.reason))
            do(world.ann, note_attempt, miss(work[1]))

        soon = NOW + timedelta(hours=4)
        assert foretold == [
            (1, soon, None, None),
            (2, soon, None, None),
            (3, None, RetryEnd.CANCEL, "Client didn't answer"),
        ]


class TestAdministered:
    def test_is_listed_with_its_template_and_reason(self, world, do, ask):
        do(world.ada, save_retry_rule, NOT_REACHED)
        do(world.ada, save_retry_rule, replace(NOT_REACHED, channel_id=w.VISIT, delay_minutes=30))

        rows = ask(world.ada, retry_rules)
        assert [(each.channel, each.delay_minutes) for each in rows] == [
            ("Branch visit", 30),
            (None, HOURS_4),
        ]
        assert (rows[1].template, rows[1].reason) == ("Sales contact", "Client didn't answer")

    def test_is_changed_and_taken_away(self, engine, world, do, ask):
        rule_id = do(world.ada, save_retry_rule, NOT_REACHED).id
        do(world.ada, save_retry_rule, replace(TO_POOL, id=rule_id, version=1))
        [changed] = ask(world.ada, retry_rules)
        assert (changed.ending, changed.reason_id) == (RetryEnd.POOL, None)

        for action, request in (
            (save_retry_rule, replace(NOT_REACHED, id=rule_id, version=1)),
            (drop_retry_rule, DropRetryRule(rule_id, 1)),
        ):
            with pytest.raises(Conflict, match="changed meanwhile"):
                do(world.ada, action, request)
        do(world.ada, drop_retry_rule, DropRetryRule(rule_id, changed.version))

        assert ask(world.ada, retry_rules) == []
        with Session(engine) as session:
            kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
        assert kinds == ["reference.saved", "reference.saved", "reference.dropped"]

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"template_id": 99}, "no such reason template"),
            ({"reason_id": 99}, "no such status reason"),
            ({"reason_id": None}, "Choose the reason"),
            ({"reason_id": w.ABORTED}, "the system's own"),
            ({"channel_id": w.EMAIL}, "makes work for people"),
            ({"channel_id": 99}, "makes work for people"),
            ({"ending": RetryEnd.POOL}, "has no reason"),
        ],
    )
    def test_refuses(self, engine, world, do, change, why):
        with pytest.raises(Invalid, match=why):
            do(world.ada, save_retry_rule, replace(NOT_REACHED, **change))
        with Session(engine) as session:
            assert session.scalars(select(RetryRule)).all() == []

    def test_refuses_a_reason_that_the_template_does_not_offer_for_cancelled(self, world, do):
        only = SaveTemplate("Sales contact", [w.NO_ANSWER], [w.REFUSED_OFFER], w.REASONS)
        do(world.ada, save_template, only)

        with pytest.raises(Invalid, match="does not offer “Client didn't answer” for Cancelled"):
            do(world.ada, save_retry_rule, NOT_REACHED)

    def test_refuses_a_retired_reason(self, world, do, arrange):
        def retire(session):
            session.get_one(StatusReason, w.NO_ANSWER).is_retired = True

        arrange(retire)
        with pytest.raises(Invalid, match="is retired"):
            do(world.ada, save_retry_rule, NOT_REACHED)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"delay_minutes": 0}, "at least one minute"),
            ({"delay_minutes": -5}, "at least one minute"),
            ({"delay_minutes": 10**7}, "at most a year"),
            ({"most_attempts": 0}, "at least one try"),
            ({"outcome": Outcome.REFUSED}, "ends the work"),
        ],
    )
    def test_refuses_numbers_and_outcomes_that_make_no_sense(self, change, why):
        with pytest.raises(Invalid, match=why):
            replace(NOT_REACHED, **change)

    @pytest.mark.parametrize("channel_id", [None, w.VISIT])
    def test_refuses_a_second_rule_for_the_same(self, world, do, channel_id):
        rule = replace(NOT_REACHED, channel_id=channel_id)
        do(world.ada, save_retry_rule, rule)
        with pytest.raises(Invalid, match="already"):
            do(world.ada, save_retry_rule, rule)

    def test_is_for_administrators(self, world, do):
        for who in (world.ann, world.lea, world.mia, world.eve):
            with pytest.raises(NotAllowed):
                do(who, save_retry_rule, NOT_REACHED)
            with pytest.raises(NotAllowed):
                do(who, drop_retry_rule, DropRetryRule(1))
        with pytest.raises(NotFound):
            do(world.ada, drop_retry_rule, DropRetryRule(1))

    def test_its_reason_stays_where_it_is(self, world, do):
        do(world.ada, save_retry_rule, NOT_REACHED)
        without = SaveTemplate("Sales contact", [w.NO_ANSWER], [w.REFUSED_OFFER], w.REASONS)

        with pytest.raises(Invalid, match="change the rule first"):
            do(world.ada, save_template, without)
        with pytest.raises(Invalid, match="change the rule first"):
            retired = SaveReason("Client didn't answer", "no-answer", True, w.NO_ANSWER)
            do(world.ada, save_reason, retired)
