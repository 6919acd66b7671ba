"""An administrator tries a file out, takes it in and undoes it in the browser."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.customers.model import Customer
from core.intake.actions.reverting import Revert, revert
from core.settings import settings
from core.work import changing
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.files import CUSTOMERS, HEADER, Importing

GOOD = HEADER + "N1,Nora New,B1,10.50,smith\nN2,Otto New,B2,-3,\n"
WRONG = HEADER + "N1,Nora New,B1,10.50,smith\nN2,Otto New,B9,1,x\n"


def figures(app):
    return {metric.label: metric.value for metric in app.metric}


def customers(engine):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Customer))


@pytest.fixture
def uploaded(open_page, world):
    """Open the page with a file and its mapping, and try it out."""

    def upload(text, mapping=CUSTOMERS):
        app = open_page(world.ada, "imports")
        app.file_uploader(key="file").set_value(("file.csv", text.encode(), "text/csv"))
        app.file_uploader(key="own").set_value(("mapping.toml", mapping.encode(), "text/plain"))
        app.run()
        app.button(key="try").click().run()
        assert not app.exception, app.exception
        return app

    return upload


def test_without_a_file_it_says_what_to_choose(open_page, world):
    app = open_page(world.ada, "imports")
    assert "Choose a file and a mapping" in app.info[0].value
    assert "Nothing was imported yet" in app.info[1].value


def test_tries_out_and_then_takes_in(uploaded, installation):
    app = uploaded(GOOD)
    assert figures(app) == {"Create": "2", "Update": "0", "Unchanged": "0", "Rejected": "0"}
    assert customers(installation) == 15

    app.button(key="take").click().run()

    assert "Import 1 is done: 2 created" in app.success[0].value
    assert customers(installation) == 17


def test_says_how_much_work_withdrawn_consents_ended(uploaded, engine):
    pool_of(engine, [1, 2, 3])
    mapping = 'source = "x"\n[fields]\ncustomer_no = "no"\n[consents]\nphone = "phone"\n'
    app = uploaded("no,phone\nC1,no\nC2,no\nC3,yes\n", mapping)

    app.button(key="take").click().run()

    assert "Opting out ended 2 activities and 0 messages." in app.success[0].value


def test_shows_rejected_rows_and_imports_the_others_only_when_asked(uploaded, installation):
    app = uploaded(WRONG)
    assert figures(app)["Rejected"] == "1"
    grid = app.dataframe[0].value
    assert list(grid["Reason"]) == ["there is no branch B9"]
    assert app.button(key="take").disabled

    app.checkbox(key="keep").check().run()
    app.button(key="take").click().run()

    assert "1 created" in app.success[0].value
    assert customers(installation) == 16


def test_explains_what_is_wrong_with_the_file_or_the_mapping(uploaded):
    assert "has no column balance" in uploaded(GOOD.replace("balance", "saldo")).warning[0].value
    assert "unknown key fiels" in uploaded(GOOD, CUSTOMERS + "[fiels]\na = 1\n").warning[0].value


def test_a_mapping_reaches_no_file_of_the_server(uploaded):
    lookup = '[lookups.theirs]\nfile = "/etc/passwd"\nmatch = "no"\nkey = "root"\n'

    told = uploaded(GOOD, CUSTOMERS + lookup).warning[0].value

    assert "isn't in the folder of the imported one" in told
    assert "root:" not in told


def test_a_file_that_is_too_large_is_told_how_else_it_can_come_in(
    uploaded, installation, monkeypatch
):
    smaller = settings().model_copy(update={"upload_megabytes": 0})
    monkeypatch.setattr("components.importing.settings", lambda: smaller)
    told = uploaded(GOOD).warning[0].value
    assert "through the browser 0 MB are allowed" in told
    assert "at the command line" in told


def test_undoes_an_import_after_saying_what_stays(open_page, world, installation, tmp_path, choose):
    fact = Importing(installation, world.ada, tmp_path).take(GOOD)
    with Session(installation) as session, session.begin():
        session.scalars(select(Customer).where(Customer.customer_no == "N1")).one().name = "Else"

    app = open_page(world.ada, "imports")
    choose(app, "imports", 0)
    assert not [each for each in app.button if each.key == "undo"]
    app.button(key="undoing").click().run()
    assert any("deletes 1 records, restores 0 and leaves 1 alone" in m.value for m in app.markdown)
    assert customers(installation) == 17

    app.button(key="undo").click().run()

    assert f"Import {fact.intake_id} is undone: 1 deleted" in app.success[0].value
    assert customers(installation) == 16


def test_finds_out_what_an_undo_would_do_only_when_asked(
    open_page, world, installation, tmp_path, choose, monkeypatch
):
    Importing(installation, world.ada, tmp_path).take(GOOD)
    asked = []

    def counted(work, request):
        asked.append(request.intake_id)
        return revert(work, request)

    monkeypatch.setattr("components.importing.revert", counted)
    app = open_page(world.ada, "imports")
    choose(app, "imports", 0)
    app.run()
    assert asked == []

    app.button(key="undoing").click().run()
    app.run()

    assert len(asked) == 1
    assert app.button(key="undo").label == f"Undo import {asked[0]}"


def test_tells_who_was_slower_that_it_is_undone_already(
    open_page, world, installation, tmp_path, choose
):
    fact = Importing(installation, world.ada, tmp_path).take(GOOD)
    app = open_page(world.ada, "imports")
    choose(app, "imports", 0)
    app.button(key="undoing").click().run()
    with changing(installation, world.ada, now=NOW) as work:
        revert(work, Revert(fact.intake_id))

    app.button(key="undo").click().run()

    assert "already" in app.warning[0].value


def test_is_for_administrators_only(open_page, world):
    for somebody in (world.ann, world.mia, world.eve):
        app = open_page(somebody, "imports")
        assert "not open to your role" in app.warning[0].value
        assert not app.file_uploader
