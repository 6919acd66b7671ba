"""What the page of impact says of a run whose control group was contacted, or drawn as a whole."""

import pytest
from sqlalchemy.orm import Session

from core.campaigns.rules import RandomisedBy
from core.runs.model import Leak, Run
from tests.conftest import NOW
from tests.making.results import FIRST, candidates, crowd, finished_run


@pytest.fixture
def run_id(installation):
    """Three hundred treated, a hundred held out, of whom somebody called two."""
    with Session(installation) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(session, control_share=2500)
        candidates(session, made, people[:300], steps=3, outcomes=60)
        candidates(session, made, people[300:], arm=0, outcomes=5)
        session.add_all(
            Leak(run_id=made, customer_id=id_, at=NOW, actor_id=1, reason="Asked for it")
            for id_ in (FIRST + 300, FIRST + 399)
        )
    return made


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader")
    return " ".join(str(each.value) for kind in kinds for each in app.get(kind))


def test_contamination_stands_with_and_without(open_page, world, run_id):
    app = open_page(world.eve, "impact", run=run_id)

    said = texts(app)
    assert "2 of 100 held out customers were reached all the same." in said
    assert "**2 held out customers, 2.0 % of the control group" in said
    assert "Without them is no claim" in said
    assert "Contamination" in [each.value for each in app.subheader]


def test_a_clean_run_has_no_such_section(open_page, world, installation, run_id):
    with Session(installation) as session, session.begin():
        session.query(Leak).delete()
    app = open_page(world.eve, "impact", run=run_id)
    assert "Contamination" not in [each.value for each in app.subheader]


def test_who_was_drawn_is_said_at_once(open_page, world, installation):
    with Session(installation) as session, session.begin():
        people = crowd(session, 90)
        made = finished_run(session, control_share=4000)
        session.get_one(Run, made).randomised_by = RandomisedBy.MANAGER
        for at in range(9):
            mine = list(people[at * 10 : at * 10 + 10])
            arm = 1 if at < 5 else 0
            candidates(session, made, mine, arm=arm, outcomes=1 + at % 3, cluster_id=at + 1)
    app = open_page(world.eve, "impact", run=made)
    assert "drawn by relationship manager: 5 treated, 4 held out relationship managers" in texts(
        app
    )
