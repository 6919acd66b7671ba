"""Planning who is away: what may be planned, by whom, and who is away then."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access import Role
from core.journal.model import Entry
from core.people.actions.absences import (
    CancelAbsence,
    ChangeAbsence,
    PlanAbsence,
    cancel_absence,
    change_absence,
    plan_absence,
)
from core.people.conditions import absent
from core.people.model import Absence, Person, PersonRole
from core.people.queries.absences import Days, absence, absences, away, away_today, own_people
from core.people.rules import AbsenceKind, AbsenceState
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tests.making.calendars import calendar_of_unit
from tests.world import NORTH, TEAM_NORTH

ANN, BEN, LEA, SAM = 1, 2, 3, 4
TODAY = NOW.date()
DAY = timedelta(days=1)
FIRST, LAST = TODAY + 7 * DAY, TODAY + 11 * DAY
LEAVE = PlanAbsence(ANN, AbsenceKind.LEAVE, FIRST, LAST, BEN)
RUNNING = replace(LEAVE, starts_on=TODAY)


@pytest.fixture
def plan(do, world):
    def planned(request=LEAVE, actor=None, now=NOW):
        return do(actor or world.lea, plan_absence, request, now=now).absence_id

    return planned


@pytest.fixture
def shown(ask, world):
    return lambda absence_id, now=NOW: ask(world.lea, absence, absence_id=absence_id, now=now)


def changed(absence_id, version=1, request=LEAVE, **fields):
    kept = {
        "kind": request.kind,
        "starts_on": request.starts_on,
        "ends_on": request.ends_on,
        "deputy_id": request.deputy_id,
    }
    return ChangeAbsence(absence_id, version, **(kept | fields))


def left(arrange, person_id):
    gone = update(Person).where(Person.id == person_id).values(is_active=False)
    arrange(lambda session: session.execute(gone))


class TestPlanning:
    def test_is_kept_with_who_planned_it(self, plan, shown, world, engine):
        row = shown(plan())

        assert (row.person, row.deputy, row.planned_by) == (
            "Ann Example",
            "Ben Example",
            "Lea Example",
        )
        assert (row.starts_on, row.ends_on, row.state) == (FIRST, LAST, AbsenceState.PLANNED)
        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "absence.planned")).one()
        assert entry.actor_id == LEA
        assert entry.facts["starts_on"] == FIRST.isoformat()
        assert "leave" not in str(entry.facts)

    @pytest.mark.parametrize("who", ["lea", "ada"])
    def test_is_for_leads_and_administrators(self, plan, shown, world, who):
        assert shown(plan(actor=getattr(world, who))).person_id == ANN

    def test_a_lead_plans_the_own_absence_too(self, plan, shown):
        assert shown(plan(replace(LEAVE, person_id=LEA))).person == "Lea Example"

    @pytest.mark.parametrize("who", ["ann", "ben", "mia", "pia", "eve", "tom"])
    def test_is_nobody_elses(self, plan, world, who):
        with pytest.raises(NotAllowed, match="planning absences"):
            plan(actor=getattr(world, who))

    def test_is_refused_for_people_of_another_lead(self, plan, world):
        with pytest.raises(NotFound, match="no such person among those"):
            plan(actor=world.lou)

    def test_an_administrator_plans_within_the_own_units(self, plan, world, engine):
        south = replace(world.ada, scope=world.lou.scope)
        with pytest.raises(NotFound, match="no such person among those"):
            plan(actor=south)

    def test_begins_today_at_the_earliest(self, plan, shown):
        assert shown(plan(RUNNING)).state is AbsenceState.AWAY
        with pytest.raises(Invalid, match="begins before today, 2 Mar 2026"):
            plan(replace(LEAVE, person_id=BEN, deputy_id=None, starts_on=TODAY - DAY))

    def test_today_is_that_of_the_persons_calendar(self, plan, do, world):
        """Half past eleven in the evening in London is tomorrow in Prague."""
        calendar_of_unit(do, world, NORTH)
        late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        with pytest.raises(Invalid, match="begins before today, 3 Mar 2026"):
            plan(replace(LEAVE, starts_on=TODAY), now=late)

    def test_ends_after_it_begins(self):
        with pytest.raises(Invalid, match="The last day, 8 Mar 2026, is before the first"):
            replace(LEAVE, ends_on=FIRST - DAY)

    @pytest.mark.parametrize(
        ("starts_on", "ends_on"),
        [(LAST, LAST + DAY), (FIRST - DAY, FIRST), (FIRST + DAY, LAST - DAY)],
    )
    def test_names_the_absence_that_it_overlaps(self, plan, starts_on, ends_on):
        plan()
        with pytest.raises(Invalid, match="away already, 9 Mar 2026 to 13 Mar 2026"):
            plan(replace(LEAVE, starts_on=starts_on, ends_on=ends_on))

    def test_may_follow_another_one_day_by_day(self, plan, ask, world):
        plan()
        plan(replace(LEAVE, starts_on=LAST + DAY, ends_on=LAST + DAY))
        assert ask(world.lea, absences, person_id=ANN).total == 2

    def test_may_take_the_days_of_one_that_was_cancelled(self, plan, do, world):
        do(world.lea, cancel_absence, CancelAbsence(plan(), 1))
        plan()

    def test_is_refused_for_somebody_who_has_left(self, plan, arrange):
        left(arrange, ANN)
        with pytest.raises(Invalid, match="Ann Example has left"):
            plan()


class TestADeputy:
    @pytest.mark.parametrize(
        ("deputy_id", "because"),
        [
            (ANN, "can't stand in for themselves"),
            (SAM, "not of the branch of Ann Example"),
            (999, "not of the branch of Ann Example"),
        ],
    )
    def test_is_a_colleague(self, plan, deputy_id, because):
        with pytest.raises(Invalid, match=because):
            plan(replace(LEAVE, deputy_id=deputy_id))

    def test_has_not_left(self, plan, arrange):
        left(arrange, BEN)
        with pytest.raises(Invalid, match="Ben Example has left"):
            plan()

    def test_works_activities(self, plan, arrange):
        other = update(PersonRole).where(PersonRole.person_id == BEN).values(role=Role.APPROVER)
        arrange(lambda session: session.execute(other))
        with pytest.raises(Invalid, match="Ben Example does not work activities"):
            plan()

    def test_is_there_in_these_days(self, plan):
        plan(replace(LEAVE, person_id=BEN, deputy_id=None, starts_on=LAST, ends_on=LAST + DAY))
        with pytest.raises(Invalid, match="Ben Example is away too, 13 Mar 2026 to 14 Mar"):
            plan()

    def test_is_not_needed(self, plan, shown):
        assert shown(plan(replace(LEAVE, deputy_id=None))).deputy is None


class TestChanging:
    def test_moves_days_and_deputy(self, plan, do, shown, world):
        absence_id = plan()
        do(world.lea, change_absence, changed(absence_id, ends_on=LAST + DAY, deputy_id=None))
        row = shown(absence_id)
        assert (row.ends_on, row.deputy, row.version) == (LAST + DAY, None, 2)

    def test_does_not_overlap_itself(self, plan, do, shown, world):
        absence_id = plan()
        do(world.lea, change_absence, changed(absence_id, starts_on=FIRST + DAY))
        assert shown(absence_id).starts_on == FIRST + DAY

    def test_is_refused_where_it_would_overlap_another(self, plan, do, world):
        plan(replace(LEAVE, starts_on=LAST + DAY, ends_on=LAST + DAY))
        with pytest.raises(Invalid, match="away already, 14 Mar 2026"):
            do(world.lea, change_absence, changed(plan(), ends_on=LAST + DAY))

    def test_is_refused_after_somebody_elses_change(self, plan, do, world):
        absence_id = plan()
        do(world.lea, change_absence, changed(absence_id, ends_on=LAST + DAY))
        for action, request in (
            (change_absence, changed(absence_id, ends_on=LAST)),
            (cancel_absence, CancelAbsence(absence_id, 1)),
        ):
            with pytest.raises(Conflict, match="changed meanwhile"):
                do(world.lea, action, request)

    def test_is_refused_to_another_lead_and_to_agents(self, plan, do, world):
        absence_id = plan()
        for action, request in (
            (change_absence, changed(absence_id)),
            (cancel_absence, CancelAbsence(absence_id, 1)),
        ):
            with pytest.raises(NotFound, match="no such person among those"):
                do(world.lou, action, request)
            with pytest.raises(NotAllowed):
                do(world.ann, action, request)

    def test_does_not_find_what_there_is_not(self, do, world):
        with pytest.raises(NotFound, match="no such absence"):
            do(world.lea, change_absence, changed(99))

    def test_lets_a_person_come_back_early(self, plan, do, shown, world):
        absence_id, third = plan(RUNNING), NOW + 2 * DAY
        back = changed(absence_id, request=RUNNING, ends_on=TODAY + DAY)
        do(world.lea, change_absence, back, now=third)
        assert shown(absence_id, now=third).state is AbsenceState.OVER

    @pytest.mark.parametrize(
        ("fields", "because"),
        [
            ({"starts_on": TODAY + DAY}, "has begun; its first day stays 2 Mar 2026"),
            ({"deputy_id": None}, "has begun; hand its work to somebody else"),
            ({"ends_on": TODAY}, "was away until 3 Mar 2026"),
        ],
    )
    def test_leaves_what_has_happened(self, plan, do, world, fields, because):
        request = changed(plan(RUNNING), request=RUNNING, **fields)
        with pytest.raises(Invalid, match=because):
            do(world.lea, change_absence, request, now=NOW + 2 * DAY)

    def test_does_not_move_the_beginning_into_the_past(self, plan, do, world):
        request = changed(plan(), starts_on=TODAY - DAY)
        with pytest.raises(Invalid, match="begins before today"):
            do(world.lea, change_absence, request)

    @pytest.mark.parametrize("how", ["over", "cancelled"])
    def test_what_is_done_with_stays(self, plan, do, world, how):
        absence_id, version, now = plan(), 1, NOW
        if how == "over":
            now = NOW + 30 * DAY
        else:
            do(world.lea, cancel_absence, CancelAbsence(absence_id, 1))
            version = 2
        for action, request in (
            (change_absence, changed(absence_id, version)),
            (cancel_absence, CancelAbsence(absence_id, version)),
        ):
            with pytest.raises(Invalid, match=how):
                do(world.lea, action, request, now=now)

    def test_is_refused_for_somebody_who_has_left(self, plan, do, arrange, world):
        absence_id = plan()
        left(arrange, ANN)
        with pytest.raises(Invalid, match="Ann Example has left"):
            do(world.lea, change_absence, changed(absence_id))


class TestLooking:
    def test_lists_who_is_away_in_some_days(self, plan, ask, world):
        mine = plan()
        plan(
            replace(LEAVE, person_id=BEN, deputy_id=None, starts_on=LAST + DAY, ends_on=LAST + DAY)
        )

        def ids(**filters):
            return [row.id for row in ask(world.lea, absences, **filters).rows]

        assert ids(first=LAST, last=LAST) == [mine]
        assert ids(person_id=ANN) == [mine]
        assert len(ids()) == 2
        assert ids(last=FIRST - DAY) == []

    def test_leaves_out_what_was_cancelled_unless_asked(self, plan, do, ask, world):
        do(world.lea, cancel_absence, CancelAbsence(plan(), 1))
        assert ask(world.lea, absences).total == 0
        [row] = ask(world.lea, absences, cancelled=True).rows
        assert row.state is AbsenceState.CANCELLED
        assert not row.is_open

    def test_is_of_the_own_people_only(self, plan, ask, world):
        absence_id = plan()
        assert ask(world.lou, absences).total == 0
        with pytest.raises(NotFound, match="no such absence"):
            ask(world.lou, absence, absence_id=absence_id)
        assert ask(world.ada, absences).total == 1
        for query in (absences, away_today, own_people):
            with pytest.raises(NotAllowed):
                ask(world.ann, query)

    def test_tells_who_is_away_today(self, plan, do, ask, world):
        plan(RUNNING)
        assert [row.person_id for row in ask(world.lea, away_today)] == [ANN]
        assert ask(world.lea, away_today, now=NOW + 30 * DAY) == []
        assert ask(world.lou, away_today) == []

    def test_offers_the_people_of_the_team(self, ask, world):
        people = {row.id: row.works for row in ask(world.lea, own_people)}
        assert people == {ANN: True, BEN: True, LEA: True}
        assert len(ask(world.ada, own_people)) == len(world.actors)
        another = replace(world.lea, scope=replace(world.lea.scope, team_id=TEAM_NORTH + 10))
        assert ask(another, own_people) == []

    def test_gives_days_for_calculations(self, plan, ask, world):
        plan()

        def days(view, first, last):
            return away(view.session, [ANN, BEN], first, last)

        assert ask(world.lea, days, first=LAST, last=LAST) == {ANN: (Days(FIRST, LAST, BEN),)}
        assert ask(world.lea, days, first=LAST + DAY, last=LAST + DAY) == {}

    @pytest.mark.parametrize(
        ("day", "who"), [(FIRST - DAY, []), (FIRST, [ANN]), (LAST, [ANN]), (LAST + DAY, [])]
    )
    def test_says_in_any_statement_who_is_absent(self, plan, engine, day, who):
        plan()
        plan(
            replace(
                LEAVE,
                person_id=BEN,
                deputy_id=None,
                starts_on=date(2027, 1, 1),
                ends_on=date(2027, 1, 1),
            )
        )
        with Session(engine) as session:
            found = session.scalars(select(Person.id).where(absent(Person.id, day))).all()
        assert found == who


def test_the_table_itself_refuses_days_in_the_wrong_order(engine):
    with Session(engine) as session, pytest.raises(IntegrityError):
        session.add(
            Absence(
                person_id=ANN, kind=AbsenceKind.OTHER, starts_on=LAST, ends_on=FIRST, planned_at=NOW
            )
        )
        session.flush()
