"""A long list: pages, order, choices over pages, and addresses that make no sense."""

import pytest
import streamlit as st
from sqlalchemy.orm import Session

from core import history
from core.journal.model import Entry
from tests.conftest import NOW

ENTRIES = 120
PAGE = 50


@pytest.fixture
def entries(engine):
    with Session(engine) as session, session.begin():
        session.add_all(
            Entry(id=1000 + n, at=NOW, actor_id=None, kind="thing.happened", facts={"n": n})
            for n in range(1, ENTRIES + 1)
        )


@pytest.fixture
def journal(open_page, world, entries):
    def opened(**query):
        return open_page(world.ada, "journal", **query)

    return opened


def numbers(app):
    return [int(facts.removeprefix("n: ")) for facts in app.dataframe[0].value["Facts"]]


def said(app):
    return [each.value for each in app.markdown]


def test_says_that_there_is_more_than_was_counted(journal, monkeypatch):
    assert any("120 entries" in text and "More" not in text for text in said(journal()))
    monkeypatch.setattr(history, "MOST_COUNTED", 100)
    st.cache_data.clear()
    assert any("More than 100 entries" in text for text in said(journal()))


def test_shows_the_page_of_the_address(journal):
    assert numbers(journal()) == list(range(ENTRIES, ENTRIES - PAGE, -1))
    assert numbers(journal(journal_page=3)) == list(range(20, 0, -1))


@pytest.mark.parametrize("page", ["99", "-1", "x", ""])
def test_shows_the_first_page_for_an_address_that_makes_no_sense(journal, page):
    assert numbers(journal(journal_page=page))[0] == ENTRIES


def test_counts_all_of_them(journal):
    assert f"**{ENTRIES} entries**" in said(journal())


def test_turns_round_on_demand(journal):
    app = journal()
    order = next(each for each in app.selectbox if each.key == "journal_sort")

    order.select_index(1).run()

    assert numbers(app)[:3] == [1, 2, 3]


def test_an_empty_list_says_what_that_means(journal):
    app = journal(record="nowhere:1")

    assert "Nothing of this kind has happened" in app.info[0].value
    assert not app.dataframe


def test_a_choice_on_another_page_is_told_and_can_be_dropped(journal, choose):
    app = journal()
    choose(app, "journal", 0)
    assert list(app.session_state["chosen:journal"]) == [1000 + ENTRIES]

    app.text_input(key="record").set_value("nowhere:1").run()

    assert "1 chosen, 1 of them not on this page." in [each.value for each in app.caption]
    next(each for each in app.button if each.key == "journal:drop").click().run()
    assert not app.session_state["chosen:journal"]
