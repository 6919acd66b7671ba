import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.arms import Share, arm_of, arms_of_clusters, hashed

IDS = np.arange(1, 200_001, dtype=np.int64)


def test_the_hash_is_fixed_for_ever():
    """A changed constant would move customers between arms of runs that are under way."""
    assert [hashed(id_, 1) for id_ in (1, 2, 3, 1_000_000)] == [
        2094837200,
        2141589918,
        1497116037,
        1413489036,
    ]


@given(st.integers(0, 2**40), st.integers(0, 2**31 - 1))
def test_python_and_numpy_agree(customer_id, key):
    [by_numpy] = hashed(np.array([customer_id], dtype=np.int64), key)
    assert hashed(customer_id, key) == by_numpy
    assert 0 <= by_numpy < 2**31


@pytest.mark.parametrize("key", range(1, 6))
@pytest.mark.parametrize("share", [500, 1000, 5000])
def test_control_gets_its_share(key, share):
    control = hashed(IDS, key) % 10_000 < share
    deviation = (share * (10_000 - share) / 10_000 / len(IDS)) ** 0.5 / 100
    assert abs(control.mean() - share / 10_000) < 5 * deviation


def test_two_runs_are_independent_of_each_other():
    first, second = (hashed(IDS, key) % 10_000 < 1000 for key in (1, 2))
    assert abs((first & second).mean() - 0.01) < 0.0012


def test_places_are_spread_evenly():
    counts = np.bincount(hashed(IDS, 3) % 100, minlength=100)
    expected = len(IDS) / 100
    assert ((counts - expected) ** 2 / expected).sum() < 150  # chi-square, 99 degrees


@pytest.mark.parametrize("key", [0, 1, 7, 2**31 - 1, 2**40])
def test_several_arms_share_the_places_in_order(key):
    shares = [Share(2, 4500), Share(0, 1000), Share(1, 4500)]
    arms = [arm_of(int(id_), key, shares) for id_ in IDS[:20_000]]
    assert abs(arms.count(0) / len(arms) - 0.10) < 0.015
    assert abs(arms.count(1) / len(arms) - 0.45) < 0.025
    for id_, arm in zip(IDS[:200], arms, strict=False):
        place = hashed(int(id_), key) % 10_000
        assert arm == (0 if place < 1000 else 1 if place < 5500 else 2)


def test_without_a_control_share_everybody_is_treated():
    assert {arm_of(id_, 5, [Share(1, 10_000)]) for id_ in range(1, 2000)} == {1}


CLUSTERS = st.sets(st.integers(-(2**31) + 1, 2**31 - 1), min_size=2, max_size=60)


@given(CLUSTERS, st.integers(0, 2**31 - 1), st.integers(1, 5000))
def test_control_gets_its_share_of_clusters_rounded_up(ids, key, share):
    arms = arms_of_clusters(ids, key, [Share(1, 10_000 - share), Share(0, share)])

    assert set(arms) == ids
    assert list(arms.values()).count(0) == -(-share * len(ids) // 10_000)
    assert 1 in arms.values(), "half of two or more leaves somebody to treat"


@given(CLUSTERS, st.integers(0, 2**31 - 1), st.randoms())
def test_the_order_of_clusters_has_no_say(ids, key, chance):
    shares = [Share(1, 7500), Share(0, 2500)]
    shuffled = [*ids, *ids]
    chance.shuffle(shuffled)
    assert arms_of_clusters(shuffled, key, shares) == arms_of_clusters(ids, key, shares)


def test_each_cluster_is_held_out_as_often_as_the_share_says():
    """Over many runs, which have keys of their own."""
    shares = [Share(1, 7500), Share(0, 2500)]
    drawn = [arms_of_clusters(range(1, 17), key, shares) for key in range(4000)]
    for id_ in range(1, 17):
        held_out = sum(arms[id_] == 0 for arms in drawn) / len(drawn)
        assert abs(held_out - 0.25) < 0.03
