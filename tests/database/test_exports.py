import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Permission
from core.exports import Export, export
from core.journal.model import Entry
from core.refusals import Invalid, NotAllowed


def test_leaves_a_trace_before_the_file_leaves(do, engine, world):
    do(world.lea, export, Export("queue", {"status": "Assigned"}, 12))

    with Session(engine) as session:
        [entry] = session.scalars(select(Entry))
    assert (entry.kind, entry.actor_id) == ("rows.exported", world.lea.person_id)
    assert entry.facts == {"list_name": "queue", "filters": {"status": "Assigned"}, "rows": 12}


@pytest.mark.parametrize(
    ("first", "right", "may"),
    [
        ("ann", Permission.EXPORT, False),
        ("lea", Permission.EXPORT, True),
        ("eve", Permission.EXPORT, False),
        ("eve", Permission.EXPORT_AGGREGATES, True),
        ("ada", Permission.EXPORT, False),
        ("tom", Permission.EXPORT, True),
        ("tom", Permission.EXPORT_AGGREGATES, False),
    ],
)
def test_is_a_right_of_its_own(do, world, first, right, may):
    ask = Export("queue", {}, 1, right)
    if may:
        do(getattr(world, first), export, ask)
        return
    with pytest.raises(NotAllowed):
        do(getattr(world, first), export, ask)


def test_no_other_right_will_do():
    with pytest.raises(Invalid):
        Export("queue", {}, 1, Permission.READ_JOURNAL)
