from dataclasses import dataclass
from threading import Event as Signal
from threading import Thread
from typing import ClassVar

import pytest

from core.access import SYSTEM, Permission
from core.exchange.queries import published
from core.journal.model import Event, Notice
from core.refusals import Invalid, NotAllowed
from core.work import changing
from tests.conftest import NOW


@dataclass(frozen=True)
class Told(Event):
    kind: ClassVar[str] = "test.told"

    name: str

    @property
    def subjects(self):
        return ()

    @property
    def notices(self):
        return (Notice("Test/Created", f"test:{self.name}", {"name": self.name, "at": NOW}),)


def tell(work, name):
    work.authorize(Permission.READ_EXCHANGE)
    work.record(Told(name))


def names(answer):
    return [event.data["name"] for event in answer.events]


def test_reads_in_order_from_a_cursor_on(do, ask):
    for name in "abcde":
        do(SYSTEM, tell, name)

    first = ask(SYSTEM, published, limit=2)
    second = ask(SYSTEM, published, limit=2, after=first.cursor)
    third = ask(SYSTEM, published, after=second.cursor)

    assert names(first) + names(second) + names(third) == list("abcde")
    assert ask(SYSTEM, published, after=third.cursor) == type(third)([], third.cursor)


def test_only_some_types(do, ask):
    do(SYSTEM, tell, "a")

    assert names(ask(SYSTEM, published, types=["Test/Created"])) == ["a"]
    assert names(ask(SYSTEM, published, types=["Test/Updated"])) == []


def test_is_a_cloud_event(do, ask):
    do(SYSTEM, tell, "a")

    [event] = ask(SYSTEM, published).events

    assert event.plain() == {
        "specversion": "1.0",
        "id": event.id,
        "source": "/fairlead",
        "type": "Test/Created",
        "subject": "test:a",
        "time": "2026-03-02T09:00:00Z",
        "datacontenttype": "application/json",
        "schemaversion": "1",
        "data": {"name": "a", "at": "2026-03-02T09:00:00+00:00"},
    }


def test_waits_for_an_event_that_is_written_but_not_committed(engine, ask):
    """One transaction takes its number first and commits last; nothing of it is lost."""
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time: numbers are committed in order")
    written, go_on = Signal(), Signal()

    def slow():
        with changing(engine, SYSTEM, now=NOW) as work:
            tell(work, "slow")
            written.set()
            assert go_on.wait(10)

    writer = Thread(target=slow)
    writer.start()
    assert written.wait(10)
    with changing(engine, SYSTEM, now=NOW) as work:
        tell(work, "quick")

    early = ask(SYSTEM, published)
    go_on.set()
    writer.join()
    late = ask(SYSTEM, published, after=early.cursor)

    assert names(early) == []
    assert names(late) == ["slow", "quick"]


@pytest.mark.parametrize("wrong", [{"after": -1}, {"limit": 0}, {"limit": 10_001}])
def test_refuses_cursors_that_make_no_sense(ask, wrong):
    with pytest.raises(Invalid):
        ask(SYSTEM, published, **wrong)


@pytest.mark.parametrize("who", ["eve", "ada", "mia", "tom"])
def test_is_for_systems_only(ask, world, who):
    with pytest.raises(NotAllowed):
        ask(getattr(world, who), published)
