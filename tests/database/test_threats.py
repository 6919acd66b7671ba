from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design
from core.campaigns.queries import design as design_sheet
from core.campaigns.rules import Metric, Objective
from core.customers.model import CustomerState, Holding
from core.customers.state import refresh_products
from core.database import id_set
from core.impact.actions import AnalyseRun, analyse_run
from core.journal.model import Entry, Subject
from core.market.actions.competitors import AddCompetitor, add_competitor
from core.market.actions.pricing import SetProductRate, set_product_rate
from core.market.actions.recording import RecordMove, record_move
from core.market.actions.threats import (
    DismissThreat,
    FindThreats,
    NoteThreat,
    dismiss_threat,
    find_threats,
    note_threat,
)
from core.market.actions.watching import RetireWatch, SetWatch, retire_watch, set_watch
from core.market.model import CompetitorMove, Threat
from core.market.queries.exposure import exposed_customers
from core.market.queries.matching import FRESH_DAYS, matches, stakes
from core.market.queries.watches import watches
from core.market.rules import ConclusionKind, MoveKind, Side, ThreatStatus
from core.passing import pass_time
from core.portfolio.actions.answering import AnswerThreat, answer_threat
from core.portfolio.queries import brief_of
from core.portfolio.queries.threats import threat, threats, unanswered
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Run
from core.segments.queries import count
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

TODAY = NOW.date()
WATCH = SetWatch(w.CURRENT, w.BANK, "savings", Side.DEPOSIT, 0.5)
OURS = SetProductRate(w.CURRENT, w.BANK, Side.DEPOSIT, "savings", 3.0, TODAY - timedelta(days=200))


@pytest.fixture
def competitor(do, world):
    return do(world.mia, add_competitor, AddCompetitor("Harbour")).competitor_id


@pytest.fixture
def offer(competitor):
    """Half a point better than ours, in the north."""
    return RecordMove(
        competitor,
        TODAY - timedelta(days=3),
        MoveKind.RATE_CHANGE,
        "savings",
        "Pocket Pot",
        side=Side.DEPOSIT,
        old_value=3.1,
        new_value=3.5,
        unit_id=w.NORTH,
    )


@pytest.fixture
def watched(do, world, arrange):
    """A watch over current accounts, which bear 3 % and hold 100 each."""
    do(world.mia, set_product_rate, OURS)
    arrange(
        lambda s: s.execute(
            update(Holding).where(Holding.product_id == w.CURRENT).values(balance=Decimal(100))
        )
    )
    return do(world.mia, set_watch, WATCH).watch_id


@pytest.fixture
def threatened(do, world, watched, offer):
    do(world.mia, record_move, offer)
    return do(world.mia, find_threats, FindThreats()).threat_ids[0]


def rows(ask, actor, **filters):
    return ask(actor, threats, window=Window(), **filters).rows


class TestFinding:
    def test_an_offer_half_a_point_above_ours_exposes_the_holders_of_its_region(
        self, ask, world, threatened
    ):
        found = ask(world.mia, threat, threat_id=threatened)
        listed = ask(world.mia, exposed_customers, threat_id=threatened, window=Window(size=100))

        # Of the ten of the north the eighth holds no current account.
        assert {row.id for row in listed.rows} == {1, 2, 3, 4, 5, 6, 7, 9, 10}
        assert (found.customers, found.balance) == (9, Decimal(900))
        assert sum(row.balance for row in listed.rows) == found.balance
        assert (found.our_rate, found.their_rate, found.gap) == (3.0, 3.5, 0.5)
        assert (found.competitor, found.region, found.status) == ("Harbour", "North", "open")

    def test_who_left_or_closed_the_account_is_not_exposed(
        self, do, ask, world, watched, offer, arrange
    ):
        arrange(
            lambda s: (
                s.execute(
                    update(CustomerState)
                    .where(CustomerState.customer_id == 1)
                    .values(is_active=False)
                ),
                s.execute(update(Holding).where(Holding.customer_id == 2).values(closed_on=TODAY)),
                refresh_products(s, customer_ids=id_set(s.get_bind().dialect.name, [2])),
            )
        )
        do(world.mia, record_move, offer)

        do(world.mia, find_threats, FindThreats())

        assert rows(ask, world.mia)[0].customers == 7

    def test_what_was_counted_a_moment_ago_is_kept_and_the_rest_waits(
        self, do, ask, world, watched, offer
    ):
        do(world.mia, record_move, replace(offer, unit_id=w.NORTH))
        counted = ask(world.mia, stakes)
        do(world.mia, record_move, replace(offer, unit_id=None, new_value=3.9))

        do(world.mia, find_threats, FindThreats(counted))
        assert [(row.region, row.customers) for row in rows(ask, world.mia)] == [("North", 9)]
        with pytest.raises(Conflict, match="anew"):
            do(world.mia, find_threats, FindThreats(counted))
        do(world.mia, find_threats, FindThreats(ask(world.mia, stakes)))
        assert {row.region for row in rows(ask, world.mia)} == {"North", "The Bank"}

    def test_an_offer_that_holds_everywhere_exposes_everybody(self, do, ask, world, watched, offer):
        do(world.mia, record_move, replace(offer, unit_id=None))

        do(world.mia, find_threats, FindThreats())

        assert [(row.region, row.customers) for row in rows(ask, world.mia)] == [("The Bank", 14)]

    @pytest.mark.parametrize(
        "less",
        [
            {"new_value": 3.49},  # a hair less than the threshold
            {"product_category": "mortgage"},
            {"side": Side.LENDING},
            {"moved_on": TODAY - timedelta(days=FRESH_DAYS + 1)},
            {"quality_flag": "read from a poster"},
            {"kind": MoveKind.RATE_REMOVED, "new_value": None},
        ],
    )
    def test_what_is_no_better_or_no_fact_threatens_nobody(
        self, do, ask, world, watched, offer, less
    ):
        do(world.mia, record_move, replace(offer, **less))

        with pytest.raises(Conflict, match="anew"):
            do(world.mia, find_threats, FindThreats())

        assert not rows(ask, world.mia)

    def test_an_offer_on_what_nobody_holds_drafts_nothing(self, do, ask, world, offer):
        do(world.mia, set_product_rate, replace(OURS, product_id=w.GOLD))
        do(world.mia, set_watch, replace(WATCH, product_id=w.GOLD))
        do(world.mia, record_move, offer)

        with pytest.raises(Conflict):
            do(world.mia, find_threats, FindThreats())

        assert not rows(ask, world.mia)

    def test_without_a_rate_of_ours_there_is_no_gap(self, do, ask, world, offer):
        do(world.mia, set_watch, WATCH)
        do(world.mia, record_move, offer)

        assert not ask(world.mia, matches)

    def test_a_loan_is_threatened_by_a_lower_rate(self, do, ask, world, offer):
        do(world.mia, set_product_rate, replace(OURS, side=Side.LENDING))
        do(world.mia, set_watch, replace(WATCH, side=Side.LENDING))
        loan = replace(offer, side=Side.LENDING, new_value=2.5)
        do(world.mia, record_move, loan)

        assert [match.theirs for match in ask(world.mia, matches)] == [2.5]

        # A later rate on the same terms takes the earlier one's place, and is worse than ours.
        do(world.mia, record_move, replace(loan, moved_on=TODAY, new_value=3.9))

        assert not ask(world.mia, matches)

    def test_an_offer_that_was_taken_back_threatens_nobody(self, do, ask, world, watched, offer):
        do(world.mia, record_move, offer)
        do(
            world.mia,
            record_move,
            replace(
                offer,
                kind=MoveKind.PRODUCT_WITHDRAWN,
                moved_on=TODAY,
                side=None,
                old_value=None,
                new_value=None,
            ),
        )

        assert not ask(world.mia, matches)

    def test_our_rate_of_the_region_decides(self, do, ask, world, watched, offer):
        do(world.mia, set_product_rate, replace(OURS, unit_id=w.NORTH, rate=3.2))
        do(world.mia, record_move, offer)

        assert not ask(world.mia, matches)

    def test_looking_again_finds_nothing_new_until_the_offer_is_better(
        self, do, ask, engine, world, threatened, offer
    ):
        with pytest.raises(Conflict):
            do(world.mia, find_threats, FindThreats())

        do(world.mia, record_move, replace(offer, moved_on=TODAY, new_value=3.8))
        do(world.mia, find_threats, FindThreats())

        better, earlier = rows(ask, world.mia)
        assert (better.gap, better.status) == (0.8, "open")
        assert (earlier.gap, earlier.status) == (0.5, "dismissed")
        assert earlier.reason == "Overtaken: Harbour offers 3.8 % by now"
        with Session(engine) as session:
            told = session.scalars(
                select(Entry.kind)
                .join(Subject, Subject.entry_id == Entry.id)
                .where(Subject.name == f"threat:{threatened}")
            ).all()
        assert told == ["threats.found", "threats.found"]

    @pytest.mark.parametrize(("corrected", "found"), [(3.8, 1), (3.4, 0)])
    def test_a_move_that_its_feed_corrects_is_told_anew_if_it_is_worse_for_us(
        self, do, ask, world, threatened, arrange, corrected, found
    ):
        arrange(lambda s: s.execute(update(CompetitorMove).values(new_value=corrected)))

        assert len(ask(world.mia, matches)) == found

    def test_an_offer_is_not_told_again_on_its_last_fresh_day(self, do, ask, world, watched, offer):
        do(world.mia, record_move, replace(offer, moved_on=TODAY))
        do(world.mia, find_threats, FindThreats())

        for days in (FRESH_DAYS - 1, FRESH_DAYS, FRESH_DAYS + 1):
            assert not ask(world.mia, matches, now=NOW + timedelta(days=days, hours=3))

    def test_a_rate_is_held_against_ours_on_the_same_terms(self, do, ask, world, offer):
        for months, rate, ago in ((12, 3.0, 200), (36, 3.6, 100)):
            ours = replace(
                OURS,
                terms=f"{months} months",
                rate=rate,
                valid_from=TODAY - timedelta(days=ago),
            )
            do(world.mia, set_product_rate, ours)
        do(world.mia, set_watch, WATCH)
        do(world.mia, record_move, replace(offer, terms="fixed 12 months"))
        do(world.mia, record_move, replace(offer, terms="fixed 36 months", product_name="Long"))
        do(world.mia, record_move, replace(offer, terms="fixed 24 months", product_name="Mid"))

        assert [(m.move.product_name, m.ours) for m in ask(world.mia, matches)] == [
            ("Pocket Pot", 3.0)
        ]

    def test_what_is_being_answered_goes_on_beside_a_better_offer(
        self, do, ask, world, threatened, offer
    ):
        version = ask(world.mia, threat, threat_id=threatened).version
        do(world.mia, answer_threat, replace(ANSWER, threat_id=threatened, version=version))
        do(world.mia, record_move, replace(offer, moved_on=TODAY, new_value=3.8))

        do(world.mia, find_threats, FindThreats())

        assert [row.status for row in rows(ask, world.mia)] == ["open", "open"]

    def test_time_finds_them_too_once(self, do, ask, engine, world, watched, offer):
        do(world.mia, record_move, offer)

        first = pass_time(engine, now=NOW)
        second = pass_time(engine, now=NOW)

        assert [len(fact.threat_ids) for fact in first.threats] == [1]
        assert second.threats == ()
        assert rows(ask, world.mia)[0].author is None

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_who_records_the_market_may(self, do, world, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), find_threats, FindThreats())


class TestWatching:
    def test_a_watch_says_what_it_is_held_against(self, ask, world, watched, threatened):
        row = ask(world.mia, watches)[0]

        assert (row.product, row.region, row.threshold) == ("Current account", "The Bank", 0.5)
        assert (row.our_rate, row.threats) == (3.0, 1)

    def test_its_threshold_can_be_changed(self, do, ask, world, watched):
        fact = do(world.mia, set_watch, replace(WATCH, threshold=0.25))

        assert (fact.was, fact.threshold) == (0.5, 0.25)
        assert [row.threshold for row in ask(world.mia, watches)] == [0.25]

    def test_the_same_again_is_told(self, do, world, watched):
        with pytest.raises(Conflict, match=r"0\.5 points already"):
            do(world.mia, set_watch, WATCH)

    def test_it_can_end_and_begin_again(self, do, ask, world, watched, offer):
        do(world.mia, record_move, offer)

        do(world.mia, retire_watch, RetireWatch(watched))

        assert not ask(world.mia, watches)
        assert not ask(world.mia, matches)
        with pytest.raises(Conflict):
            do(world.mia, retire_watch, RetireWatch(watched))
        assert do(world.mia, set_watch, WATCH).was is None
        assert len(ask(world.mia, matches)) == 1

    @pytest.mark.parametrize("points", [0, -1, 21])
    def test_a_threshold_is_a_number_of_points(self, points):
        with pytest.raises(Invalid, match="half a point"):
            replace(WATCH, threshold=points)

    def test_a_category_is_named(self):
        with pytest.raises(Invalid, match="category"):
            replace(WATCH, product_category=" ")

    def test_product_and_region_exist(self, do, world):
        with pytest.raises(NotFound, match="product"):
            do(world.mia, set_watch, replace(WATCH, product_id=99))
        with pytest.raises(NotFound, match="unit"):
            do(world.mia, set_watch, replace(WATCH, unit_id=99))

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_who_records_the_market_may(self, do, world, watched, who):
        actor = getattr(world, who)
        with pytest.raises(NotAllowed):
            do(actor, set_watch, WATCH)
        with pytest.raises(NotAllowed):
            do(actor, retire_watch, RetireWatch(watched))


NOTE = NoteThreat(
    ConclusionKind.OPPORTUNITY,
    "Many move house this spring",
    w.SOUTH,
    product_id=w.CURRENT,
    deadline=TODAY + timedelta(days=60),
)


class TestNoting:
    def test_somebody_concludes_by_hand(self, do, ask, world):
        fact = do(world.mia, note_threat, NOTE)

        row = ask(world.mia, threat, threat_id=fact.threat_id)
        assert (row.kind, row.customers, row.author) == ("opportunity", 5, "Mia Example")
        assert (row.gap, row.competitor) == (None, None)

    @pytest.mark.parametrize(
        ("wrong", "refusal", "says"),
        [
            ({"unit_id": 99}, NotFound, "unit"),
            ({"product_id": 99}, NotFound, "product"),
            ({"segment_id": 99}, NotFound, "segment"),
            ({"task_id": 99}, NotFound, "market task"),
            ({"move_id": 99}, NotFound, "move"),
            ({"deadline": TODAY - timedelta(days=1)}, Invalid, "is over"),
            ({"product_id": w.GOLD}, Invalid, "Nobody in South"),
        ],
    )
    def test_it_is_about_somebody_who_is_there(self, do, ask, world, wrong, refusal, says):
        with pytest.raises(refusal, match=says):
            do(world.mia, note_threat, replace(NOTE, **wrong))

        assert not rows(ask, world.mia)

    def test_it_has_words_and_says_whom(self):
        with pytest.raises(Invalid, match="few words"):
            replace(NOTE, name=" ")
        with pytest.raises(Invalid, match="who it is about"):
            replace(NOTE, product_id=None)

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_who_records_the_market_may(self, do, world, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), note_threat, NOTE)


class TestDismissing:
    def test_it_needs_no_answer_for_a_reason(self, do, ask, world, threatened):
        version = ask(world.mia, threat, threat_id=threatened).version

        do(world.mia, dismiss_threat, DismissThreat(threatened, version, "For students only"))

        row = ask(world.mia, threat, threat_id=threatened)
        assert (row.status, row.reason, row.closed_at) == ("dismissed", "For students only", NOW)
        with pytest.raises(Conflict, match="dismissed already"):
            do(world.mia, dismiss_threat, DismissThreat(threatened, row.version, "Again"))

    def test_a_reason_is_given(self):
        with pytest.raises(Invalid, match="why"):
            DismissThreat(1, 1, " ")

    def test_who_looked_at_another_is_told(self, do, world, threatened):
        with pytest.raises(Conflict, match="changed meanwhile"):
            do(world.mia, dismiss_threat, DismissThreat(threatened, 99, "Small"))
        with pytest.raises(NotFound):
            do(world.mia, dismiss_threat, DismissThreat(99, 1, "Small"))

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_who_records_the_market_may(self, do, world, threatened, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), dismiss_threat, DismissThreat(threatened, 1, "Small"))


class TestSeeing:
    def test_who_sees_the_portfolio_sees_them(self, ask, world, threatened):
        for who in (world.mia, world.pia, world.eve, world.tom):
            assert len(rows(ask, who)) == 1
        assert ask(world.eve, unanswered).customers == 9

    def test_an_agent_does_not(self, ask, world, threatened):
        with pytest.raises(NotAllowed):
            rows(ask, world.ann)

    def test_a_lead_of_another_unit_sees_none(self, ask, world, threatened):
        assert len(rows(ask, world.lea)) == 1
        assert rows(ask, world.lou) == []

    def test_names_are_masked_and_executives_see_nobody(self, ask, world, threatened):
        listed = ask(world.mia, exposed_customers, threat_id=threatened, window=Window())

        assert "Example" not in {(row.name or "").split()[-1] for row in listed.rows}
        with pytest.raises(NotAllowed):
            ask(world.eve, exposed_customers, threat_id=threatened, window=Window())

    def test_filters_narrow(self, do, ask, world, threatened, competitor):
        do(world.mia, note_threat, NOTE)

        assert len(rows(ask, world.mia)) == 2
        assert len(rows(ask, world.mia, kind=ConclusionKind.THREAT)) == 1
        assert len(rows(ask, world.mia, competitor_id=competitor)) == 1
        assert rows(ask, world.mia, status=ThreatStatus.ANSWERED) == []
        assert rows(ask, world.mia, product_id=w.GOLD) == []
        assert len(rows(ask, world.mia, lacks_answer=True)) == 2


ANSWER = AnswerThreat(0, 0, TODAY, TODAY + timedelta(days=30))


class TestAnswering:
    def test_the_brief_has_segment_gap_product_and_cause(self, do, ask, world, threatened):
        version = ask(world.mia, threat, threat_id=threatened).version

        fact = do(world.mia, answer_threat, replace(ANSWER, threat_id=threatened, version=version))

        sheet = ask(world.mia, design_sheet, design_id=fact.design_id)
        row = ask(world.mia, threat, threat_id=threatened)
        assert (sheet.objective, sheet.terms.product_id, sheet.terms.metric) == (
            Objective.RETENTION,
            w.CURRENT,
            Metric.UPTAKE,
        )
        assert "3.5 %" in sheet.terms.offer
        assert "0.50 points" in sheet.terms.offer
        assert ask(world.mia, brief_of, campaign_id=fact.campaign_id).threat_id == threatened
        assert (row.status, row.campaign_id) == ("open", fact.campaign_id)
        assert ask(world.mia, unanswered).threats == 0

    def test_its_segment_is_who_is_exposed(self, do, ask, world, threatened):
        version = ask(world.mia, threat, threat_id=threatened).version
        asked = replace(ANSWER, threat_id=threatened, version=version)

        fact = do(world.mia, answer_threat, asked)

        assert ask(world.mia, count, rule={"segment": f"exposed-{threatened}"}) == 9
        assert fact.segment_id is not None

    def test_it_is_answered_once(self, do, ask, world, threatened):
        version = ask(world.mia, threat, threat_id=threatened).version
        do(world.mia, answer_threat, replace(ANSWER, threat_id=threatened, version=version))
        version = ask(world.mia, threat, threat_id=threatened).version

        with pytest.raises(Conflict, match="being answered already"):
            do(world.mia, answer_threat, replace(ANSWER, threat_id=threatened, version=version))

    def test_the_campaign_ends_by_the_deadline(self, do, ask, world):
        noted = do(world.mia, note_threat, NOTE).threat_id
        late = replace(ANSWER, threat_id=noted, version=1, ends_on=TODAY + timedelta(days=61))

        with pytest.raises(Invalid, match="after the deadline"):
            do(world.mia, answer_threat, late)

    def test_what_is_late_may_still_be_answered(self, do, ask, world):
        noted = do(world.mia, note_threat, NOTE).threat_id
        later = NOW + timedelta(days=61)
        late = replace(
            ANSWER,
            threat_id=noted,
            version=1,
            starts_on=later.date(),
            ends_on=later.date() + timedelta(days=20),
        )

        do(world.mia, answer_threat, late, now=later)

        assert ask(world.mia, threat, threat_id=noted).campaign_id is not None

    @pytest.mark.parametrize("who", ["ann", "lea", "pia", "eve", "ada", "tom"])
    def test_only_who_designs_may(self, do, world, threatened, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), answer_threat, replace(ANSWER, threat_id=threatened))


class TestMeasured:
    """The answering campaign kept 90 of 100 treated, and 30 of 50 held out."""

    @pytest.fixture
    def run_id(self, arrange, threatened):
        def make(session):
            people = crowd(session, 150)
            run_id = finished_run(session, control_share=3333, design={"product_id": w.CURRENT})
            run = session.get_one(Run, run_id)
            design = session.get_one(Design, run.design_id)
            session.get_one(Campaign, design.campaign_id).type_id = 3
            session.get_one(Threat, threatened).campaign_id = design.campaign_id
            candidates(session, run_id, people[:100], steps=3)
            candidates(session, run_id, people[100:], arm=0)
            gone = {*people[90:100], *people[130:]}
            session.add_all(
                Holding(
                    agreement_no=f"K{id_}",
                    customer_id=id_,
                    product_id=w.CURRENT,
                    opened_on=TODAY - timedelta(days=400),
                    closed_on=TODAY - timedelta(days=10) if id_ in gone else None,
                )
                for id_ in people
            )
            return run_id

        return arrange(make)

    def test_an_analysis_answers_the_threat_with_effect_and_interval(
        self, do, ask, world, threatened, run_id
    ):
        fact = do(world.mia, analyse_run, AnalyseRun(run_id))

        row = ask(world.mia, threat, threat_id=threatened)
        assert fact.answered == (threatened,)
        assert (row.status, row.closed_at) == ("answered", NOW)
        assert row.effect.difference == pytest.approx(0.9 - 0.6)
        assert 0 < row.effect.low < 0.3 < row.effect.high
        assert row.effect.absent is None

    def test_a_later_analysis_is_shown_in_its_place(self, do, ask, world, threatened, run_id):
        do(world.mia, analyse_run, AnalyseRun(run_id))
        first = ask(world.mia, threat, threat_id=threatened)

        do(world.mia, analyse_run, AnalyseRun(run_id), now=NOW + timedelta(days=1))

        later = ask(world.mia, threat, threat_id=threatened)
        assert later.closed_at == first.closed_at
        assert later.effect.cut_off_at == NOW + timedelta(days=1)

    def test_what_was_dismissed_stays_so(self, do, ask, world, threatened, run_id):
        version = ask(world.mia, threat, threat_id=threatened).version
        do(world.mia, dismiss_threat, DismissThreat(threatened, version, "Nobody left"))

        assert do(world.mia, analyse_run, AnalyseRun(run_id)).answered == ()

        assert ask(world.mia, threat, threat_id=threatened).status == "dismissed"
