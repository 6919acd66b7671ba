"""Pages as a person sees them: through the shell, signed in by a session row, at a fixed time."""

from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy.orm import Session
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from components import server, warm_up
from core.people.model import WebSession
from core.people.rules import SignInSource
from core.settings import settings
from tests.conftest import NOW

HERE = Path(__file__).parent
SHELL = HERE.parents[1] / "components" / "shell.py"
# What a page asks and does is tested on both databases in tests/database. These open the pages on
# both as well; what else is tested of pages is the same on either.
ON_BOTH = frozenset({"test_home.py", "test_listing.py", "test_sign_in.py", "test_statements.py"})


def pytest_collection_modifyitems(config, items):
    twice = [
        item
        for item in items
        if item.path.parent == HERE
        and item.path.name not in ON_BOTH
        and "engine" in getattr(item, "fixturenames", ())
        and item.callspec.params["engine"] == "postgresql"
    ]
    items[:] = [item for item in items if item not in set(twice)]
    config.hook.pytest_deselected(items=twice)


@pytest.fixture(scope="session", autouse=True)
def warmed_up():
    """What the server does before its first visitor, the tests need not do in the middle."""
    warm_up.load()
    warm_up.rest()
    with pytest.MonkeyPatch.context() as patch:
        # What is installed stays: reading of it for each page takes longer than most pages do.
        look = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(look))
        yield


@pytest.fixture
def installation(database_url, engine, monkeypatch):
    """This test's database and its clock become the product's."""
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
    settings.cache_clear()
    monkeypatch.setattr(server, "now", lambda: NOW)
    monkeypatch.setattr(server, "_engine", lambda _url: engine)
    st.cache_data.clear()
    yield engine
    settings.cache_clear()


@pytest.fixture
def open_page(installation):
    """Open a page as somebody: `open_page(world.lea, "team_queue", run=7)`, already run once."""

    def open_as(actor, name, **query):
        app = AppTest.from_file(SHELL, default_timeout=60)
        app.session_state["session_id"] = session_of(installation, actor)
        for key, value in query.items():
            app.query_params[key] = str(value)
        app.switch_page(f"../pages/{name}.py")
        app.run()
        assert not app.exception, app.exception
        return app

    return open_as


@pytest.fixture
def choose():
    """Choose rows of a list by their position: `choose(app, "people", 0, 2)`."""

    def choose_rows(app, key, *positions):
        [grid] = [each for each in app.dataframe if f"{key}:" in each.proto.id]
        app.session_state[grid.key] = {
            "selection": {"rows": list(positions), "columns": [], "cells": []}
        }
        app.run()
        return app

    return choose_rows


@pytest.fixture
def click():
    """Click a bar or a point of a figure, `click(app, "worth", point_index=1)`, or beside all."""

    def click_point(app, key, **point):
        [figure] = [each for each in app.get("plotly_chart") if f"{key}:figure" in each.proto.id]
        app.session_state[figure.key] = {"selection": {"points": [point] if point else []}}
        app.run()
        return app

    return click_point


def session_of(engine, actor):
    """Sign somebody in by the row that a sign-in leaves."""
    with Session(engine) as session, session.begin():
        row = WebSession(
            person_id=actor.person_id, source=SignInSource.PASSWORD, opened_at=NOW, seen_at=NOW
        )
        session.add(row)
        session.flush()
        return row.id
