"""What people do with segments: define, change, list, retire; and who may."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.campaigns.rules import DesignStatus
from core.journal.model import Entry, Subject
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    RetireSegment,
    change_segment,
    define_segment,
    list_segment,
    retire_segment,
)
from core.segments.criteria import InvalidRule
from core.segments.model import Segment
from core.segments.queries import (
    count,
    matching_sample,
    segment,
    segments,
    sentence,
    vocabulary,
)
from core.segments.rules import SegmentKind
from tests import world as bank
from tests.making.campaigns import RULE, approved_design

SAVERS = {"holds": {"product": "savings"}}
ASK = DefineSegment("savers", "Savers", SAVERS, "Those who save")
LIST = ListSegment("vip", "VIP", ["C1", " C2 ", "C2", "nobody", ""])


def facts(engine, kind):
    with Session(engine) as session:
        return [e.facts for e in session.scalars(select(Entry).where(Entry.kind == kind))]


@pytest.fixture
def savers(do, world):
    return do(world.mia, define_segment, ASK).segment_id


class TestDefine:
    def test_keeps_the_rule_and_journals_its_sentence(self, do, ask, world, engine):
        fact = do(world.mia, define_segment, ASK)

        kept = ask(world.mia, segment, segment_id=fact.segment_id)
        assert (kept.code, kept.rule, kept.members) == ("savers", SAVERS, 1)
        assert kept.says == "Customers who hold the product Savings account."
        assert (kept.author, kept.version, kept.kind) == ("Mia Example", 1, SegmentKind.DYNAMIC)
        [remembered] = facts(engine, "segment.defined")
        assert remembered["says"] == kept.says
        with Session(engine) as session:
            assert session.scalars(select(Subject.name)).all() == [f"segment:{kept.id}"]

    @pytest.mark.usefixtures("savers")
    def test_refuses_a_code_that_is_taken(self, do, world):
        with pytest.raises(Invalid, match="taken by “Savers”"):
            do(world.max, define_segment, replace(ASK, name="Others"))

    def test_refuses_a_rule_that_cannot_be_meant(self, do, ask, world):
        with pytest.raises(InvalidRule, match="Did you mean"):
            do(world.mia, define_segment, replace(ASK, rule={"holds": {"product": "saving"}}))
        assert ask(world.mia, segments) == []

    @pytest.mark.parametrize("wrong", [{"code": " "}, {"name": ""}])
    def test_refuses_to_be_nameless(self, wrong):
        with pytest.raises(Invalid, match="a code and a name"):
            replace(ASK, **wrong)

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_needs_the_right(self, do, world, who, engine):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), define_segment, ASK)
        assert len(facts(engine, "request.refused")) == 1


class TestChange:
    def test_keeps_what_was_before_in_the_journal(self, do, ask, world, savers, engine):
        rule = {"segment": "savers"}
        do(world.mia, define_segment, DefineSegment("both", "Both", rule))

        do(world.max, change_segment, ChangeSegment(savers, 1, "Non-savers", {"none": [SAVERS]}))

        kept = ask(world.mia, segment, segment_id=savers)
        assert (kept.name, kept.rule, kept.members) == ("Non-savers", {"none": [SAVERS]}, 14)
        assert kept.version > 1
        assert ask(world.mia, count, rule=rule) == 14  # what refers to it follows
        [remembered] = facts(engine, "segment.changed")
        assert remembered["before"] == SAVERS

    def test_of_two_editors_the_second_is_told(self, do, ask, world, savers):
        do(world.mia, change_segment, ChangeSegment(savers, 1, "Mine", SAVERS))

        with pytest.raises(Conflict, match="changed by somebody else"):
            do(world.max, change_segment, ChangeSegment(savers, 1, "Yours", SAVERS))
        assert ask(world.mia, segment, segment_id=savers).name == "Mine"

    def test_stays_as_an_approver_sees_it(self, do, world, savers, engine):
        about = do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        with Session(engine) as session, session.begin():
            approved_design(session, segment_id=about.segment_id, status=DesignStatus.SUBMITTED)

        change = ChangeSegment(savers, 1, "Savers", {"none": [SAVERS]})
        with pytest.raises(Invalid, match="Campaign X version 1"):
            do(world.mia, change_segment, change)

        do(world.mia, change_segment, replace(change, name="Renamed", rule=SAVERS))

    def test_stays_as_an_approver_sees_who_is_left_out(self, do, world, savers, engine):
        with Session(engine) as session, session.begin():
            approved_design(session, exclusion_segment_id=savers, status=DesignStatus.SUBMITTED)

        with pytest.raises(Invalid, match="Campaign X version 1"):
            do(world.mia, change_segment, ChangeSegment(savers, 1, "Savers", {"none": [SAVERS]}))

    def test_refuses_to_close_a_circle(self, do, world, savers):
        do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))

        with pytest.raises(InvalidRule, match="Savers → More → Savers"):
            do(world.mia, change_segment, ChangeSegment(savers, 1, "S", {"segment": "more"}))

    def test_refuses_a_rule_without_any_and_an_unknown_segment(self, do, world, savers):
        with pytest.raises(Invalid, match="needs a rule"):
            do(world.mia, change_segment, ChangeSegment(savers, 1, "S", None))
        with pytest.raises(NotFound):
            do(world.mia, change_segment, ChangeSegment(99, 1, "S", SAVERS))


class TestList:
    def test_takes_the_numbers_it_knows_and_tells_the_rest(self, do, ask, world):
        fact = do(world.mia, list_segment, LIST)

        assert (fact.members, fact.unknown) == (2, ("nobody",))
        assert ask(world.mia, count, rule={"segment": "vip"}) == 2
        assert ask(world.mia, segment, segment_id=fact.segment_id).members == 2

    def test_replaces_the_list_of_the_same_code(self, do, ask, world):
        do(world.mia, list_segment, LIST)
        do(world.mia, list_segment, replace(LIST, customer_numbers=["C9"]))

        assert ask(world.mia, count, rule={"segment": "vip"}) == 1

    @pytest.mark.parametrize("status", [DesignStatus.SUBMITTED, DesignStatus.APPROVED])
    def test_stays_as_it_was_agreed_to(self, do, ask, world, engine, status):
        listed = do(world.mia, list_segment, LIST)
        with Session(engine) as session, session.begin():
            approved_design(session, segment_id=listed.segment_id, status=status)

        with pytest.raises(Invalid, match="another code"):
            do(world.mia, list_segment, replace(LIST, customer_numbers=["C3"]))

        assert ask(world.mia, segment, segment_id=listed.segment_id).members == 2

    @pytest.mark.parametrize("status", [DesignStatus.SUBMITTED, DesignStatus.APPROVED])
    def test_stays_who_was_agreed_to_leave_out(self, do, ask, world, engine, status):
        listed = do(world.mia, list_segment, LIST)
        about = do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "vip"}))
        with Session(engine) as session, session.begin():
            approved_design(session, exclusion_segment_id=about.segment_id, status=status)

        with pytest.raises(Invalid, match="Campaign X version 1"):
            do(world.mia, list_segment, replace(LIST, customer_numbers=["C3"]))

        assert ask(world.mia, segment, segment_id=listed.segment_id).members == 2

    @pytest.mark.parametrize("part", ["rule", "exclusion"])
    def test_stays_while_a_frozen_rule_names_it(self, do, ask, world, engine, part):
        """The segment that brought the list in has changed since; what was frozen has not."""
        listed = do(world.mia, list_segment, LIST)
        with Session(engine) as session, session.begin():
            frozen = {"rule": RULE, "exclusion": None} | {part: {"any": [{"segment": "vip"}]}}
            approved_design(session, frozen=frozen)

        with pytest.raises(Invalid, match="Campaign X version 1"):
            do(world.mia, list_segment, replace(LIST, customer_numbers=["C3"]))
        with pytest.raises(Invalid, match="still used by: Campaign X version 1"):
            do(world.mia, retire_segment, RetireSegment(listed.segment_id, 1))

    def test_refuses_a_list_of_nobody(self, do, ask, world):
        with pytest.raises(Invalid, match="No customer has any of these"):
            do(world.mia, list_segment, replace(LIST, customer_numbers=["x"]))
        assert ask(world.mia, segments) == []
        for wrong in ([], [" "], ["C\x001"]):
            with pytest.raises(Invalid):
                replace(LIST, customer_numbers=wrong)

    @pytest.mark.usefixtures("savers")
    def test_refuses_to_overwrite_a_rule(self, do, world):
        with pytest.raises(Invalid, match="is a rule, not a list"):
            do(world.mia, list_segment, replace(LIST, code="savers"))


class TestRetire:
    def test_takes_it_off_the_list(self, do, ask, world, savers):
        do(world.mia, retire_segment, RetireSegment(savers, 1))

        assert ask(world.mia, segments) == []
        assert [row.is_retired for row in ask(world.mia, segments, with_retired=True)] == [True]
        with pytest.raises(InvalidRule, match="retired"):
            ask(world.mia, count, rule={"segment": "savers"})

    def test_refuses_while_a_segment_uses_it(self, do, world, savers):
        do(
            world.mia,
            define_segment,
            DefineSegment("more", "More", {"none": [{"segment": "savers"}]}),
        )

        with pytest.raises(Invalid, match="still used by: More"):
            do(world.mia, retire_segment, RetireSegment(savers, 1))

    def test_refuses_while_a_design_uses_it(self, do, world, engine):
        with Session(engine) as session, session.begin():
            approved_design(session)
            used = session.scalar(select(Segment.id))

        with pytest.raises(Invalid, match="Campaign X version 1"):
            do(world.mia, retire_segment, RetireSegment(used, 1))

    def test_tells_when_it_is_retired_already(self, do, world, savers):
        do(world.mia, retire_segment, RetireSegment(savers, 1))
        with pytest.raises(Conflict, match="was retired"):
            do(world.mia, retire_segment, RetireSegment(savers, 2))


class TestLooking:
    def test_a_sample_is_masked_for_whoever_designs(self, ask, world):
        rows = ask(world.mia, matching_sample, rule=SAVERS)

        assert [(row.name, row.customer_no) for row in rows] == [("C••• 0••• E•••", "••••C7")]
        [seen] = ask(SYSTEM, matching_sample, rule=SAVERS)
        assert seen.name == "Customer 07 Example"

    def test_scope_limits_counts_and_samples(self, ask, world):
        north = replace(world.mia, scope=Scope(unit_ids=(bank.NORTH,)))

        assert ask(north, count, rule={"all": []}) == 10
        assert len(ask(north, matching_sample, rule={"all": []}, limit=50)) == 10

    @pytest.mark.parametrize("query", [count, matching_sample, sentence])
    def test_agents_may_not_count(self, ask, world, query):
        with pytest.raises(NotAllowed):
            ask(world.ann, query, rule=SAVERS)

    def test_the_words_of_the_bank(self, ask, world):
        known = ask(world.mia, vocabulary)

        assert known.units["R1"].ids == (bank.REGION, bank.NORTH, bank.SOUTH)
        assert known.products["insurance"].bit is None
        with pytest.raises(NotFound):
            ask(world.mia, segment, segment_id=1)
