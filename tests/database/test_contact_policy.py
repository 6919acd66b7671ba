from dataclasses import replace
from datetime import UTC, timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.actions.policy import (
    DropSegmentTerms,
    SetContactPolicy,
    SetSegmentTerms,
    drop_segment_terms,
    set_contact_policy,
    set_segment_terms,
)
from core.campaigns.caps import contact_cap, quiet_until
from core.campaigns.model import ContactPolicy
from core.campaigns.queries.policy import contact_policy
from core.campaigns.rules import ContactRules, ContactTerms, Exclusion
from core.customers.model import CustomerState
from core.database import room_for_sets
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Excluded
from core.runs.queries import capping
from core.runs.queries.held import held_by_segment, held_customers, held_summary
from core.runs.queries.simulating import simulate, simulate_runs, simulate_segments
from core.runs.rules import Hold
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
from core.segments.model import Segment
from core.work import changing, rehearsing
from tests.conftest import NOW
from tests.making.campaigns import approved_design, segment
from tests.making.contacts import FOREVER, Past, judged, pasts, prepare, remember, terms
from tests.making.runs import planned_run

USUAL = ContactTerms(3, 90, 90)
RARELY = ContactTerms(1, 30, 120)
CUSTOMERS = range(1, 7)
ALL = {"field": "active", "is": "=", "value": True}


@pytest.fixture
def owners(arrange):
    """A segment that may get terms of its own."""
    return arrange(lambda session: segment(session, "owners"))


class TestSaving:
    def test_the_bank_has_one_policy_and_segments_their_own(self, do, ask, world, owners):
        do(world.ada, set_contact_policy, SetContactPolicy(ContactTerms(2, 30, 60), 1))
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 2))

        found = ask(world.mia, contact_policy)
        assert found.version == 3
        assert found.rules == ContactRules(ContactTerms(2, 30, 60), ((owners, RARELY),))
        assert [(each.segment, each.terms) for each in found.segments] == [("Owners", RARELY)]

    def test_terms_of_a_segment_change_and_go(self, do, ask, world, owners):
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 1))
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, USUAL, 2))
        assert ask(world.ada, contact_policy).rules.overrides == ((owners, USUAL),)

        do(world.ada, drop_segment_terms, DropSegmentTerms(owners, 3))
        assert ask(world.ada, contact_policy).rules == ContactRules(USUAL)

    def test_a_bank_without_a_policy_gets_one(self, do, ask, arrange, world, owners):
        arrange(lambda session: session.delete(session.get_one(ContactPolicy, 1)))
        with pytest.raises(Invalid, match="bank's terms first"):
            do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 0))

        do(world.ada, set_contact_policy, SetContactPolicy(USUAL, 0))
        assert ask(world.ada, contact_policy).rules == ContactRules(USUAL)

    def test_the_journal_knows_what_it_was(self, do, engine, world, owners):
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 1))

        with Session(engine) as session:
            [entry] = session.scalars(select(Entry))
        assert (entry.kind, entry.facts["name"]) == ("reference.saved", "Owners")
        now = {"most_contacts": 1, "period_days": 30, "quiet_days": 120}
        assert entry.facts["terms"] == {"before": None, "now": now}

    @pytest.mark.parametrize("numbers", [(-1, 1, 1), (1, 0, 1), (1, 1, -1), (1, 99_999, 1)])
    def test_refuses_what_makes_no_policy(self, numbers):
        with pytest.raises(Invalid):
            ContactTerms(*numbers)

    def test_only_a_segment_may_never_be_contacted(self, do, world, owners):
        nothing = ContactTerms(0, 90, 0)
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, nothing, 1))
        with pytest.raises(Invalid, match="at least one contact"):
            do(world.ada, set_contact_policy, SetContactPolicy(nothing, 2))

    def test_the_second_of_two_administrators_is_told(self, do, world, engine, owners):
        do(world.ada, set_contact_policy, SetContactPolicy(ContactTerms(2, 30, 60), 1))

        for action, request in (
            (set_contact_policy, SetContactPolicy(USUAL, 1)),
            (set_contact_policy, SetContactPolicy(USUAL, 0)),
            (set_segment_terms, SetSegmentTerms(owners, RARELY, 1)),
            (drop_segment_terms, DropSegmentTerms(owners, 1)),
        ):
            with pytest.raises(Conflict, match="changed by somebody else"):
                do(world.ada, action, request)
        with Session(engine) as session:
            assert session.get_one(ContactPolicy, 1).version == 2

    def test_refuses_segments_that_cannot_have_terms(self, do, arrange, world, owners):
        gone = arrange(lambda session: segment(session, "gone", is_retired=True))
        with pytest.raises(NotFound, match="no such segment"):
            do(world.ada, set_segment_terms, SetSegmentTerms(999, RARELY, 1))
        with pytest.raises(Invalid, match="out of use"):
            do(world.ada, set_segment_terms, SetSegmentTerms(gone, RARELY, 1))
        with pytest.raises(NotFound, match="bank's terms already"):
            do(world.ada, drop_segment_terms, DropSegmentTerms(owners, 1))

    @pytest.mark.parametrize("who", ["ann", "lea", "mia", "pia", "eve", "tom"])
    def test_only_administrators_save(self, do, world, owners, who):
        for action, request in (
            (set_contact_policy, SetContactPolicy(USUAL, 1)),
            (set_segment_terms, SetSegmentTerms(owners, RARELY, 1)),
            (drop_segment_terms, DropSegmentTerms(owners, 1)),
        ):
            with pytest.raises(NotAllowed):
                do(getattr(world, who), action, request)

    def test_a_segment_with_terms_stays_in_use(self, do, world, owners):
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 1))
        with pytest.raises(Invalid, match="the contact policy"):
            do(world.mia, retire_segment, RetireSegment(owners, 1))

    def test_a_segment_that_broke_is_named(self, do, arrange, ask, world, owners):
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 1))

        def break_it(session):
            session.get_one(Segment, owners).rule = {"holds": {"product": "gone"}}
            return planned_run(session)

        run_id = arrange(break_it)
        with pytest.raises(Invalid, match=r"can't be meant any more.*Mend the segment"):
            do(world.mia, select_candidates, SelectCandidates(run_id))
        policy = ask(world.ada, contact_policy)
        assert policy.segments[0].problem
        # Nothing else stands still for it: what would change is shown, and the terms can go.
        tried = policy.rules.with_override(owners, None)
        assert ask(world.ada, simulate, rules=tried).newly_held == 0
        assert ask(world.ada, held_summary)
        do(world.ada, drop_segment_terms, DropSegmentTerms(owners, 2))

    def test_its_customers_stay_those_whom_the_terms_were_given_for(
        self, do, arrange, world, owners
    ):
        do(world.ada, set_segment_terms, SetSegmentTerms(owners, RARELY, 1))
        wider = ChangeSegment(owners, 1, "Everybody", {"all": []})

        with pytest.raises(Invalid, match="contact terms of its own"):
            do(world.mia, change_segment, wider)

        arrange(lambda s: setattr(s.get_one(Segment, owners), "rule", {"holds": {"product": "x"}}))
        do(world.mia, change_segment, replace(wider, version=2))  # whoever may mends a broken one

    def test_so_do_those_of_a_segment_that_comes_to_another(self, do, world, owners):
        listed = ListSegment("few", "Few", ["C1", "C2"])
        few = do(world.mia, list_segment, listed).segment_id
        between = {"any": [{"segment": "owners"}, {"segment": "few"}]}
        do(world.mia, define_segment, DefineSegment("either", "Either", between))
        rare = DefineSegment("rare", "Rarely asked", {"segment": "either"})
        with_terms = do(world.mia, define_segment, rare).segment_id
        do(world.ada, set_segment_terms, SetSegmentTerms(with_terms, RARELY, 1))
        wider = ChangeSegment(owners, 1, "Everybody", {"all": []})
        other = replace(listed, customer_numbers=["C3"])

        with pytest.raises(Invalid, match="decides who is in Rarely asked, which has contact"):
            do(world.mia, change_segment, wider)
        with pytest.raises(Invalid, match="decides who is in Rarely asked, which has contact"):
            do(world.mia, list_segment, other)

        do(world.ada, drop_segment_terms, DropSegmentTerms(with_terms, 2))
        do(world.ada, set_segment_terms, SetSegmentTerms(few, RARELY, 3))
        with pytest.raises(Invalid, match="“Few” has contact terms of its own"):
            do(world.mia, list_segment, other)
        do(world.mia, change_segment, wider)  # what refers to nothing with terms is free
        do(SYSTEM, list_segment, other)  # as is who may change the terms themselves

    def test_of_two_first_policies_one_is_kept(self, do, arrange, world):
        arrange(lambda s: s.delete(s.get_one(ContactPolicy, 1)))
        first = SetContactPolicy(ContactTerms(2, 30, 60), 0)
        do(world.ada, set_contact_policy, first)

        with pytest.raises(Conflict):
            do(world.ada, set_contact_policy, first)


class TestJudging:
    @pytest.fixture
    def segments(self, arrange):
        def prepared(session):
            found = prepare(session, CUSTOMERS)
            everybody = segment(session, "everybody", rule=ALL)
            design_id = approved_design(session, code="NOW", rule=ALL, segment_id=everybody)
            return found, planned_run(session, design_id, code="NOW")

        return arrange(prepared)

    @settings(
        max_examples=20,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        past=st.lists(pasts, min_size=len(CUSTOMERS), max_size=len(CUSTOMERS)),
        of_bank=terms(1),
        own=st.lists(st.one_of(st.none(), terms(0)), min_size=2, max_size=2),
        looked_up=st.sampled_from([0, 100]),
    )
    def test_says_what_a_person_would_say(self, engine, segments, past, of_bank, own, looked_up):
        """Selection, forecast, list, counts, reach and simulation agree with a look by hand."""
        own_segments, run_id = segments
        pasts_of = dict(zip(CUSTOMERS, past, strict=True))
        expected = {id_: judged(each, of_bank, own) for id_, each in pasts_of.items()}
        held = {id_ for id_, each in expected.items() if each.reason}
        pairs = [(s, t) for s, t in zip(own_segments, own, strict=True) if t is not None]
        few = dict.fromkeys(capping.LOOKED_UP, looked_up)
        with rehearsing(engine, SYSTEM, now=NOW) as work, patch.dict(capping.LOOKED_UP, few):
            remember(work.session, own_segments, pasts_of)
            tried = ContactRules(of_bank, tuple(pairs))
            foreseen = simulate(work, rules=tried)
            changes = {each.id: each for each in simulate_segments(work, rules=tried)}
            of_runs = {each.id: each for each in simulate_runs(work, rules=tried).runs}
            set_contact_policy(work, SetContactPolicy(of_bank, 1))
            for version, (segment_id, each) in enumerate(pairs, start=2):
                set_segment_terms(work, SetSegmentTerms(segment_id, each, version))

            for of_many in (True, False):
                [(_, capped)] = contact_cap(work, of_many=of_many)
                assert held == set(
                    work.session.scalars(select(CustomerState.customer_id).where(capped))
                )
            rows = {row.id: row for row in held_customers(work).rows}
            told = held_summary(work)
            told_by_segment = {each.segment_id: each for each in held_by_segment(work)}
            quiet = {id_: quiet_until(work, id_) for id_ in CUSTOMERS}
            again = simulate(work, rules=tried)
            select_candidates(work, SelectCandidates(run_id))
            out = set(
                work.session.scalars(
                    select(Excluded.customer_id).where(
                        Excluded.run_id == run_id, Excluded.reason == Exclusion.CONTACT_CAP
                    )
                )
            )

        assert set(rows) == held == out
        assert foreseen.after == told.held == len(held)
        assert foreseen.before + foreseen.newly_held - foreseen.newly_free == len(held)
        assert (again.before, again.newly_held, again.newly_free) == (len(held), 0, 0)
        for place, segment_id in enumerate(own_segments):
            inside = {id_ for id_, each in pasts_of.items() if place in each.segments}
            counted = changes[segment_id]
            assert (counted.customers, counted.after) == (len(inside), len(inside & held))
            told_of = told_by_segment[segment_id]
            assert (told_of.customers, told_of.held) == (len(inside), len(inside & held))
        assert of_runs[run_id].after == 14 - len(held)  # one holds the product already
        for id_ in held:
            row, found = rows[id_], expected[id_]
            until = (
                None if found.days == FOREVER else NOW.astimezone(UTC) + timedelta(days=found.days)
            )
            assert (row.reason, row.until, row.contacts) == (
                found.reason,
                until,
                found.contacts or None,
            )
            if found.reason is Hold.QUIET_PERIOD:
                assert quiet[id_] == until

    def test_longer_quiet_days_of_a_segment_hold_its_active_customers(self, engine, segments):
        [few, _others], _run_id = segments
        refused = Past((), None, None, refused=50, segments=frozenset({0}))
        short, longer = ContactTerms(3, 30, 10), ContactTerms(3, 30, 90)
        with rehearsing(engine, SYSTEM, now=NOW) as work:
            remember(work.session, [few], dict.fromkeys((1, 2, 3), refused))
            gone = update(CustomerState).where(CustomerState.customer_id == 3)
            work.session.execute(gone.values(is_active=False))
            set_contact_policy(work, SetContactPolicy(short, 1))
            tried = ContactRules(short, ((few, longer),))
            told = simulate(work, rules=tried)
            changes = {each.id: each for each in simulate_segments(work, rules=tried)}

        assert (told.before, told.after) == (0, 2)
        assert (changes[few].customers, changes[few].before, changes[few].after) == (2, 0, 2)

    def test_a_customer_is_free_at_the_moment_that_was_told(self, engine, do, ask, world, segments):
        own_segments, _run_id = segments
        with changing(engine, SYSTEM, now=NOW) as work:
            remember(work.session, own_segments, {})
            work.session.execute(
                update(CustomerState)
                .where(CustomerState.customer_id == 3)
                .values(last_contact_at=NOW - timedelta(days=10, minutes=7))
            )
            set_contact_policy(work, SetContactPolicy(ContactTerms(1, 30, 0), 1))
        [row] = ask(world.mia, held_customers).rows

        before = row.until - timedelta(microseconds=1)
        assert ask(world.mia, held_customers, now=before.astimezone(NOW.tzinfo)).total == 1
        assert ask(world.mia, held_customers, now=row.until.astimezone(NOW.tzinfo)).total == 0


@pytest.mark.parametrize(("usual", "then"), [("4MB", "64MB"), ("64MB", "64MB"), ("256MB", "256MB")])
def test_there_is_room_for_sets_until_the_end_and_never_less_than_usual(engine, usual, then):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no such limit.")
    room = text("SHOW work_mem")
    with Session(engine) as session:
        before = session.scalar(room)
        session.execute(text(f"SET LOCAL work_mem = '{usual}'"))
        room_for_sets(session, 64)
        assert session.scalar(room) == then
        session.commit()
        assert session.scalar(room) == before
