from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from core import history
from core.campaigns.model import Campaign, Design
from core.history import authors, entries, kinds
from core.journal.model import Entry, Subject
from core.refusals import Invalid, NotAllowed
from core.runs.model import Run
from core.windows import Window
from tests.conftest import NOW
from tests.world import BANK

ANN, LEA, SAM, MIA, MAX = 1, 3, 4, 6, 7
DAY = timedelta(days=1)


@pytest.fixture
def journal(engine):
    """Six things that happened, one a day up to today, numbered by their order."""
    happened = [
        # who, what, about which records
        (ANN, "activity.taken", ["activity:1"]),
        (SAM, "activity.taken", ["activity:2"]),
        (None, "person.disabled", [f"person:{ANN}"]),
        (MAX, "run.launched", ["run:7"]),
        (MAX, "campaign.changed", ["campaign:5"]),
        (MAX, "run.launched", ["run:8"]),
    ]
    with Session(engine) as session, session.begin():
        for n, owner in ((5, MIA), (6, MAX)):
            session.add(
                Campaign(
                    id=n,
                    code=f"K{n}",
                    name=f"Campaign {n}",
                    type_id=1,
                    starts_on=NOW.date(),
                    ends_on=NOW.date(),
                    owner_id=owner,
                    unit_id=BANK,
                    created_at=NOW,
                )
            )
        session.flush()
        for n, (who, what, about) in enumerate(happened, start=1):
            at = NOW - (len(happened) - n) * DAY
            session.add(Entry(id=100 + n, at=at, actor_id=who, kind=what, facts={"n": n}))
            session.flush()
            session.add_all(Subject(entry_id=100 + n, name=name) for name in about)


@pytest.fixture
def read(ask, journal):
    """The numbers of the entries somebody finds."""

    def numbers(actor, **filters):
        return [row.id - 100 for row in ask(actor, entries, **filters).rows]

    return numbers


class TestEntries:
    def test_tells_who_did_what_newest_first(self, ask, world, journal):
        part = ask(world.ada, entries, window=Window(descending=True, size=2))

        assert part.total == 6
        last, before = part.rows
        assert (last.actor, last.what, last.subjects) == ("Max Example", "run launched", ("run:8",))
        assert before.facts == {"n": 5}

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"subject": "run:7"}, [4]),
            ({"subject": "run"}, [6, 4]),
            ({"subject": " campaign:5 "}, [5]),
            ({"subject": "ru"}, []),
            ({"kind": "activity.taken"}, [2, 1]),
            ({"kind": "run"}, [6, 4]),
            ({"person_id": SAM}, [2]),
            ({"since": date(2026, 3, 1)}, [6, 5]),
            ({"until": date(2026, 2, 26)}, [2, 1]),
            ({"since": date(2026, 2, 26), "until": date(2026, 2, 26)}, [2]),
        ],
    )
    def test_is_found_by_record_kind_person_and_day(self, read, world, filters, found):
        assert read(world.ada, **filters) == found

    def test_counts_no_further_than_somebody_turns_pages(self, ask, world, journal, monkeypatch):
        for most, counted in ((5, (5, True)), (6, (6, False))):
            monkeypatch.setattr(history, "MOST_COUNTED", most)
            part = ask(world.ada, entries)
            assert (part.total, part.is_more) == counted
            assert len(part.rows) == 6

    def test_turns_the_pages_of_one_record(self, engine, ask, world, journal):
        with Session(engine) as session, session.begin():
            session.add_all(Subject(entry_id=100 + n, name="run:7") for n in (1, 2, 6))
        for descending, order in ((True, [6, 4, 2, 1]), (False, [1, 2, 4, 6])):
            found = []
            for first in range(4):
                window = Window(descending=descending, first=first, size=1)
                part = ask(world.tom, entries, subject="run:7", window=window)
                assert part.total == 4
                found += [row.id - 100 for row in part.rows]
            assert found == order

    @pytest.mark.parametrize("descending", [True, False])
    @pytest.mark.parametrize("filters", [{}, {"since": NOW.date() - 40 * DAY}, {"subject": "run"}])
    @pytest.mark.parametrize("who", ["lea", "max", "tom"])
    def test_pages_follow_one_another(
        self, engine, ask, world, journal, who, filters, descending, monkeypatch
    ):
        # Two records with much of their own, some of it the same, and what people did besides.
        with Session(engine) as session, session.begin():
            for n in range(30):
                who_did = (ANN, SAM, MAX)[n % 3]
                at = NOW - 30 * DAY + n * DAY
                session.add(Entry(id=10 + n, at=at, actor_id=who_did, kind="thing.done", facts={}))
                session.flush()
                about = {"campaign:6"} if n % 2 else {f"person:{ANN}"}
                about |= {"campaign:6", "run:9"} if n % 5 == 0 else set()
                session.add_all(Subject(entry_id=10 + n, name=name) for name in about)
        actor = getattr(world, who)
        whole = ask(actor, entries, window=Window(descending=descending, size=200), **filters)
        ids = [row.id for row in whole.rows]
        assert ids == sorted(set(ids), reverse=descending)
        assert whole.total == len(ids) > 2

        monkeypatch.setattr(history, "MOST_COUNTED", 4)
        for size in (1, 4, 7):
            paged = []
            for first in range(0, len(ids), size):
                window = Window(descending=descending, first=first, size=size)
                part = ask(actor, entries, window=window, **filters)
                assert (part.total, part.is_more) == (min(4, len(ids)), len(ids) > 4)
                paged += [row.id for row in part.rows]
            assert paged == ids

    def test_a_lead_reads_of_the_own_team(self, read, world):
        assert read(world.lea) == [3, 1]
        assert read(world.lou) == [2]

    def test_a_manager_reads_of_the_own_campaigns(self, read, world):
        assert read(world.mia) == [5]
        assert read(world.max) == [6, 5, 4]

    def test_runs_and_versions_belong_to_their_campaign(self, read, engine, world):
        with Session(engine) as session, session.begin():
            design = Design(campaign_id=5, version=1, created_at=NOW)
            session.add(design)
            session.flush()
            session.add(
                Run(
                    id=8,
                    code="R8",
                    design_id=design.id,
                    unit_id=BANK,
                    starts_on=NOW.date(),
                    ends_on=NOW.date(),
                    initiated_at=NOW,
                    arm_key=1,
                    control_share=0,
                )
            )

        assert read(world.mia) == [6, 5]

    def test_auditors_read_everything_and_agents_nothing(self, read, ask, world):
        assert len(read(world.tom)) == 6
        for query in (entries, kinds, authors):
            with pytest.raises(NotAllowed):
                ask(world.ann, query)

    def test_refuses_an_order_that_does_not_exist(self, ask, world):
        with pytest.raises(Invalid, match="sort by time"):
            ask(world.ada, entries, window=Window(sort="facts"))


def test_the_filters_offer_what_there_is_to_find(ask, world, journal):
    assert kinds_of(ask, world) == {
        "activity.taken",
        "campaign.changed",
        "person.disabled",
        "run.launched",
    }
    assert [who.name for who in ask(world.lea, authors)] == ["Ann Example"]
    assert [who.id for who in ask(world.ada, authors)] == [ANN, MAX, SAM]


def kinds_of(ask, world):
    return set(ask(world.ada, kinds))
