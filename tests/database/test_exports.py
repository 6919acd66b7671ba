import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import GRANTS, Permission, Role
from core.exports import Export, ExportReport, Format, export, export_report
from core.journal.model import Entry, Subject
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


def test_a_report_leaves_with_what_it_holds_and_as_which_kind_of_file(do, engine, world):
    ask = ExportReport("Impact", "run:7", {"by": "branch"}, Format.PDF)
    do(world.eve, export_report, ask)

    with Session(engine) as session:
        [entry] = session.scalars(select(Entry))
        [subject] = session.scalars(select(Subject.name))
    assert (entry.kind, entry.actor_id) == ("report.exported", world.eve.person_id)
    assert entry.facts == {
        "report": "Impact",
        "about": "run:7",
        "filters": {"by": "branch"},
        "format": "PDF",
    }
    assert subject == "run:7"


@pytest.mark.parametrize(
    ("first", "role"),
    [
        ("ann", Role.AGENT),
        ("lea", Role.TEAM_LEAD),
        ("mia", Role.CAMPAIGN_MANAGER),
        ("pia", Role.APPROVER),
        ("eve", Role.EXECUTIVE),
        ("ada", Role.ADMINISTRATOR),
        ("tom", Role.AUDITOR),
    ],
)
def test_who_sees_impact_may_not_by_that_take_it_out(do, engine, world, first, role):
    ask = ExportReport("Impact", "", {}, Format.XLSX)
    if role in {Role.CAMPAIGN_MANAGER, Role.EXECUTIVE, Role.AUDITOR}:
        do(getattr(world, first), export_report, ask)
        return
    assert Permission.EXPORT_IMPACT not in GRANTS[role]
    with pytest.raises(NotAllowed, match="taking reports of impact out"):
        do(getattr(world, first), export_report, ask)
    with Session(engine) as session:
        [entry] = session.scalars(select(Entry))
    assert entry.kind == "request.refused"


def test_no_other_right_will_do():
    with pytest.raises(Invalid):
        Export("queue", {}, 1, Permission.READ_JOURNAL)
