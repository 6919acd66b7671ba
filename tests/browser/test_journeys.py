"""A day's work of each role on the demo bank; the campaign by hand has a test of its own."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.rules import Status
from core.customers.model import Customer
from core.journal.model import Entry
from core.people.model import Credential, Person, Unit
from core.people.rules import UnitKind
from tests.browser.hand import Hand
from tests.browser.serving import settle


@pytest.fixture
def hand(as_person):
    return lambda who, path="/", **how: Hand(as_person(who, path, **how))


def person_of(session, username):
    return session.scalars(
        select(Person)
        .join(Credential, Credential.person_id == Person.id)
        .where(Credential.username == username)
    ).one()


def test_an_agent_works_by_keyboard_alone(hand, demo):
    teller = hand("teller", "/my_work")
    keys = teller.page.keyboard

    keys.press("n")
    expect(teller.page.get_by_role("button", name=re.compile("^Not reached"))).to_be_visible()
    teller.expect_said("It is yours.")
    address = teller.page.url
    keys.press("x")
    expect(teller.page.get_by_text("Why not reached?")).to_be_visible()
    keys.press("1")
    teller.expect_said("Noted: not reached.")

    activity_id = int(re.search(r"id=(\d+)", address)[1])
    with Session(demo.engine) as session:
        activity = session.get_one(Activity, activity_id)
        assert activity.person_id == person_of(session, "teller").id
        assert activity.status is Status.IN_PROGRESS
        assert activity.next_action_at is not None


def test_an_agent_takes_from_the_pool_and_gives_back(hand):
    agent = hand("agent", "/my_work?view=Branch+pool")
    agent.press("Assign to me")
    agent.expect_said("It is yours.")

    agent.press("Give back")
    agent.press("Give it back to the branch")

    agent.expect_said("It waits in the branch pool again.")


def test_a_lead_moves_a_page_of_work_and_is_told_what_did_not_move(hand, demo):
    lead = hand("lead", "/team_queue")
    with Session(demo.engine) as session:
        teller = person_of(session, "teller")  # certified for nothing

    lead.tick_all()
    lead.choose("To", teller.name)
    lead.expect_text("The person lacks the qualification")
    lead.press("Assign ")

    lead.expect_said(f"moved to {teller.name}")
    said = lead.page.get_by_test_id("stAlert").first.inner_text()
    moved, refused = (int(number) for number in re.findall(r"\d+", said))
    assert moved >= 20
    assert refused
    assert moved + refused == 50
    lead.expect_text(f"{refused} activities that did not move")
    assert any("lacks the qualification" in row["Why it did not move"] for row in lead.rows())


def test_an_executive_reads_a_result_and_what_is_behind_it(hand):
    executive = hand("executive", "/impact")
    executive.expect_text("effects are proven")
    executive.tick("Save from the first pay day", grid=0)
    executive.expect_text("Per customer assigned")
    executive.expect_text("Funnel")

    executive.choose("Customers behind", "Won")

    assert re.search(r"step=", executive.page.url)
    expect(executive.page.get_by_role("main")).not_to_contain_text("Traceback")


@pytest.mark.parametrize(
    ("path", "cells"),
    [
        (
            "/segments?view=Compare&of=Income+from+25%2C000&of=Private+customers+under+45",
            ".subplot.xy3 .bars .point",
        ),
        ("/coverage?period=365+days", ".bars .point"),
        ("/coverage?view=Overlap&period=365+days", ".subplot.xy .bars .point"),
    ],
)
def test_a_cell_of_a_figure_is_clicked_at_its_edge(hand, path, cells):
    page = hand("manager", path).page
    figure = page.locator(".js-plotly-plot").last
    figure.scroll_into_view_if_needed()
    cell = figure.locator(cells).nth(1).bounding_box()
    page.mouse.click(cell["x"] + 8, cell["y"] + cell["height"] - 8)  # its line is wide
    expect(page.get_by_role("heading", level=3)).to_be_visible()


def test_a_lead_finds_a_reported_sale_false_and_it_leaves_the_result(hand):
    lead = hand("lead", "/truth")
    lead.tick_row(1)
    lead.page.get_by_text("False", exact=True).click()
    lead.fill("Note", "Nobody of the family has heard of it.")
    lead.press("Keep the finding")

    lead.expect_said("Kept as false.")
    executive = hand("executive", "/truth")
    executive.tick("Home and contents", grid=0)
    executive.expect_text("are not in the holdings and 1 was found false by a lead")


def test_an_administrator_adds_a_reason(hand):
    admin = hand("admin", "/reference")
    admin.fill("Reason", "Customer has moved away")
    admin.press("Save the reason")

    admin.expect_said("The reason “Customer has moved away” is saved.")
    assert any(row["Reason"] == "Customer has moved away" for row in admin.rows())


def test_an_administrator_tries_a_file_out_takes_it_in_and_undoes_it(hand, demo, tmp_path):
    with Session(demo.engine) as session:
        branch = session.scalars(select(Unit.code).where(Unit.kind == UnitKind.BRANCH)).first()
    file, mapping = tmp_path / "new.csv", tmp_path / "new.toml"
    file.write_text(f"number,name,branch\nN1,Nora Newcomer,{branch}\nN2,Nils Newcomer,nowhere\n")
    mapping.write_text(
        'source = "a test"\n[fields]\ncustomer_no = "number"\nname = "name"\nbranch = "branch"\n',
        encoding="utf-8",
    )
    admin = hand("admin", "/imports")
    give(admin, "File", file)
    give(admin, "Mapping file", mapping)
    admin.press("Try it out")
    assert [row["Reason"] for row in admin.rows()] == ["there is no branch nowhere"]
    expect(admin.page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    assert customers(demo, "N1") == 0

    admin.page.get_by_text("Import the others; leave out").click()
    settle(admin.page)
    admin.press("Import")
    settle(admin.page)
    assert customers(demo, "N1") == 1

    admin.open_menu("Imports")
    admin.tab("Imports so far")
    admin.tick("new.csv")
    admin.press("What would undoing it do?")
    admin.press("Undo import")
    admin.expect_said("is undone: 1 deleted")
    assert customers(demo, "N1") == 0


def give(admin, label, file):
    uploader = admin.page.get_by_test_id("stFileUploader").filter(
        has=admin.page.get_by_text(label, exact=True)
    )
    uploader.locator("input[type=file]").set_input_files(file)
    settle(admin.page)


def customers(demo, number):
    with Session(demo.engine) as session:
        return session.scalar(select(func.count()).where(Customer.customer_no == number))


def test_an_auditor_reads_the_journal_and_no_name(hand, demo):
    auditor = hand("auditor", "/run?id=9")
    with Session(demo.engine) as session:
        names = session.scalars(select(Customer.name).limit(2_000)).all()
        assert session.scalar(select(func.count(Entry.id)))
    said = auditor.page.get_by_role("main").inner_text()
    assert not [name for name in names if name in said]

    auditor.open_menu("Journal")
    auditor.fill("Record", "run:9")
    assert all("run:9" in row["Records"] for row in auditor.rows())
