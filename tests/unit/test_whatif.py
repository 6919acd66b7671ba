"""Queues replayed day by day, and work split by rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities.rules import Objection, Promise
from core.hours import WorkingTime
from core.measures import Rate
from core.queues.whatif.outlooks import Never
from core.queues.whatif.replay import replayed
from core.queues.whatif.splitting import Rule, divided
from core.queues.whatif.workers import HandOver, Queued, Worker

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)  # a Monday
UNTIL = datetime(2026, 3, 9, 0, 0, tzinfo=ZONE)
LUNCH = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
HOURS = WorkingTime("Europe/London", tuple(LUNCH if day < 5 else () for day in range(7)))
CLOSED = WorkingTime("Europe/London", ((),) * 7)
WEEK = (date(2026, 3, 2), date(2026, 3, 8))
BRANCH = 3


def person(id_, **changes):
    columns = {"name": f"P{id_}", "unit_id": BRANCH, "working_time": HOURS, "capacity": 20}
    return Worker(id_, **(columns | changes))


def work(id_, person_id=None, *, due=24, **changes):
    """An activity due so many hours from now."""
    columns = {
        "version": 1,
        "branch_id": BRANCH,
        "due_at": NOW + timedelta(hours=due),
        "priority": 2,
        "minutes": 60,
    }
    return Queued(id=id_, person_id=person_id, **(columns | changes))


def replay(workers, queue, *, until=UNTIL, start=NOW, **others):
    return replayed(workers, queue, start=start, until=until, **others)


def split(workers, queue, rule=Rule.LEAST_LOADED, asked=None, **others):
    asked = {each.id for each in queue} if asked is None else asked
    return divided(rule, workers, queue, asked, start=NOW, until=UNTIL, **others)


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_work_takes_its_minutes_within_working_hours():
    # Three hours, lunch, two more: the fourth one is begun at one o'clock.
    told = replay([person(1)], [work(n, 1) for n in range(5)])
    assert told.total.finishes == at(2, 15)
    assert (told.total.finished, told.total.minutes) == (5, 300)
    assert told.total.used == Rate(300, 5 * 7 * 60)


def test_what_is_begun_before_lunch_goes_on_after_it():
    assert replay([person(1)], [work(1, 1, minutes=200)]).total.finishes == at(2, 13, 20)


def test_nobody_makes_more_contacts_a_day_than_they_can():
    told = replay([person(1, capacity=2)], [work(n, 1) for n in range(5)])
    assert told.total.finishes == at(4, 10)


def test_what_was_done_today_is_counted():
    told = replay([person(1, capacity=2, done_today=2)], [work(n, 1) for n in range(2)])
    assert told.total.finishes == at(3, 11)


def test_weekends_and_absences_bring_nothing_forward():
    away = person(1, absences=((date(2026, 3, 2), date(2026, 3, 6)),))
    told = replay([away], [work(1, 1)])
    assert told.total.finishes == at(9, 10)
    assert told.total.used == Rate(0, 0)


def test_the_level_is_what_was_done_by_its_due_moment_of_what_is_judged():
    queue = [
        work(1, 1, due=-1),  # late already
        work(2, 1, due=2),  # done at eleven, when it is due
        work(3, 1, due=2.5),  # done at twelve
        work(4, 1, due=24 * 7 + 24, minutes=60 * 60),  # neither done nor due by then
    ]
    [outlook] = replay([person(1)], queue).people
    assert outlook.level == Rate(1, 3)
    assert (outlook.finished, outlook.overdue) == (3, 0)


def test_overdue_is_what_is_due_and_not_done_by_the_moment_asked_for():
    told = replay([person(1, capacity=1)], [work(n, 1) for n in range(9)], until=NOW)
    assert (told.total.overdue, told.total.finished) == (0, 0)
    told = replay([person(1, capacity=1)], [work(n, 1) for n in range(9)])
    assert (told.total.overdue, told.total.finished) == (4, 5)
    assert told.total.finishes == at(12, 10)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"capacity": 0}, Never.NO_CAPACITY),
        ({"working_time": CLOSED}, Never.NO_HOURS),
        ({"absences": ((date(2026, 1, 1), date(2029, 1, 1)),)}, Never.NO_HOURS),
        ({"is_active": False}, Never.LEFT),
    ],
)
def test_a_queue_that_nobody_works_is_never_finished(changes, why):
    told = replay([person(1, **changes), person(2)], [work(1, 1), work(2, 2)])
    assert [outlook.finishes for outlook in told.people] == [why, at(2, 10)]
    assert told.total.finishes == why
    assert told.total.work == 2


def test_more_than_two_years_of_work_is_said_to_be_that():
    told = replay([person(1, capacity=1)], [work(n, 1) for n in range(600)])
    assert told.total.finishes == Never.TOO_MUCH


def test_who_has_nothing_to_do_has_nothing_to_finish():
    told = replay([person(1)], [])
    assert told.total.finishes is None
    assert told.total.level.value is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (work(2, 1, due=5), work(1, 1, due=6)),
        (work(2, 1, priority=1), work(1, 1, priority=2)),
        (work(2, 1, value=9.0), work(1, 1, value=1.0)),
        (work(1, 1), work(2, 1)),
        # Promised for now goes before what is due, and what is overdue before that.
        (work(2, 1, next_action_at=NOW, promise=Promise.ANYONE), work(1, 1, due=3)),
        (work(2, 1, due=-1), work(1, 1, next_action_at=NOW, promise=Promise.MINE_ONLY)),
        # Nothing is taken up before its moment, even if it is due first.
        (work(2, 1, due=9), work(1, 1, due=1, next_action_at=NOW + timedelta(minutes=30))),
    ],
)
def test_the_own_list_is_worked_in_its_order(first, second):
    # The other one takes all week: the first is finished only if it is begun before.
    queue = [replace(second, minutes=6000), first]
    assert replay([person(1)], queue, until=NOW + timedelta(hours=1)).total.finished == 1


def test_a_promise_waits_for_its_moment():
    promised = work(1, 1, next_action_at=NOW + timedelta(hours=2), promise=Promise.MINE_ONLY)
    assert replay([person(1)], [promised]).total.finishes == at(2, 12)
    tomorrow = replace(promised, next_action_at=NOW + timedelta(days=1))
    assert replay([person(1)], [tomorrow]).total.finishes == at(3, 10)


def test_who_is_free_takes_from_the_pool_what_they_are_certified_for():
    queue = [
        work(1, 1, minutes=120),
        work(2, priority=3),
        work(3, priority=1),
        work(4, qualification_id=7),
        work(5, branch_id=4),
        work(6, objection=Objection.PAUSED),
    ]
    told = replay([person(1, qualification_ids=frozenset({7})), person(2)], queue)
    # The second is free at once: takes 3, then 2; the first comes later and takes 4.
    assert [outlook.work for outlook in told.people] == [2, 2]
    assert told.people[1].finishes == at(2, 11)
    assert told.people[0].finishes == at(2, 12)
    assert (told.pool.work, told.pool.finishes) == (2, Never.NOBODY)


def test_moved_work_is_replayed_where_it_goes():
    people, queue = [person(1), person(2)], [work(n, 1) for n in range(4)]
    told = replay(people, queue, moved={0: 2, 1: 2})
    assert [outlook.work for outlook in told.people] == [2, 2]
    assert told.total.finishes == at(2, 11)
    told = replay([person(1, capacity=0)], queue, moved={0: None})
    assert told.pool.work == 1


def test_moved_work_may_change_hands_later_if_it_still_waits():
    people = [person(1, absences=((date(2026, 3, 3), date(2026, 3, 20)),)), person(2)]
    queue = [work(n, 1) for n in range(10)]
    at_midnight = datetime(2026, 3, 3, tzinfo=ZONE)
    moves = dict.fromkeys(range(10), 2)
    told = replay(people, queue, moved=moves, moved_at=at_midnight)
    # Seven fit into the first day; the others wait for the next.
    assert [outlook.work for outlook in told.people] == [7, 3]
    assert told.total.finishes == at(3, 12)
    to_pool = replay(people, queue, moved=dict.fromkeys(range(10)), moved_at=at_midnight)
    assert to_pool == told
    assert replay(people, queue, moved=moves, moved_at=NOW) == replay(people, queue, moved=moves)
    stays = replay(people, queue, moved=dict.fromkeys(range(10), 1), moved_at=at_midnight)
    assert stays == replay(people, queue)


def on_leave(deputy_id=None, first=3, last=4):
    days = (date(2026, 3, first), date(2026, 3, last))
    return person(1, absences=(days,), hand_overs=(HandOver(*days, deputy_id),))


def test_an_absence_hands_over_to_the_deputy_and_what_waits_comes_back():
    queue = [work(n, 1, due=n) for n in range(30)]
    told = replay([on_leave(2), person(2)], queue)
    # Seven each day: Monday, then two days of the deputy, then the person again.
    assert [outlook.work for outlook in told.people] == [16, 14]
    assert told.people[0].finishes == at(6, 11)
    assert told.people[1].finishes == at(4, 17)


def test_an_absence_without_a_deputy_hands_over_to_the_pool():
    queue = [work(n, 1) for n in range(30)]
    assert replay([on_leave(), person(2)], queue) == replay([on_leave(2), person(2)], queue)
    # And so does one whose deputy is away too, of another branch, or not known.
    away = person(2, absences=((date(2026, 3, 3), date(2026, 3, 4)),))
    for team in ([on_leave(2), away], [on_leave(2), person(2, unit_id=4)], [on_leave(9)]):
        told = replay([*team, person(3)], queue)
        assert [outlook.work for outlook in told.people] == [16, *[0] * (len(team) - 1), 14]


def test_a_call_promised_for_after_an_absence_is_not_handed_over():
    def promised(day):
        then = datetime(2026, 3, day, 10, 0, tzinfo=ZONE)
        return work(1, 1, next_action_at=then, promise=Promise.MINE_ONLY)

    assert replay([on_leave(2), person(2)], [promised(5)]).total.finishes == at(5, 11)
    during = replay([on_leave(2), person(2)], [promised(4)])
    assert [outlook.finishes for outlook in during.people] == [None, at(4, 11)]


def test_work_of_who_is_away_already_is_handed_over_at_once():
    told = replay([on_leave(first=1, last=20), person(2)], [work(1, 1)])
    assert [outlook.finishes for outlook in told.people] == [None, at(2, 10)]


def gone(handed, last=3):
    """Somebody whose work was handed over this morning; `handed` is what nobody has touched."""
    days = (date(2026, 3, 2), date(2026, 3, last))
    return person(1, absences=(days,), hand_overs=(HandOver(*days, 2, frozenset(handed)),))


def test_what_was_handed_over_before_comes_back_as_far_as_it_waits():
    queue = [work(n, 2, due=n) for n in range(30)]
    told = replay([gone(range(30)), person(2)], queue)
    # The deputy has two days of seven, then the person goes on.
    assert [outlook.work for outlook in told.people] == [16, 14]
    assert [outlook.finishes for outlook in told.people] == [at(6, 11), at(3, 17)]


def test_what_somebody_has_touched_or_is_given_on_purpose_stays():
    queue = [work(n, 2, due=n) for n in range(30)]
    told = replay([gone(range(20, 25)), person(2)], queue)
    assert [outlook.work for outlook in told.people] == [5, 25]
    told = replay([gone(range(30)), person(2)], queue, moved=dict.fromkeys(range(30), 2))
    assert [outlook.work for outlook in told.people] == [0, 30]


def test_what_was_handed_to_the_pool_comes_back_from_there_or_from_who_is_away_too():
    queue = [work(n, None) for n in range(5)]
    idle = person(2, is_agent=False)
    assert [each.work for each in replay([gone(range(5)), idle], queue).people] == [5, 0]
    assert replay([gone([7]), person(2)], queue).people[1].work == 5  # 7 is not looked at
    busy = person(2, absences=(WEEK,), hand_overs=(HandOver(*WEEK, None),))
    told = replay([gone(range(5)), busy], [work(n, 2) for n in range(5)])
    assert [each.work for each in told.people] == [5, 0]


def test_two_thousand_activities_of_twelve_people_are_replayed_at_once():
    people = [person(n) for n in range(1, 13)]
    queue = [work(n, n % 12 + 1, due=n % 200, minutes=15) for n in range(2000)]
    begun = perf_counter()
    replay(people, queue)
    split(people, queue)
    assert perf_counter() - begun < 1


# Splits


def test_the_least_loaded_get_the_work():
    queue = [*(work(n, 1) for n in range(10)), *(work(n) for n in range(10, 20))]
    given = split([person(1), person(2)], queue, asked=range(10, 20)).persons
    assert set(given.values()) == {2}
    given = split([person(1), person(2)], queue).persons
    # Ten each; what the first has already stays, and what nobody has goes to the other.
    assert given == dict.fromkeys(range(10, 20), 2)


def test_minutes_count_where_they_are_scarcer_than_contacts():
    queue = [work(1, 1, minutes=600), *(work(n, minutes=60) for n in range(2, 14))]
    given = split([person(1), person(2)], queue, asked=range(2, 14)).persons
    assert sorted(given.values()).count(1) == 1


def test_shares_follow_capacity_whatever_people_have():
    queue = [*(work(n, 1, minutes=5) for n in range(30)), *(work(n) for n in range(30, 60))]
    people = [person(1, capacity=20), person(2, capacity=10)]
    given = split(people, queue, Rule.PROPORTIONAL, asked=range(30, 60)).persons
    assert list(given.values()).count(1) == 20


def test_a_rebalance_moves_no_more_than_it_must_and_spreads_what_moves():
    queue = [*(work(n, 1, due=n) for n in range(20)), *(work(n, 2, due=n) for n in range(20, 24))]
    given = split([person(1), person(2)], queue).persons
    assert set(given.values()) == {2}
    assert len(given) == 8
    assert max(given) > 12
    assert min(given) < 8


def test_as_little_as_possible_moves():
    queue = [*(work(n, 1) for n in range(1, 7)), work(7, 2)]
    assert len(split([person(1), person(2)], queue).persons) == 2


def test_who_is_no_agent_gets_nothing_unless_named():
    queue = [work(n) for n in range(4)]
    lead = person(1, is_agent=False)
    assert replay([lead], queue).pool.work == 4
    assert split([lead], queue).persons == {}
    assert set(split([lead], queue, among={1}).persons.values()) == {1}


def test_customers_stay_with_their_manager():
    queue = [work(n, own_person_id=1) for n in range(4)] + [work(n) for n in range(4, 8)]
    given = split([person(1), person(2)], queue, Rule.KEEP_RELATIONSHIP).persons
    assert [given[n] for n in range(8)] == [1] * 4 + [2] * 4
    away = person(1, absences=(WEEK,))
    assert set(split([away, person(2)], queue, Rule.KEEP_RELATIONSHIP).persons.values()) == {2}


@pytest.mark.parametrize(
    "changes",
    [
        {"absences": ((NOW.date(), NOW.date()),)},
        {"absences": (WEEK,)},
        {"capacity": 0},
        {"working_time": CLOSED},
        {"unit_id": 4},
        {"is_active": False},
        {"gets_work": False},
    ],
)
def test_who_cannot_do_it_gets_nothing(changes):
    queue = [work(n) for n in range(6)]
    for rule in Rule:
        assert set(split([person(1, **changes), person(2)], queue, rule).persons.values()) == {2}
    alone = split([person(1, **changes)], queue)
    assert (alone.persons, alone.stays) == ({}, {Objection.UNCHOSEN: 6})


def test_certified_work_goes_to_who_is_certified():
    queue = [work(n, qualification_id=7) for n in range(4)]
    certified = person(1, qualification_ids=frozenset({7, 8}))
    assert set(split([certified, person(2)], queue).persons.values()) == {1}


def test_only_those_who_are_named_get_something():
    queue = [work(n) for n in range(4)]
    given = split([person(1), person(2), person(3)], queue, among={3}).persons
    assert set(given.values()) == {3}


def test_what_nobody_may_be_given_stays_and_is_counted():
    queue = [work(1, objection=Objection.HELD_OUT), work(2, objection=Objection.MEANWHILE)]
    stays = split([person(1)], queue).stays
    assert stays == {Objection.HELD_OUT: 1, Objection.MEANWHILE: 1}


def test_a_promise_in_person_stays_unless_its_person_is_away_then():
    promised = work(1, 1, next_action_at=NOW + timedelta(days=2), promise=Promise.MINE_ONLY)
    colleague = person(2)
    assert split([person(1), colleague], [promised]).stays == {Objection.PROMISED: 1}
    for days in (WEEK, (date(2026, 3, 4), date(2026, 3, 4))):
        away = person(1, absences=(days,))
        assert split([away, colleague], [promised], among={2}).persons == {1: 2}
    # Back by then, and so the one to call.
    back = person(1, absences=((date(2026, 3, 2), date(2026, 3, 3)),))
    assert split([back, colleague], [promised]).stays == {Objection.PROMISED: 1}
    left = person(1, is_active=False)
    assert split([left, colleague], [promised]).persons == {1: 2}


# Whatever the team and its work are


days = st.integers(0, 6).map(lambda n: NOW.date() + timedelta(days=n))
absences = st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=2)


@st.composite
def teams(draw):
    away = [tuple(draw(absences)) for _ in range(draw(st.integers(1, 4)))]
    deputies = st.sampled_from([None, *range(1, len(away) + 1), 99])
    return [
        person(
            n,
            capacity=draw(st.integers(0, 5)),
            absences=away[n - 1],
            hand_overs=tuple(HandOver(*each, draw(deputies)) for each in away[n - 1]),
            qualification_ids=draw(st.sampled_from([frozenset(), frozenset({7})])),
            unit_id=draw(st.sampled_from([BRANCH, BRANCH, BRANCH, 4])),
        )
        for n in range(1, len(away) + 1)
    ]


@st.composite
def queues(draw, people):
    holders = st.sampled_from([None, *(each.id for each in people)])
    return [
        work(
            n,
            draw(holders),
            due=draw(st.integers(-24, 96)),
            priority=draw(st.integers(1, 4)),
            minutes=draw(st.sampled_from([15, 60, 300])),
            promise=draw(st.sampled_from([None, Promise.MINE_ONLY, Promise.ANYONE])),
            next_action_at=NOW + timedelta(hours=draw(st.integers(-5, 60))),
            qualification_id=draw(st.sampled_from([None, 7])),
            own_person_id=draw(holders),
        )
        for n in range(draw(st.integers(0, 25)))
    ]


@st.composite
def situations(draw):
    people = draw(teams())
    return people, draw(queues(people))


@given(situations(), st.sampled_from(Rule))
def test_a_split_conserves_work(situation, rule):
    people, queue = situation
    known = {each.id: each for each in people}
    division = split(people, queue, rule)

    assert len(division.persons) + sum(division.stays.values()) == len(queue)
    for each in queue:
        if to := division.persons.get(each.id):
            assert to != each.person_id
            assert known[to].may_do(each)
            assert known[to].capacity
            assert not known[to].is_away(NOW)
    told = replay(people, queue, moved=division.persons)
    assert told.total.work == len(queue)
    assert told.total.minutes == sum(each.minutes for each in queue)
    assert sum(outlook.work for outlook in (*told.people, told.pool)) == len(queue)


@given(situations(), st.sampled_from(Rule), st.randoms())
def test_equal_inputs_give_equal_outputs(situation, rule, chance):
    people, queue = situation
    shuffled = list(queue)
    chance.shuffle(shuffled)
    assert split(people, queue, rule) == split(people, shuffled, rule)
    assert replay(people, queue) == replay(people, shuffled)


@given(st.data())
def test_a_split_with_one_person_gives_everything_to_that_person(data):
    only = person(1, qualification_ids=frozenset({7}))
    left = person(2, is_active=False)
    queue = data.draw(queues([only, left]))
    for rule in Rule:
        given_to = split([only, left], queue, rule).persons
        assert given_to == {each.id: 1 for each in queue if each.person_id != 1}


@given(situations())
def test_moving_to_an_absent_person_never_improves_the_service_level(situation):
    people, queue = situation
    absent = person(9, absences=(WEEK,))
    team = [*people, absent]
    # No rule gives anything to who is away, not even if nobody else is named.
    for rule in Rule:
        assert split(team, queue, rule, among={9}).persons == {}
        assert 9 not in split(team, queue, rule).persons.values()
    # Giving all that a person has by hand: it is not done in time, and nobody else does more.
    for one in people:
        theirs = [each for each in queue if each.person_id == one.id]
        rest = [each for each in queue if each.person_id not in {one.id, None}]
        after = replay(team, [*theirs, *rest], moved={each.id: 9 for each in theirs})
        assert after.people[-1].finished == 0
        as_was = replay(team, [*theirs, *rest])
        assert (after.total.level.value or 0) <= (as_was.total.level.value or 0)
        assert after.total.overdue >= as_was.total.overdue


@given(situations(), st.data())
def test_work_is_conserved_whenever_it_changes_hands(situation, data):
    people, queue = situation
    anyone = st.sampled_from([None, *(each.id for each in people)])
    moved = {each.id: data.draw(anyone) for each in queue if data.draw(st.booleans())}
    moved_at = NOW + timedelta(hours=data.draw(st.integers(-2, 90)))
    told = replay(people, queue, moved=moved, moved_at=moved_at)
    assert told.total.work == len(queue)
    assert told.total.minutes == sum(each.minutes for each in queue)
    assert told.total.finished + told.total.overdue <= len(queue)


@given(st.integers(2, 6), st.integers(0, 60), st.sampled_from(Rule))
def test_equal_people_get_equal_shares(people, activities, rule):
    queue = [work(n) for n in range(activities)]
    given_to = list(split([person(n) for n in range(1, people + 1)], queue, rule).persons.values())
    shares = [given_to.count(n) for n in range(1, people + 1)]
    assert max(shares) - min(shares) <= 1
