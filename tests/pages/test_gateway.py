"""The two doors: what is remembered, for whom, until when, and what comes back."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from components import exports, folding, gateway, sessions
from core.access import Permission
from core.activities.actions.taking import Take, take
from core.journal.model import Entry
from core.people.queries import people
from core.refusals import Conflict, NotFound
from core.runs.model import CountedCandidate
from core.windows import Window
from core.work import Unaccountable
from tests.conftest import NOW
from tests.making.runs import launched_run

ASKED = []


class PageEnds(BaseException):
    """What Streamlit does when a page is to end."""


def counted(view, *, word=""):
    view.authorize(Permission.SEE_PEOPLE)
    ASKED.append((view.actor.name, word))
    return len(ASKED)


def careless(view):
    return view.session.scalar(text("SELECT count(*) FROM person"))


@pytest.fixture
def acting(installation, monkeypatch):
    """Be somebody, without a browser."""
    ASKED.clear()

    def be(actor):
        monkeypatch.setattr(sessions, "current_actor", lambda: actor)
        monkeypatch.setattr(sessions, "require", lambda: actor)

    return be


@pytest.fixture
def stopped(monkeypatch):
    """What is explained to the person before the page ends."""
    said = []
    monkeypatch.setattr(gateway.errors, "explain", said.append)
    monkeypatch.setattr(gateway.st, "stop", lambda: (_ for _ in ()).throw(PageEnds))
    return said


class TestFetch:
    def test_remembers_until_something_changes(self, acting, engine, world):
        acting(world.ada)
        assert [gateway.fetch(counted), gateway.fetch(counted)] == [1, 1]

        with Session(engine) as session, session.begin():  # as another process would
            session.add(Entry(at=NOW, actor_id=None, kind="somewhere.else", facts={}))

        assert gateway.fetch(counted) == 2

    def test_never_answers_one_person_with_anothers_answer(self, acting, world):
        for actor in (world.ada, world.tom, world.ada):
            acting(actor)
            gateway.fetch(counted)

        assert ASKED == [("Ada Example", ""), ("Tom Example", "")]

    def test_every_filter_is_part_of_the_question(self, acting, world):
        acting(world.ada)
        for word in ("a", "b", "a"):
            gateway.fetch(counted, word=word)

        assert [word for _, word in ASKED] == ["a", "b"]

    def test_ends_the_page_where_it_is_refused(self, acting, stopped, world):
        acting(world.ann)

        with pytest.raises(PageEnds):
            gateway.fetch(counted)

        assert "does not include" in str(stopped[0])

    def test_refuses_answers_given_without_asking_permission(self, acting, world):
        acting(world.ada)

        with pytest.raises(Unaccountable, match="careless"):
            gateway.fetch(careless)


class TestSignedOut:
    def test_nothing_is_done_for_nobody(self, installation):
        for door in (sessions.current_actor, sessions.require, sessions.current_session):
            with pytest.raises(sessions.SignedOut):
                door()
        with pytest.raises(sessions.SignedOut):
            sessions.holder_of(1)


class TestExport:
    @pytest.fixture
    def made(self, monkeypatch):
        """What the button makes when it is pressed, which is after the page has run."""
        offered = []
        monkeypatch.setattr(
            exports.st, "download_button", lambda _label, make, **_: offered.append(make)
        )
        return lambda: offered[-1]().decode("utf-8-sig")

    def test_takes_out_what_the_person_may_see_and_notes_it(self, open_page, world, engine, made):
        open_page(world.tom, "people", q="ann")

        told = made()

        assert "Ann Example" in told
        assert "Ben Example" not in told
        assert "Filter text,ann" in told
        assert "By,Tom Example" in told
        with Session(engine) as session:
            assert session.query(Entry).filter_by(kind="rows.exported").one().facts["rows"] == 1

    def test_is_not_offered_without_the_right(self, open_page, world):
        assert not open_page(world.ada, "people").get("download_button")

    def test_ends_with_the_session(self, open_page, world, engine, made):
        open_page(world.tom, "people")
        with engine.begin() as connection:
            connection.execute(text("UPDATE web_session SET ended_at = opened_at"))

        with pytest.raises(sessions.SignedOut):
            made()


@pytest.mark.parametrize(
    "refusal", [Conflict("Somebody was faster."), NotFound("No such *thing*.")]
)
def test_a_refusal_is_explained_in_its_own_words(monkeypatch, refusal):
    said = []
    monkeypatch.setattr(gateway.errors.st, "warning", lambda words, **_: said.append(words))

    gateway.errors.explain(refusal)

    assert said[0].replace("\\", "") == str(refusal)


def test_people_come_back_a_window_at_a_time(ask, world):
    first = ask(world.ada, people, window=Window("name", first=0, size=4))
    second = ask(world.ada, people, window=Window("name", first=4, size=4))

    assert first.total == second.total == 11
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}


class TestFolding:
    def test_what_people_do_is_folded_now_and_then(self, acting, engine, world, monkeypatch):
        monkeypatch.setattr(folding, "_folded_at", -folding.SECONDS)
        monkeypatch.setattr(folding.time, "monotonic", lambda: 100.0)
        with Session(engine) as session, session.begin():
            work = launched_run(session, [1, 2, 3]).activities
        acting(world.ann)

        def unfolded():
            with Session(engine) as session:
                return session.scalars(select(CountedCandidate.customer_id)).all()

        gateway.carry_out(take, Take(work[1]))
        assert unfolded() == []
        gateway.carry_out(take, Take(work[2]))
        assert unfolded() == [2]
        monkeypatch.setattr(folding.time, "monotonic", lambda: 100.0 + folding.SECONDS)
        gateway.carry_out(take, Take(work[3]))
        assert unfolded() == []
