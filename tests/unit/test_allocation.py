"""The rules by which work finds a person, said one activity after the other."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.distribution.rules import (
    AllocationRule,
    Asked,
    Need,
    Waiting,
    Way,
    allocated,
    most_demanding_first,
    room_of,
)

ANYBODY = Need(None, None)
CERTIFIED = Need(1, None)
KEEP, IN_TURN, BY_LOAD = AllocationRule.KEEP, AllocationRule.ROUND_ROBIN, AllocationRule.LOAD
WAYS = st.sampled_from([Way.ROUND_ROBIN, Way.LOAD])


def person(id_, *, open_work=0, capacity=10, place=None, certified=()):
    room = room_of(capacity=capacity, open_work=open_work)
    return Asked(id_, open_work, capacity, room, place or id_, frozenset(certified))


def line(*needs, own=None):
    own = own or {}
    return [
        Waiting(place, place, need, own.get(place)) for place, need in enumerate(needs, start=1)
    ]


def people_of(given_to):
    return [given_to[id_][0] for id_ in sorted(given_to)]


def test_in_turn_whoever_waited_longest_begins():
    people = [person(1, place=2), person(2, place=1)]

    assert people_of(allocated(Way.ROUND_ROBIN, people, line(*[ANYBODY] * 3))) == [2, 1, 2]


def test_by_load_whoever_carries_least_against_capacity():
    people = [person(1, open_work=4, capacity=10), person(2, open_work=1, capacity=4)]

    given_to = allocated(Way.LOAD, people, line(*[ANYBODY] * 5))

    # 4/10 against 1/4, then 2/4, and at one half each whoever waited longer.
    assert people_of(given_to) == [2, 1, 1, 2, 1]
    assert {rule for _, rule in given_to.values()} == {BY_LOAD}


def test_the_customers_own_person_comes_first_as_far_as_the_room_goes():
    people = [person(1, open_work=9), person(2)]

    given_to = allocated(Way.ROUND_ROBIN, people, line(ANYBODY, ANYBODY, ANYBODY, own={2: 1, 3: 1}))

    assert given_to == {1: (2, IN_TURN), 2: (1, KEEP), 3: (2, IN_TURN)}


@pytest.mark.parametrize(
    "own", [person(9, certified=()), person(9, open_work=10, certified=(1,))], ids=["unfit", "full"]
)
def test_an_own_person_who_can_not_take_it_is_passed_over(own):
    people = [own, person(2, certified=(1,))]

    assert allocated(Way.LOAD, people, line(CERTIFIED, own={1: 9})) == {1: (2, BY_LOAD)}


def test_whoever_gave_it_back_is_not_asked_again():
    returned = Need(None, 1)

    assert allocated(Way.ROUND_ROBIN, [person(1)], line(returned, own={1: 1})) == {}
    both = [person(1), person(2)]
    assert allocated(Way.ROUND_ROBIN, both, line(returned, own={1: 1})) == {1: (2, IN_TURN)}


def test_the_most_demanding_work_comes_first():
    """Else the only one who is certified would be full with what anybody can do."""
    people = [person(1, capacity=1, certified=(1,)), person(2, capacity=1)]

    given_to = allocated(Way.ROUND_ROBIN, people, line(ANYBODY, ANYBODY, CERTIFIED))

    assert given_to == {1: (2, IN_TURN), 3: (1, IN_TURN)}
    assert most_demanding_first([ANYBODY, CERTIFIED], people) == [CERTIFIED, ANYBODY]


def test_certified_work_is_a_turn_too():
    people = [person(1, certified=(1,)), person(2)]

    given_to = allocated(Way.ROUND_ROBIN, people, line(CERTIFIED, CERTIFIED, *[ANYBODY] * 4))

    assert people_of(given_to) == [1, 1, 2, 2, 1, 2]


def test_nobody_without_room_gets_anything():
    assert allocated(Way.LOAD, [person(1, capacity=0)], line(ANYBODY)) == {}
    assert room_of(capacity=5, open_work=7) == 0


@st.composite
def banks(draw):
    many = draw(st.integers(1, 5))
    places = draw(st.permutations(range(1, many + 1)))
    people = [
        person(
            id_,
            open_work=draw(st.integers(0, 6)),
            capacity=draw(st.integers(0, 6)),
            place=places[id_ - 1],
            certified=draw(st.sets(st.sampled_from([1, 2]))),
        )
        for id_ in range(1, many + 1)
    ]
    needs = st.builds(Need, st.sampled_from([None, 1, 2]), st.none() | st.integers(1, many))
    waiting = draw(st.lists(st.tuples(needs, st.none() | st.integers(1, many + 1)), max_size=20))
    return people, [
        Waiting(place * 10, place, need, own) for place, (need, own) in enumerate(waiting, start=1)
    ]


@given(WAYS, banks())
def test_room_is_never_exceeded_and_everybody_can_do_what_they_get(way, bank):
    people, waiting = bank
    known = {one.person_id: one for one in people}
    needs = {one.activity_id: one.need for one in waiting}

    given_to = allocated(way, people, waiting)

    got = Counter(id_ for id_, _ in given_to.values())
    assert all(count <= known[id_].room for id_, count in got.items())
    assert all(needs[id_].met_by(known[to]) for id_, (to, _) in given_to.items())


@given(WAYS, banks())
def test_nothing_waits_while_somebody_who_can_take_it_has_room(way, bank):
    people, waiting = bank
    given_to = allocated(way, people, waiting)
    got = Counter(id_ for id_, _ in given_to.values())

    for left in (one for one in waiting if one.activity_id not in given_to):
        assert not [p for p in people if left.need.met_by(p) and got[p.person_id] < p.room]


@given(WAYS, banks())
def test_of_equal_needs_the_oldest_comes_first(way, bank):
    people, waiting = bank
    given_to = allocated(way, people, waiting)

    for left in (one for one in waiting if one.activity_id not in given_to):
        later = [one for one in waiting if one.need == left.need and one.place > left.place]
        rules = {given_to[one.activity_id][1] for one in later if one.activity_id in given_to}
        assert rules <= {KEEP}


@given(st.integers(1, 6), st.integers(0, 40), st.integers(1, 12))
def test_equal_people_get_equal_shares_in_turn(many, waiting, capacity):
    people = [person(id_, capacity=capacity) for id_ in range(1, many + 1)]

    given_to = allocated(Way.ROUND_ROBIN, people, line(*[ANYBODY] * waiting))

    got = Counter({one.person_id: 0 for one in people})
    got.update(id_ for id_, _ in given_to.values())
    assert max(got.values()) - min(got.values()) <= 1


@given(WAYS, banks())
def test_what_nobody_got_changes_nothing_for_the_rest(way, bank):
    """So a decision can be replayed from what was given alone."""
    people, waiting = bank
    given_to = allocated(way, people, waiting)

    again = allocated(way, people, [one for one in waiting if one.activity_id in given_to])

    assert again == given_to
