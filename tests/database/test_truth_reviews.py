"""Asking leads to look at reported conversions, what they find, and bursts."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.rules import Outcome
from core.impact.rules import Absent, Reason
from core.journal.model import Entry
from core.people.queries.working import working_times
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.model import Lead
from core.responses.rules import LeadStatus
from core.runs.model import Candidate
from core.truth.actions import AskForReview, RecordFinding, ask_for_review, record_finding
from core.truth.estimates import Score
from core.truth.model import Review
from core.truth.queries.findings import conversions
from core.truth.queries.reviews import reviews, reviews_wanted
from core.truth.queries.runs import truth
from core.truth.rules import Check, Finding, Standing, Window
from tests import world as w
from tests.making.results import candidates, crowd, finished_run
from tests.making.truth import ago, answered, day, held, known_until, reported

GENUINE, FALSE = Finding.GENUINE, Finding.FALSE


@pytest.fixture
def people(arrange):
    def make(session):
        known_until(session)
        return crowd(session, 200)

    return arrange(make)


@pytest.fixture
def run_id(arrange, people):
    """A hundred sales in each of two branches, ten of each without an opening; ann's and sam's."""

    def make(session):
        made = finished_run(session)
        reported(session, made, people)
        held(session, people[20:], day(45))
        answered(session, made, people[::2], ago(50), lead=LeadStatus.WON, person_id=1)
        answered(session, made, people[1::2], ago(50), lead=LeadStatus.WON, person_id=4)
        return made

    return arrange(make)


@pytest.fixture
def sample(engine):
    """Who is asked about: (customer, branch, at random), in order."""

    def look():
        columns = (Review.customer_id, Review.branch_id, Review.at_random)
        with Session(engine) as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]

    return look


class TestAsking:
    def test_asks_about_the_odd_and_about_some_at_random(self, do, world, run_id, sample, people):
        fact = do(world.mia, ask_for_review, AskForReview(run_id, 12))

        assert (fact.asked, fact.at_random, fact.branches) == (24, 12, 2)
        odd = {customer for customer, _, at_random in sample() if not at_random}
        assert len(odd) == 12
        assert odd < set(people[:20])
        for branch in (w.NORTH, w.SOUTH):
            assert sum(at == branch for _, at, _ in sample()) == 12

    def test_draws_the_same_again_and_goes_on_from_there(self, do, arrange, world, run_id, sample):
        do(world.mia, ask_for_review, AskForReview(run_id, 12))
        first = sample()
        arrange(lambda session: session.execute(Review.__table__.delete()))
        do(world.max, ask_for_review, AskForReview(run_id, 12))
        assert sample() == first

        fact = do(world.mia, ask_for_review, AskForReview(run_id, 40))

        assert fact.asked == 80
        assert set(first) < set(sample())
        # Eight that look false were left, and all others are drawn at random.
        assert sum(not at_random for _, _, at_random in sample()) == 20

    def test_is_journaled(self, do, engine, world, run_id):
        do(world.mia, ask_for_review, AskForReview(run_id, 3))

        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "review.asked"))
        assert entry.facts["asked"] == 6

    def test_nothing_left_is_refused(self, do, world, run_id):
        do(world.mia, ask_for_review, AskForReview(run_id, 200))

        with pytest.raises(Conflict, match="No reported conversion"):
            do(world.mia, ask_for_review, AskForReview(run_id, 200))

    @pytest.mark.parametrize("size", [0, 201, -1])
    def test_a_size_that_makes_no_sense(self, run_id, size):
        with pytest.raises(Invalid, match="1 to 200"):
            AskForReview(run_id, size)

    def test_others_may_not(self, do, world, run_id):
        for actor in (world.lea, world.eve, world.ann, world.pia):
            with pytest.raises(NotAllowed):
                do(actor, ask_for_review, AskForReview(run_id))
        with pytest.raises(NotFound):
            do(world.mia, ask_for_review, AskForReview(99))


class TestLooking:
    @pytest.fixture
    def asked(self, do, world, run_id):
        do(world.mia, ask_for_review, AskForReview(run_id, 12))

    def test_a_lead_sees_the_own_branch_by_name(self, ask, world, asked, people):
        found = ask(world.lea, reviews)

        assert found.total == ask(world.lea, reviews_wanted) == 12
        assert {row.person for row in found.rows} == {"Ann Example"}
        assert all(row.name.startswith("Crowd") for row in found.rows)
        assert {row.standing for row in found.rows} == {Standing.STANDS, Standing.NO_OPENING}
        assert not {row.customer_id for row in ask(world.lou, reviews).rows} & {
            row.customer_id for row in found.rows
        }

    def test_others_have_no_list(self, ask, world, asked):
        for actor in (world.mia, world.eve, world.ann, world.ada):
            for query in (reviews, reviews_wanted):
                with pytest.raises(NotAllowed):
                    ask(actor, query)

    def test_false_is_taken_out_and_genuine_puts_nothing_back(self, do, ask, world, asked, run_id):
        rows = ask(world.lea, reviews).rows
        stands = next(row for row in rows if row.standing is Standing.STANDS)
        missing = next(row for row in rows if row.standing is Standing.NO_OPENING)
        before = ask(world.mia, truth, run_id=run_id)

        do(world.lea, record_finding, RecordFinding(*stands.id, FALSE, "Nobody asked for it."))
        do(world.lea, record_finding, RecordFinding(*missing.id, GENUINE))

        found = ask(world.mia, truth, run_id=run_id)
        assert before.check == Check(stands=180, no_opening=20)
        assert found.check == Check(stands=179, no_opening=20, found_false=1)
        assert found.restated.numerator == before.restated.numerator - 1
        assert (found.looked.asked, found.looked.done, found.looked.false) == (24, 2, 1)
        assert ask(world.lea, reviews_wanted) == 10
        kept = {row.id: row for row in ask(world.lea, reviews, every=True).rows}
        assert kept[stands.id].note == "Nobody asked for it."
        assert kept[stands.id].standing is Standing.FOUND_FALSE

    def test_a_false_one_gives_its_opening_to_the_next(
        self, do, ask, arrange, world, asked, run_id
    ):
        row = next(r for r in ask(world.lea, reviews).rows if r.standing is Standing.STANDS)

        def make(session):
            other = finished_run(session)
            reported(session, other, [row.customer_id], contact=48)
            return other

        other = arrange(make)
        assert ask(world.mia, truth, run_id=other).check == Check(duplicate=1)

        do(world.lea, record_finding, RecordFinding(*row.id, FALSE, "It was the other campaign."))

        assert ask(world.mia, truth, run_id=other).check == Check(stands=1)

    def test_is_journaled_with_its_note(self, do, ask, engine, world, asked):
        row = ask(world.lea, reviews).rows[0]
        do(world.lea, record_finding, RecordFinding(*row.id, FALSE, "  Not signed. "))

        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "review.found"))
        assert entry.facts["finding"] == "false"
        assert entry.facts["note"] == "Not signed."

    def test_may_be_changed_by_who_saw_what_stood_there(self, do, ask, world, asked):
        row = ask(world.lea, reviews).rows[0]
        do(world.lea, record_finding, RecordFinding(*row.id, FALSE, "Not signed."))

        with pytest.raises(Conflict, match="found it false meanwhile"):
            do(world.lea, record_finding, RecordFinding(*row.id, GENUINE))
        do(world.lea, record_finding, RecordFinding(*row.id, GENUINE, seen=FALSE))

    @pytest.mark.parametrize(
        ("finding", "note", "why"),
        [(FALSE, " ", "why the sale is false"), (Finding.OPEN, "?", "genuine or false")],
    )
    def test_what_is_not_said(self, do, ask, world, asked, finding, note, why):
        row = ask(world.lea, reviews).rows[0]

        with pytest.raises(Invalid, match=why):
            do(world.lea, record_finding, RecordFinding(*row.id, finding, note))

    def test_another_branchs_or_unasked_sale_is_not_there(
        self, do, ask, world, asked, run_id, people
    ):
        south = ask(world.lou, reviews).rows[0]
        asked_about = {row.customer_id for row in ask(world.lea, reviews).rows}
        unasked = next(customer for customer in people[::2] if customer not in asked_about)
        for customer in (south.customer_id, unasked, 1):
            with pytest.raises(NotFound, match="not asked"):
                do(world.lea, record_finding, RecordFinding(run_id, customer, GENUINE))

    def test_nobody_looks_at_the_own_sale(self, do, ask, arrange, world, asked):
        row = ask(world.lea, reviews).rows[0]
        arrange(
            lambda session: session.execute(
                update(Lead).where(Lead.customer_id == row.customer_id).values(person_id=3)
            )
        )

        with pytest.raises(NotAllowed, match="reported this sale yourself"):
            do(world.lea, record_finding, RecordFinding(*row.id, GENUINE))

    def test_a_corrected_sale_is_not_looked_at_any_longer(self, do, ask, arrange, world, asked):
        row = ask(world.lea, reviews).rows[0]
        arrange(
            lambda session: session.execute(
                update(Candidate)
                .where(Candidate.customer_id == row.customer_id)
                .values(won_at=None)
            )
        )

        assert ask(world.lea, reviews).total == 11
        with pytest.raises(Conflict, match="not reported any longer"):
            do(world.lea, record_finding, RecordFinding(*row.id, GENUINE))

    def test_others_may_not_find(self, do, ask, world, asked):
        row = ask(world.lea, reviews).rows[0]
        for actor in (world.ann, world.mia, world.eve, world.ada):
            with pytest.raises(NotAllowed):
                do(actor, record_finding, RecordFinding(*row.id, GENUINE))


class TestTheOthers:
    def test_what_was_drawn_at_random_speaks_for_all(self, do, ask, world, run_id):
        do(world.mia, ask_for_review, AskForReview(run_id, 60))
        before = ask(world.mia, truth, run_id=run_id)
        assert before.extrapolated == Absent(Reason.TOO_FEW)
        rows = [row for row in ask(world.lea, reviews).rows if row.at_random]
        for place, row in enumerate(rows):
            finding = FALSE if place % 10 == 0 else GENUINE
            do(world.lea, record_finding, RecordFinding(*row.id, finding, "Looked."))

        found = ask(world.mia, truth, run_id=run_id)

        drawn = found.looked.drawn
        assert (drawn.numerator, drawn.denominator) == (5, 50)
        assert isinstance(found.extrapolated, Score)
        assert found.extrapolated.value == pytest.approx(180 / 200 * 45 / 50)
        assert found.extrapolated.interval.low < 0.81 < found.extrapolated.interval.high


class TestBursts:
    """Ann's customers say yes at their usual rate, and too often just before closing."""

    @pytest.fixture
    def closing(self, engine):
        with Session(engine) as session:
            return working_times(session, [w.NORTH])[w.NORTH].close_of(day(20))

    @pytest.fixture
    def run_id(self, arrange, people, closing):
        def make(session):
            made = finished_run(session)
            candidates(session, made, list(people[:160]), steps=4)
            for first, person, late in ((0, 1, 24), (80, 2, 4)):
                at = closing - timedelta(hours=4)
                own = people[first : first + 80]
                yes, no = own[:30], own[30:]
                answered(session, made, no[:45], at, outcome=Outcome.REFUSED, person_id=person)
                evening = closing - timedelta(minutes=20)
                answered(session, made, no[45:], evening, outcome=Outcome.REFUSED, person_id=person)
                for some, when in ((yes[:late], evening), (yes[late:], at)):
                    answered(session, made, some, when, lead=LeadStatus.WON, person_id=person)
                    session.execute(
                        update(Candidate)
                        .where(Candidate.customer_id.in_(some))
                        .values(reached_at=when, converted_at=when, won_at=when)
                    )
                held(session, yes, day(20))
            session.execute(update(Candidate).values(branch_id=w.NORTH))
            return made

        return arrange(make)

    def test_a_burst_is_found_and_the_usual_is_not(self, ask, world, run_id, closing):
        found = ask(world.mia, truth, run_id=run_id)

        closings = [burst for burst in found.bursts if burst.window is Window.CLOSING]
        assert {burst.person for burst in closings} == {"Ann Example", None}
        [ann] = [burst for burst in closings if burst.person_id == 1]
        assert (ann.conversions, ann.of) == (24, 30)
        assert ann.expected == pytest.approx(30 * 29 / 80)
        assert ann.p < 0.001
        assert {burst.window for burst in found.bursts} == {Window.CLOSING}

    def test_it_makes_conversions_look_odd_and_takes_none_out(self, ask, do, world, run_id, sample):
        found = ask(world.mia, truth, run_id=run_id)
        rows = ask(world.mia, conversions, run_id=run_id, suspicious=True).rows

        assert found.check == Check(stands=60)
        assert sum(row.in_burst for row in rows) == len(rows) == 28
        do(world.mia, ask_for_review, AskForReview(run_id, 20))
        assert sum(not at_random for _, _, at_random in sample()) == 10

    def test_people_are_named_to_those_who_see_them(self, ask, world, run_id):
        for actor, named in ((world.mia, True), (world.lea, True), (world.eve, False)):
            found = ask(actor, truth, run_id=run_id).bursts
            assert any(burst.person for burst in found) is named
            assert any(burst.person_id for burst in found)

    def test_the_last_days_of_the_run(self, ask, arrange, world, people):
        def make(session):
            made = finished_run(session)
            candidates(session, made, list(people[:100]), steps=4)
            answered(session, made, people[30:90], ago(20), outcome=Outcome.REFUSED)
            answered(session, made, people[90:100], ago(2), outcome=Outcome.REFUSED)
            for some, days in ((people[:5], 20), (people[5:30], 2)):
                answered(session, made, some, ago(days), lead=LeadStatus.WON)
                session.execute(
                    update(Candidate)
                    .where(Candidate.customer_id.in_(some))
                    .values(converted_at=ago(days), won_at=ago(days))
                )
            return made

        found = ask(world.mia, truth, run_id=arrange(make)).bursts

        assert {burst.window for burst in found} == {Window.PERIOD_END}
