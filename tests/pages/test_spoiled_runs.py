"""Runs of which not everything can be said: the page gives the reason, and no odd number."""

import re

import pytest
from sqlalchemy.orm import Session

from tests.making.spoiled import CASES, spoiled

ODD = re.compile(r"\b(nan|NaN|inf|Infinity|None)\b")


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader", "warning")
    said = [str(each.value) for kind in kinds for each in app.get(kind)]
    return " ".join(said + [f"{tile.label} {tile.value} {tile.delta or ''}" for tile in app.metric])


@pytest.mark.parametrize("case", CASES)
def test_each_has_its_reason(case, open_page, world, installation):
    given, why = CASES[case]
    with Session(installation) as session, session.begin():
        run_id = spoiled(session, **given)

    app = open_page(world.eve, "impact", run=str(run_id))
    board = open_page(world.eve, "impact")

    for page in (app, board):
        assert not page.exception
        assert not page.error
        assert not ODD.search(re.sub(r"<[^>]*>", " ", texts(page)))
    assert why in texts(app)
