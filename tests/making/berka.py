"""The PKDD'99 bank with people in it, and a campaign that sells its customers insurance.

Everything is done by the actions that people would use; only teams, which come with the first
set-up, are rows.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.access import SYSTEM, Actor, Role
from core.campaigns.actions.approval import (
    SubmitDesign,
    submit_design,
)
from core.campaigns.actions.campaigns import CampaignTerms, CreateCampaign, create_campaign
from core.campaigns.actions.designs import (
    ChangeDesign,
    DraftDesign,
    SetStages,
    change_design,
    draft_design,
    set_stages,
)
from core.campaigns.actions.reference import SaveContent, save_content
from core.campaigns.model import (
    ActivitySubtype,
    CampaignType,
    Channel,
    ReasonTemplate,
)
from core.campaigns.rules import Objective
from core.campaigns.terms import DesignTerms, StageTerms
from core.customers.model import Product
from core.gate.actions import ApproveDesign, approve_design
from core.intake.actions.taking import take_in
from core.intake.rules import IntakeKind
from core.people.actions.accounts import AddPerson, add_person
from core.people.model import Team, Unit
from core.people.queries.actors import actor_of
from core.people.rules import JobFunction, UnitKind
from core.runs.actions.starting import StartRun, start_run
from core.segments.actions import DefineSegment, define_segment
from core.work import changing
from data import reference
from data.importers.meaning import read_mapping
from data.importers.reading import open_reading
from data.migrations import upgrade

EXAMPLES = Path(__file__).parents[2] / "docs" / "guide" / "examples"
FILES = (
    # what the rows are, the file, its mapping, how many rows it has
    (IntakeKind.CUSTOMERS, "client", "berka-customers", 5_369),
    (IntakeKind.HOLDINGS, "account", "berka-accounts", 4_500),
    (IntakeKind.HOLDINGS, "card", "berka-cards", 892),
    (IntakeKind.HOLDINGS, "loan", "berka-loans", 682),
    (IntakeKind.HOLDINGS, "order", "berka-orders", 6_471),
)
CAPITAL, EAST, NORTH = "D1", "D74", "D70"  # the three branches where people work
CAMPAIGN, CONTROL_SHARE = "Insurance for the household", 1_000
PEOPLE = (
    # first name, role, branch (None is head office), job function
    ("eva", Role.TEAM_LEAD, CAPITAL, JobFunction.OTHER),
    ("jan", Role.AGENT, CAPITAL, JobFunction.TELLER),
    ("petr", Role.AGENT, CAPITAL, JobFunction.TELLER),
    ("marie", Role.AGENT, CAPITAL, JobFunction.RELATIONSHIP_MANAGER),
    ("olga", Role.TEAM_LEAD, EAST, JobFunction.OTHER),
    ("milan", Role.AGENT, EAST, JobFunction.TELLER),
    ("karel", Role.AGENT, NORTH, JobFunction.ACCOUNT_MANAGER),
    ("dana", Role.CAMPAIGN_MANAGER, None, JobFunction.OTHER),
    ("pavel", Role.APPROVER, None, JobFunction.OTHER),
)


@dataclass
class Bank:
    """The bank in a database; `people` are its actors by first name."""

    engine: Engine
    now: datetime
    people: dict[str, Actor]
    branches: dict[str, int]  # unit ids by code

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def do(self, actor: Actor, action: Any, request: Any, *, now: datetime | None = None) -> Any:
        """Carry out an action as somebody."""
        with changing(self.engine, actor, now=now or self.now) as work:
            return action(work, request)


def rule(selection: str) -> dict[str, Any]:
    """Return the rule of the guide for a selection, such as B3."""
    [path] = (EXAMPLES / "segments").glob(f"{selection.lower()}-*.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def open_bank(engine: Engine, folder: Path, *, now: datetime) -> Bank:
    """Set up an empty database, take the bank's files in and add its people.

    :param folder: where the files of the public data lie
    """
    upgrade(engine)
    with Session(engine) as session, session.begin():
        reference.lay_down(session, bank_name="The Bank")
    bank = Bank(engine, now, {}, {})
    for kind, file, mapping, rows in FILES:
        fact = take(bank, kind, folder / f"{file}.asc.gz", EXAMPLES / f"{mapping}.toml")
        assert (fact.created, fact.rejected) == (rows, 0)
    _hire(bank)
    return bank


def take(bank: Bank, kind: IntakeKind, file: Path, mapping: Path) -> Any:
    """Import a file, as an operator does."""
    meaning = read_mapping(mapping, kind)
    return bank.do(SYSTEM, take_in, open_reading(kind, file, meaning).request(bank_name="The Bank"))


def _hire(bank: Bank) -> None:
    with Session(bank.engine) as session, session.begin():
        bank.branches = {
            code: id_
            for id_, code in session.execute(
                select(Unit.id, Unit.code).where(Unit.kind == UnitKind.BRANCH)
            )
        }
        office = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BANK)).one()
        teams = {code: Team(name=code, unit_id=bank.branches[code]) for code in (CAPITAL, EAST)}
        session.add_all(teams.values())
        session.flush()
        team_ids = {code: team.id for code, team in teams.items()}
    for number, (first, role, branch, job) in enumerate(PEOPLE, start=1):
        added = bank.do(
            SYSTEM,
            add_person,
            AddPerson(
                staff_no=f"S{number:03}",
                name=f"{first.title()} Example",
                email=f"{first}@bank.example",
                unit_id=bank.branches[branch] if branch else office,
                team_id=team_ids.get(branch) if branch else None,
                job_function=job,
                roles=[role],
            ),
        )
        with Session(bank.engine) as session:
            bank.people[first] = actor_of(session, added.person_id)


def make_managed(bank: Bank, customer_numbers: list[str], staff_no: str, folder: Path) -> None:
    """Give customers a relationship manager, by a file with two columns.

    :param folder: where to write that file
    """
    file, mapping = folder / "managers.csv", folder / "managers.toml"
    lines = (f"{number},{staff_no}\n" for number in customer_numbers)
    file.write_text(f"number,manager\n{''.join(lines)}", encoding="utf-8")
    mapping.write_text(
        'source = "staff list"\n[fields]\ncustomer_no = "number"\nmanager = "manager"\n',
        encoding="utf-8",
    )
    fact = take(bank, IntakeKind.CUSTOMERS, file, mapping)
    assert (fact.updated, fact.rejected) == (len(customer_numbers), 0)


def agree_on_campaign(bank: Bank) -> int:
    """Have Dana design the cross-sell and Pavel approve it; return the design's id.

    It means who pays for a household and has no insurance (B3), but nobody in arrears (B4).
    """
    dana = bank.dana
    segment_ids = {
        selection: bank.do(
            dana, define_segment, DefineSegment(selection, name, rule(selection))
        ).segment_id
        for selection, name in (("B3", "Households without insurance"), ("B4", "In arrears"))
    }
    with Session(bank.engine) as session:
        one = session.scalars
        product = one(select(Product.id).where(Product.code == "insurance")).one()
        type_ = one(
            select(CampaignType.id).where(CampaignType.objective == Objective.CROSS_SELL)
        ).one()
        channel = one(select(Channel.id).where(Channel.name == reference.CALL)).one()
        subtype = one(select(ActivitySubtype.id).where(ActivitySubtype.name == "Offer")).one()
        reasons = one(
            select(ReasonTemplate.id).where(ReasonTemplate.name == reference.SALES_CONTACT)
        ).one()
    today = bank.now.date()
    terms = CampaignTerms(CAMPAIGN, type_, dana.unit_id or 0, today, today + timedelta(days=90))
    campaign = bank.do(dana, create_campaign, CreateCampaign("INS", terms))
    content = bank.do(
        dana,
        save_content,
        SaveContent("Insurance call", channel, "Good day {customer name}: {offer}."),
    )
    draft = bank.do(dana, draft_design, DraftDesign(campaign.campaign_id))
    design = DesignTerms(
        segment_id=segment_ids["B3"],
        exclusion_segment_id=segment_ids["B4"],
        product_id=product,
        offer="Household insurance, the first month free",
        guide="Ask what the household order pays for.",
        goal=0.05,
        control_share=CONTROL_SHARE,
    )
    written = bank.do(dana, change_design, ChangeDesign(draft.design_id, draft.row_version, design))
    call = StageTerms(
        "Call", content_id=content.id, activity_subtype_id=subtype, reason_template_id=reasons
    )
    staged = bank.do(dana, set_stages, SetStages(written.design_id, written.row_version, [call]))
    asked = bank.do(dana, submit_design, SubmitDesign(staged.design_id, staged.row_version))
    approved = bank.do(
        bank.pavel, approve_design, ApproveDesign(asked.design_id, asked.row_version)
    )
    return int(approved.design_id)


def start(bank: Bank, design_id: int) -> int:
    """Have Dana start a run of the whole bank; return its id."""
    today = bank.now.date()
    request = StartRun(design_id, bank.dana.unit_id or 0, today, today + timedelta(days=60))
    return int(bank.do(bank.dana, start_run, request).run_id)
