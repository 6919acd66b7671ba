"""The words that campaigns are made of: what can be saved, what is refused, where it is used."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.campaigns.actions.reasons import SaveReason, SaveTemplate, save_reason, save_template
from core.campaigns.actions.reference import (
    SaveActionType,
    SaveActivitySubtype,
    SaveCampaignSubtype,
    SaveCampaignType,
    SaveChannel,
    SaveContent,
    save_action_type,
    save_activity_subtype,
    save_campaign_subtype,
    save_campaign_type,
    save_channel,
    save_content,
)
from core.campaigns.queries.reasons import reasons, templates
from core.campaigns.queries.reference import (
    action_types,
    activity_subtypes,
    campaign_types,
    channels,
    contents,
    qualifications,
)
from core.campaigns.rules import ActivityType, Objective
from core.customers.rules import Medium
from core.journal.model import Entry
from core.refusals import Invalid, NotAllowed, NotFound
from tests import world as bank
from tests.making.campaigns import approved_design, draft_design

CHANNEL = SaveChannel("Letter", Medium.POST, 2)
CONTENT = SaveContent("Letter", bank.EMAIL, "Dear {customer name}, {offer}.", "From {branch}")
TEMPLATE = SaveTemplate("Renewals", [bank.NO_ANSWER], [bank.WRONG_NUMBER])


@pytest.fixture
def agreed(engine):
    with Session(engine) as session, session.begin():
        approved_design(session)


class TestChannels:
    def test_make_what_their_default_action_type_says(self, do, ask, world):
        do(world.ada, save_channel, CHANNEL)

        by_name = {row.name: row for row in ask(world.ada, channels)}
        assert by_name["Letter"].is_internal is False
        assert by_name["Phone call"].is_internal is True

    def test_cannot_be_saved_without_one(self, do, ask, world):
        with pytest.raises(Invalid, match="“Letter” needs a default action type"):
            do(world.ada, save_channel, replace(CHANNEL, action_type_id=None))
        with pytest.raises(Invalid, match="needs a default action type"):
            do(world.ada, save_channel, SaveChannel("Call", Medium.PHONE, None, bank.CALL))
        assert len(ask(world.ada, channels)) == 3

    def test_refuse_what_is_taken_nameless_or_unknown(self, do, world):
        with pytest.raises(Invalid, match="“phone CALL” is taken"):
            do(world.ada, save_channel, replace(CHANNEL, name="phone CALL"))
        with pytest.raises(Invalid, match="needs a name"):
            do(world.ada, save_channel, replace(CHANNEL, name=" "))
        with pytest.raises(NotFound):
            do(world.ada, save_channel, replace(CHANNEL, action_type_id=9))
        with pytest.raises(NotFound):
            do(world.ada, save_channel, replace(CHANNEL, id=99))

    @pytest.mark.usefixtures("agreed")
    def test_stay_as_they_were_agreed_to(self, do, world):
        do(world.ada, save_channel, SaveChannel("Telephone", Medium.PHONE, 1, bank.CALL))
        for wrong in ({"action_type_id": 2}, {"medium": Medium.APP}):
            ask = replace(SaveChannel("Telephone", Medium.PHONE, 1, bank.CALL), **wrong)
            with pytest.raises(Invalid, match="agreed to"):
                do(world.ada, save_channel, ask)
        with pytest.raises(Invalid, match="agreed to"):
            do(world.ada, save_action_type, SaveActionType("Internal activity", False, 1))

    def test_of_drafts_may_change(self, do, ask, world, engine):
        with Session(engine) as session, session.begin():
            draft_design(session)

        do(world.ada, save_channel, SaveChannel("Call", Medium.PHONE, 2, bank.CALL))

        assert not {row.name: row for row in ask(world.ada, channels)}["Call"].is_internal


class TestContents:
    def test_are_saved_with_their_tokens(self, do, ask, world):
        do(world.mia, save_content, CONTENT)

        found = {row.name: row for row in ask(world.mia, contents)}["Letter"]
        assert (found.subject, found.channel) == ("From {branch}", "Email")

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"body": "Dear {name}"}, r"names \{name\}. Known are \{customer name\}"),
            ({"subject": "{"}, "names {"),
            ({"body": "Dear {customer name"}, "Known are"),
            ({"body": " "}, "says nothing"),
            ({"name": ""}, "needs a name"),
            ({"name": "Offer by call"}, "is taken"),
        ],
    )
    def test_refuse_what_cannot_be_said(self, do, world, wrong, says):
        with pytest.raises(Invalid, match=says):
            do(world.ada, save_content, replace(CONTENT, **wrong))

    @pytest.mark.usefixtures("agreed")
    def test_stay_as_they_were_agreed_to(self, do, ask, world):
        kept = {row.id: row for row in ask(world.ada, contents)}[bank.CALL]
        same = SaveContent("Renamed", kept.channel_id, kept.body, kept.subject, kept.id)
        do(world.ada, save_content, same)
        with pytest.raises(Invalid, match="agreed to"):
            do(world.ada, save_content, replace(same, body="Something else"))


class TestReasons:
    def test_are_added_without_a_release(self, do, ask, world):
        do(world.ada, save_reason, SaveReason("Client moved away"))
        do(world.ada, save_reason, SaveReason("Client is on holiday", "holiday"))

        found = {row.value: row for row in ask(world.ada, reasons)}
        assert found["Client moved away"].code is None
        assert found["Client is on holiday"].code == "holiday"

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"value": " "}, "needs a value"),
            ({"value": "client DIDN'T answer"}, "is taken"),
            ({"code": "No-Answer"}, "is taken"),
            ({"id": bank.ABORTED}, "system's own"),
        ],
    )
    def test_need_a_value_of_their_own(self, do, world, wrong, says):
        with pytest.raises(Invalid, match=says):
            do(world.ada, save_reason, replace(SaveReason("Another"), **wrong))

    def test_several_may_go_without_a_code(self, do, world):
        for value in ("One", "Two"):
            do(world.ada, save_reason, SaveReason(value))

    def test_show_where_they_are_used(self, ask, world):
        found = {row.id: row for row in ask(world.ada, reasons)}

        used = found[bank.NO_ANSWER]
        assert (used.in_progress, used.cancelled) == (("Sales contact",), ("Sales contact",))
        assert (found[bank.WRONG_NUMBER].in_progress, used.activities) == ((), 0)
        assert found[bank.ABORTED].is_system

    def test_a_retired_one_is_offered_to_no_new_template(self, do, world):
        do(world.ada, save_reason, SaveReason("Wrong phone number", "", True, bank.WRONG_NUMBER))
        with pytest.raises(Invalid, match="is retired"):
            do(world.ada, save_template, TEMPLATE)
        kept = SaveTemplate("Sales contact", [bank.NO_ANSWER], [bank.WRONG_NUMBER], bank.REASONS)
        do(world.ada, save_template, kept)


class TestTemplates:
    def test_offer_reasons_for_each_use(self, do, ask, world):
        do(world.ada, save_template, TEMPLATE)

        found = {row.name: row for row in ask(world.ada, templates)}["Renewals"]
        assert found.in_progress == ("Client didn't answer",)
        assert found.cancelled_ids == (bank.WRONG_NUMBER,)

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"in_progress": []}, "at least one reason for In progress"),
            ({"cancelled": []}, "at least one reason for Cancelled"),
            ({"cancelled": [bank.ABORTED]}, "system's own"),
            ({"cancelled": [99]}, "does not exist"),
            ({"name": "sales contact"}, "is taken"),
        ],
    )
    def test_refuse_what_nobody_could_choose(self, do, ask, world, wrong, says):
        with pytest.raises(Invalid, match=says):
            do(world.ada, save_template, replace(TEMPLATE, **wrong))
        assert len(ask(world.ada, templates)) == 1

    def test_replace_what_they_offered(self, do, ask, world):
        do(world.ada, save_template, replace(TEMPLATE, id=bank.REASONS))

        [found] = ask(world.ada, templates)
        assert (found.name, found.in_progress_ids) == ("Renewals", (bank.NO_ANSWER,))


class TestTypes:
    def test_are_added_and_renamed(self, do, ask, world):
        do(world.ada, save_campaign_type, SaveCampaignType("Winter", Objective.ACTIVATION))
        do(world.ada, save_campaign_subtype, SaveCampaignSubtype(1, "Cards"))
        do(world.ada, save_activity_subtype, SaveActivitySubtype(ActivityType.SALES, "Upgrade"))
        do(world.ada, save_activity_subtype, SaveActivitySubtype(ActivityType.SALES, "Proposal", 1))

        types = {row.name: row for row in ask(world.ada, campaign_types)}
        assert types["Winter"].objective is Objective.ACTIVATION
        assert [each.name for each in types["Cross-sell"].subtypes] == ["Cards", "Savings"]
        names = [row.name for row in ask(world.ada, activity_subtypes)]
        assert names == ["Proposal", "Upgrade", "Document renewal"]
        assert len(ask(world.ada, action_types)) == 2
        assert [row.code for row in ask(world.ada, qualifications)] == ["SAV"]

    def test_keep_what_others_rely_on(self, do, world):
        for action, request, says in (
            (save_campaign_type, SaveCampaignType("X", Objective.RETENTION, 1), "can't change"),
            (save_campaign_subtype, SaveCampaignSubtype(2, "Savings", 1), "stays with its type"),
            (save_campaign_subtype, SaveCampaignSubtype(1, "savings"), "is taken"),
            (
                save_activity_subtype,
                SaveActivitySubtype(ActivityType.ADMINISTRATIVE, "Offer", 1),
                "stays with sales",
            ),
            (save_activity_subtype, SaveActivitySubtype(ActivityType.SALES, "offer"), "is taken"),
        ):
            with pytest.raises(Invalid, match=says):
                do(world.ada, action, request)
        with pytest.raises(NotFound):
            do(world.ada, save_campaign_subtype, SaveCampaignSubtype(99, "Nowhere"))


@pytest.mark.parametrize("who", ["ann", "lea", "mia", "pia", "eve", "tom"])
def test_only_administrators_change_them(do, world, who, engine):
    actor = getattr(world, who)
    for action, request in (
        (save_channel, CHANNEL),
        (save_reason, SaveReason("Another")),
        (save_template, TEMPLATE),
        (save_campaign_type, SaveCampaignType("X", Objective.RETENTION)),
        (save_campaign_subtype, SaveCampaignSubtype(1, "X")),
        (save_activity_subtype, SaveActivitySubtype(ActivityType.SALES, "X")),
        (save_action_type, SaveActionType("X", True)),
    ):
        with pytest.raises(NotAllowed):
            do(actor, action, request)
    with Session(engine) as session:
        kinds = set(session.scalars(select(Entry.kind)))
    assert kinds == {"request.refused"}


def test_what_was_saved_is_in_the_journal(do, world, engine):
    do(world.ada, save_channel, CHANNEL)

    with Session(engine) as session:
        [entry] = session.scalars(select(Entry))
        assert (entry.kind, entry.facts["what"], entry.facts["name"]) == (
            "reference.saved",
            "channel",
            "Letter",
        )
        assert entry.facts["terms"] == {"medium": "post", "action_type_id": 2}


def test_the_use_of_reasons_is_counted_from_their_index(ask, world, engine):
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        if "FROM activity" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ask(world.ada, reasons)
    event.remove(engine, "before_cursor_execute", note)

    [(statement, parameters)] = asked
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not sqlite:  # a table this small would be read as a whole
            connection.exec_driver_sql("SET enable_seqscan = off")
        how = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
    assert "ix_activity_reason_id" in str(plan)
