"""Two people at one segment, and two snapshots at once."""

from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.refusals import Conflict
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    change_segment,
    define_segment,
    list_segment,
)
from core.segments.events import SegmentChanged, SegmentListed, SnapshotsTaken
from core.segments.model import SegmentMember, SegmentSnapshot, SegmentVersion
from core.work import changing
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.standing import snapshot

SAVERS = {"holds": {"product": "savings"}}


def by(engine, actor, action, request):
    def attempt():
        with changing(engine, actor, now=NOW) as work:
            return action(work, request)

    return attempt


@pytest.fixture
def savers(do, world):
    return do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS)).segment_id


def test_of_two_changes_one_is_kept_and_the_other_told(engine, world, savers):
    mine, theirs = (ChangeSegment(savers, 1, name, SAVERS) for name in ("Mine", "Theirs"))

    outcomes = at_once(
        by(engine, world.mia, change_segment, mine), by(engine, world.max, change_segment, theirs)
    )

    assert sorted(type(each).__name__ for each in outcomes) == sorted(
        (SegmentChanged.__name__, Conflict.__name__)
    )
    with Session(engine) as session:
        versions = select(func.count()).select_from(SegmentVersion)
        assert session.scalar(versions.where(SegmentVersion.segment_id == savers)) == 2


def test_of_two_lists_one_is_kept_and_the_other_told(engine, do, world):
    vip = do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1"], version=0)).segment_id
    lists = (ListSegment("vip", "VIP", numbers, version=1) for numbers in (["C2"], ["C3", "C4"]))

    outcomes = at_once(*(by(engine, world.mia, list_segment, each) for each in lists))

    [kept] = [each for each in outcomes if isinstance(each, SegmentListed)]
    assert any(isinstance(each, Conflict) for each in outcomes)
    with Session(engine) as session:
        on_it = select(func.count()).where(SegmentMember.segment_id == vip)
        assert session.scalar(on_it) == kept.members


def test_two_files_of_one_list_come_one_after_the_other(engine, do, world):
    vip = do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1"])).segment_id
    files = (["C2", "C3"], ["C3", "C4"])

    outcomes = at_once(
        *(by(engine, world.mia, list_segment, ListSegment("vip", "VIP", each)) for each in files)
    )

    assert all(isinstance(each, SegmentListed) for each in outcomes)
    with Session(engine) as session:
        on_it = select(func.count()).where(SegmentMember.segment_id == vip)
        versions = select(func.count()).select_from(SegmentVersion)
        assert session.scalar(on_it) == 2
        assert session.scalar(versions.where(SegmentVersion.segment_id == vip)) == 3


@pytest.mark.usefixtures("savers")
def test_two_snapshots_at_once_are_one(engine, world):
    outcomes = at_once(*(partial(snapshot, engine, who) for who in (world.mia, world.max)))

    assert any(isinstance(each, SnapshotsTaken) for each in outcomes)
    assert all(isinstance(each, SnapshotsTaken | Conflict) for each in outcomes)
    with Session(engine) as session:
        assert session.scalar(select(func.sum(SegmentSnapshot.customers))) == 1
