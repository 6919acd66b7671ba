"""The gate on both databases: history, hands, and an approval over what can't be shown."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.actions.launch import Launch
from core.campaigns.actions import DraftDesign, SubmitDesign, submit_design
from core.campaigns.actions import draft_design as begin_version
from core.campaigns.model import ActivitySubtype, Design
from core.campaigns.queries import design as design_sheet
from core.campaigns.rules import Condition, DesignStatus, Priority, RandomisedBy
from core.gate.actions import (
    AllowLaunch,
    ApproveDesign,
    allow_launch,
    approve_design,
    launch_weighed,
)
from core.gate.queries import (
    before_launch,
    default_rate,
    gate,
    launches_waiting,
    objection,
)
from core.gate.queries.hands import hands_of, staff_of
from core.gate.queries.waiting import Objection
from core.gate.rules import Answer, Basis, Likeness, State
from core.gate.sentences import points_of, verdict
from core.hours import beginning_of
from core.impact.rules import Absent, Reason
from core.journal.model import Entry
from core.people.model import Absence, Person, PersonQualification, PersonRole
from core.people.queries.working import person_times
from core.people.rules import AbsenceKind
from core.queues.upkeep import count_work, keep_counts
from core.queues.whatif.workers import Worker
from core.refusals import Conflict, Invalid, NotAgreed, NotAllowed, NotFound, OwnHand
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader
from tests import world as bank
from tests.conftest import NOW
from tests.making.calendars import AHEAD, CZECH, calendar_of_unit
from tests.making.campaigns import ADMINISTRATIVE, RETENTION, UP_SELL, approved_design, draft_design
from tests.making.results import candidates, crowd, finished_run
from tests.making.runs import launched_run

TODAY = NOW.date()
EVERYBODY = {"field": "active", "is": "=", "value": True}
ASKED = {
    "status": DesignStatus.SUBMITTED,
    "approver_id": None,
    "decided_at": None,
    "frozen": None,
    "decide_by": TODAY + timedelta(days=7),
}


def past(session, *, control=(0, 0), treated=(0, 0), steps=0, columns=None, **design):
    """Insert a finished run with so many outcomes of so many customers in each arm."""
    start = session.scalar(select(Candidate.customer_id).order_by(Candidate.customer_id.desc()))
    first = max((start or 0) + 1, 100_001)
    run_id = finished_run(session, control_share=1_000, design=design)
    for arm, (outcomes, customers) in enumerate((control, treated)):
        ids = range(first, first + customers)
        candidates(session, run_id, ids, arm=arm, outcomes=outcomes, steps=steps if arm else 0)
        first += customers
    for name, value in (columns or {}).items():
        setattr(session.get_one(Run, run_id), name, value)
    session.flush()
    return run_id


@pytest.fixture
def history(arrange):
    """Finish runs about which nobody asks any more."""

    def insert(*runs):
        def rows(session):
            crowd(session, 1_200)
            for each in runs:
                past(session, **each)

        arrange(rows)

    return insert


class TestHistory:
    def test_of_the_same_objective_and_product_first(self, arrange, ask, world, history):
        history(
            {"control": (2, 100), "treated": (10, 200)},
            {"treated": (90, 100), "product_id": bank.CARD},
        )
        found = ask(world.pia, default_rate, design_id=arrange(draft_design))

        assert (found.treated.likeness, found.treated.runs) == (Likeness.PRODUCT, 1)
        assert (found.treated.own.numerator, found.treated.customers) == (10, 200)
        # Two groups so far apart: the wider rate, 100 of 300, counts for twenty customers only.
        assert found.treated.rate == pytest.approx((10 + 20 / 3) / 220)
        assert (found.base.own.numerator, found.base.customers) == (2, 100)
        assert "1 finished run with the same objective and product came to 5.0 %" in found.sentence

    def test_then_of_the_same_objective_then_of_all_that_sell(self, arrange, ask, world, history):
        history({"treated": (10, 200)}, {"treated": (90, 100), "product_id": bank.CARD})
        other = arrange(lambda s: draft_design(s, product_id=bank.INSURANCE))
        found = ask(world.pia, default_rate, design_id=other).treated
        assert (found.likeness, found.customers, found.runs) == (Likeness.OBJECTIVE, 300, 2)

        up = arrange(lambda s: draft_design(s, campaign_columns={"type_id": UP_SELL}))
        found = ask(world.pia, default_rate, design_id=up).treated
        assert (found.likeness, found.customers) == (Likeness.BANK, 300)

    def test_who_is_to_be_kept_is_another_matter(self, arrange, ask, world, history):
        history({"treated": (10, 200)})
        kept = arrange(lambda s: draft_design(s, campaign_columns={"type_id": RETENTION}))
        found = ask(world.pia, default_rate, design_id=kept)

        assert found.treated == found.base == Absent(Reason.NO_HISTORY)
        assert found.sentence == "Nothing to go by: no finished run to learn from."

    def test_of_administrative_work_only_the_effort_counts(self, arrange, ask, world, history):
        admin = {"campaign_columns": {"type_id": ADMINISTRATIVE}}
        history(
            {"treated": (10, 200)},
            {"treated": (0, 100), "steps": 3, "columns": {"outcomes_seen_at": None}} | admin,
        )
        found = ask(world.pia, default_rate, design_id=arrange(lambda s: draft_design(s, **admin)))
        assert found.treated == found.base == Absent(Reason.NO_OUTCOME)
        assert (found.past.attempted, found.past.reached) == (100, 100)

    @pytest.mark.parametrize(
        "columns",
        [
            {"status": RunStatus.LAUNCHED, "finished_at": None},
            {"status": RunStatus.STOPPED},
            {"outcomes_seen_at": None},
        ],
    )
    def test_what_goes_on_was_stopped_or_not_looked_at_says_nothing(
        self, arrange, ask, world, history, columns
    ):
        history({"treated": (10, 200), "columns": columns})
        found = ask(world.pia, default_rate, design_id=arrange(draft_design))
        assert found.treated == Absent(Reason.NO_HISTORY)

    def test_brought_along_it_counts_like_our_own(self, arrange, ask, world, history):
        history({"treated": (10, 200), "columns": {"is_imported": True, "outcomes_seen_at": None}})
        found = ask(world.pia, default_rate, design_id=arrange(draft_design))
        assert found.treated.rate == pytest.approx(0.05)

    def test_only_of_the_own_units(self, arrange, ask, world, history):
        history({"treated": (10, 200)})
        id_ = arrange(lambda s: draft_design(s, campaign_columns={"unit_id": bank.NORTH}))
        north = replace(world.mia, scope=replace(world.mia.scope, bank_wide=False, unit_ids=(3,)))
        assert ask(north, default_rate, design_id=id_).treated.customers == 100

    @pytest.mark.parametrize("who", ["ann", "ada"])
    @pytest.mark.parametrize("query", [default_rate, gate])
    def test_needs_the_right(self, arrange, ask, world, who, query):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), query, design_id=arrange(draft_design))

    @pytest.mark.parametrize("query", [default_rate, gate])
    def test_a_version_that_is_not_there_has_none(self, ask, world, query):
        with pytest.raises(NotFound):
            ask(world.mia, query, design_id=99)


class TestHands:
    """Thirteen of fifteen are eligible: eight of North, with Ann and Ben, five of South, with Sam.

    A day is eight hours of each, from Monday the second of March at nine.
    """

    def look(self, arrange, ask, world, *, days=0, **columns):
        over = {"ends_on": TODAY + timedelta(days=days), **columns.pop("campaign", {})}
        id_ = arrange(lambda s: draft_design(s, campaign_columns=over, **columns))
        found = ask(world.mia, gate, design_id=id_)
        return found, {room.branch: room for room in found.rooms}

    def test_counts_the_hours_of_a_day(self, arrange, ask, world):
        found, rooms = self.look(arrange, ask, world)

        assert (rooms["North"].hours_free, rooms["South"].hours_free) == (16, 8)
        assert (rooms["North"].hours_needed, rooms["South"].hours_needed) == (2, 1.25)
        assert (found.worked, found.reach, found.short) == (13, 1, ())

    def test_a_weekend_brings_none(self, arrange, ask, world):
        _, friday = self.look(arrange, ask, world, days=4)
        _, sunday = self.look(arrange, ask, world, days=6)
        assert friday["North"].hours_free == sunday["North"].hours_free == 5 * 16

    def test_hours_before_the_start_do_not_count(self, arrange, ask, world):
        later = {"starts_on": TODAY + timedelta(days=3)}
        _, rooms = self.look(arrange, ask, world, days=4, campaign=later)
        assert rooms["South"].hours_free == 2 * 8

    @pytest.mark.parametrize(
        "stages",
        [
            [{"start_after_days": 3}],
            [
                {"start_after_days": 1, "content_id": bank.EMAIL, "reason_template_id": None},
                {"start_after_days": 2, "after_position": 1},
            ],
        ],
        ids=["a call", "a call after a message"],
    )
    def test_nor_those_before_people_are_needed(self, arrange, ask, world, stages):
        _, rooms = self.look(arrange, ask, world, days=4, stages=stages)
        assert rooms["South"].hours_free == 2 * 8

    def test_who_is_away_has_none(self, arrange, ask, world):
        def away(session):
            session.add(
                Absence(
                    person_id=world.sam.person_id,
                    kind=AbsenceKind.LEAVE,
                    starts_on=TODAY - timedelta(days=3),
                    ends_on=TODAY + timedelta(days=1),
                    planned_at=NOW,
                )
            )

        arrange(away)
        _, rooms = self.look(arrange, ask, world, days=2)
        assert (rooms["South"].hours_free, rooms["North"].hours_free) == (8, 48)

    def test_only_the_qualified_count(self, arrange, ask, world):
        found, rooms = self.look(arrange, ask, world, qualification_id=bank.CERTIFIED)
        assert (rooms["North"].hours_free, rooms["South"].hours_free) == (8, 0)
        assert (found.worked, [room.branch for room in found.short]) == (8, ["South"])

    def test_who_comes_meanwhile_is_not_among_them(self, engine, world, monkeypatch):
        sam = world.sam.person_id

        def moving(session, ids):
            found = person_times(session, ids)
            session.get_one(Person, sam).unit_id = bank.NORTH
            session.add(PersonQualification(person_id=sam, qualification_id=bank.CERTIFIED))
            session.add(
                Absence(
                    person_id=sam,
                    kind=AbsenceKind.LEAVE,
                    starts_on=TODAY,
                    ends_on=TODAY,
                    planned_at=NOW,
                )
            )
            session.flush()
            return found

        monkeypatch.setattr("core.gate.queries.hands.person_times", moving)
        with Session(engine) as session:
            found = staff_of(Reader(session, world.mia, NOW), [bank.NORTH])
        assert sorted(each.holds(bank.CERTIFIED) for each in found.people) == [False, True]

    def test_nor_do_those_who_left_or_lead(self, arrange, ask, world):
        def gone(session):
            session.get_one(Person, world.sam.person_id).is_active = False
            session.add(PersonRole(person_id=world.lou.person_id, role=Role.EXECUTIVE))

        arrange(gone)
        _, rooms = self.look(arrange, ask, world)
        assert rooms["South"].hours_free == 0

    @pytest.mark.parametrize("is_counted", [False, True])
    def test_open_work_comes_first(self, arrange, ask, world, is_counted):
        arrange(lambda s: launched_run(s, range(11, 16), design={"code": "BUSY"}))
        if is_counted:
            arrange(lambda s: keep_counts(s, count_work(s, now=NOW)))
        arrange(lambda s: setattr(s.get_one(ActivitySubtype, 1), "minutes", 60))
        urgent = {"priority": Priority.HIGH}
        _, rooms = self.look(arrange, ask, world, campaign=urgent)
        assert (rooms["South"].customers, rooms["South"].hours_free) == (5, 3)
        assert (rooms["South"].worked, rooms["South"].hours_needed) == (3, 5)

    def test_a_day_holds_so_many_contacts_and_no_more(self, arrange, ask, world):
        arrange(lambda s: setattr(s.get_one(Person, world.sam.person_id), "daily_capacity", 2))
        _, rooms = self.look(arrange, ask, world)
        assert rooms["South"].worked == 2

    def test_customers_take_as_many_attempts_as_they_did(self, arrange, ask, world, history):
        history({"treated": (10, 200), "steps": 2})
        arrange(lambda s: s.execute(Candidate.__table__.update().values(attempts=3)))
        found, rooms = self.look(arrange, ask, world)
        assert found.need.attempts == 3
        assert rooms["South"].hours_needed == 3.75

    def test_a_stage_that_follows_comes_to_those_it_is_for(self, arrange, ask, world, history):
        history({"treated": (10, 200), "steps": [3] * 50 + [2] * 150})
        stages = [{}, {"after_position": 1, "condition": Condition.NOT_REACHED}]
        found, _ = self.look(arrange, ask, world, stages=stages)
        assert found.need.activities == 1.75

    def test_messages_take_nobody(self, arrange, ask, world):
        mail = [{"content_id": bank.EMAIL, "reason_template_id": None}]
        found, _ = self.look(arrange, ask, world, stages=mail, qualification_id=bank.CERTIFIED)
        assert (found.need.activities, found.worked, found.short) == (0, 13, ())


@pytest.mark.parametrize("request_", [CZECH, AHEAD, None])
@pytest.mark.parametrize(
    "now",
    [
        NOW,
        NOW.replace(hour=12, minute=34),
        NOW.replace(day=7, hour=23),  # a Saturday night
        NOW.replace(day=27, hour=16),  # the clocks are put forward on the 29th
    ],
    ids=lambda now: f"{now:%a %H:%M}",
)
def test_hours_are_those_of_a_replay(do, ask, arrange, world, now, request_):
    """What the what-if counts person by person and day by day is the same, added up."""
    if request_ is not None:
        calendar_of_unit(do, world, bank.NORTH, request_)
    days = [(world.ann, -3, 2), (world.ann, 9, 9), (world.ben, 4, 200)]

    def away(session):
        session.add_all(
            Absence(
                person_id=who.person_id,
                kind=AbsenceKind.LEAVE,
                starts_on=now.date() + timedelta(days=first),
                ends_on=now.date() + timedelta(days=last),
                planned_at=NOW,
            )
            for who, first, last in days
        )

    arrange(away)
    agents = {3: [world.ann, world.ben], 4: [world.sam]}

    def replayed(view, *, until):
        times = person_times(view.session, [who.person_id for of in agents.values() for who in of])
        found = {}
        for unit_id, people in agents.items():
            rooms = [
                Worker(
                    who.person_id,
                    who.name,
                    unit_id,
                    times[who.person_id],
                    20,
                    absences=tuple(
                        (now.date() + timedelta(days=a), now.date() + timedelta(days=b))
                        for absent, a, b in days
                        if absent is who
                    ),
                ).room(now, beginning_of(until + timedelta(days=1), times[who.person_id].zone))
                for who in people
            ]
            found[unit_id] = tuple(map(sum, zip(*rooms, strict=True)))
        return found

    for ahead in (0, 1, 6, 40):
        until = now.date() + timedelta(days=ahead)
        hands = ask(
            world.mia,
            hands_of,
            now=now,
            customers={3: 1, 4: 1},
            starts_on=TODAY,
            ends_on=until,
            qualification_id=None,
        )
        at = hands.place(until)
        counted = dict(
            zip(agents, zip(hands.contacts[:, at], hands.minutes[:, at], strict=True), strict=True)
        )
        assert counted == ask(world.mia, replayed, now=now, until=until), until


class TestGate:
    def test_weighs_history_arms_and_hands(self, arrange, ask, world, history):
        history({"control": (5, 100), "treated": (10, 200)})
        id_ = arrange(
            lambda s: draft_design(s, control_share=1_000, expected_gain=0.02, rule=EVERYBODY)
        )
        found = ask(world.mia, gate, design_id=id_)

        assert found.forecast.treated == sum(room.customers for room in found.rooms) == 13
        assert (found.base, found.basis) == (pytest.approx(0.05), Basis.HELD_OUT)
        assert found.answer is Answer.NEVER
        assert "this question can't be answered" in verdict(found)

    def test_history_is_the_forecast_of_a_version_that_says_nothing(
        self, arrange, ask, world, history
    ):
        history({"treated": (10, 200)})
        silent, outspoken = (
            arrange(lambda s, rate=rate: draft_design(s, expected_rate=rate))
            for rate in (None, 0.1)
        )
        assert ask(world.mia, gate, design_id=silent).forecast.conversions == pytest.approx(0.65)
        assert ask(world.mia, gate, design_id=outspoken).forecast.conversions == pytest.approx(1.3)

    @pytest.mark.parametrize(
        ("drawn_by", "clusters"), [(RandomisedBy.MANAGER, 3), (RandomisedBy.BRANCH, 2)]
    )
    def test_counts_what_is_drawn_together(self, arrange, ask, world, drawn_by, clusters):
        """Ann has the first two; whoever has no manager is drawn with the branch."""
        id_ = arrange(lambda s: draft_design(s, randomised_by=drawn_by))
        found = ask(world.mia, gate, design_id=id_)
        assert found.forecast.eligible == 13
        assert found.clusters.count == clusters
        size = (4 + 36 + 25) / 13 if clusters == 3 else (64 + 25) / 13
        assert found.clusters.size == pytest.approx(size)
        assert found.clusters.effect == pytest.approx(1 + (size - 1) * 0.05)

    def test_the_checklist_gives_the_deadline(self, arrange, ask, world):
        id_ = arrange(lambda s: approved_design(s, **ASKED))
        points = {point.label: point for point in points_of(ask(world.pia, gate, design_id=id_))}
        assert points["Decision"].state is State.PASS
        assert "9 Mar 2026" in points["Decision"].note

    def test_where_nobody_fits_nothing_can_be_shown(self, arrange, ask, world):
        nobody = {"all": [{"holds": {"product": "gold"}}]}
        id_ = arrange(
            lambda s: draft_design(s, rule=nobody, control_share=1_000, expected_gain=0.1)
        )
        found = ask(world.mia, gate, design_id=id_)
        assert (found.answer, found.rooms, found.worked) == (Answer.NOBODY, (), 0)

    def test_a_last_day_in_a_hundred_years_takes_no_longer(self, arrange, ask, world):
        far = {"ends_on": TODAY + timedelta(days=36_500)}
        found = ask(
            world.mia, gate, design_id=arrange(lambda s: draft_design(s, campaign_columns=far))
        )
        assert found.worked == 13

    def test_without_an_audience_nothing_is_counted(self, arrange, ask, world):
        id_ = arrange(draft_design)
        arrange(lambda s: setattr(s.get_one(Design, id_), "segment_id", None))
        with pytest.raises(Invalid, match="has no segment"):
            ask(world.mia, gate, design_id=id_)


class TestApproval:
    @pytest.fixture
    def submitted(self, arrange, do, world):
        """A version that is to show a gain with a dozen customers: it can't."""

        def ask_for(**columns):
            terms = {"control_share": 2_000, "expected_rate": 0.1, "expected_gain": 0.05}
            id_ = arrange(lambda s: draft_design(s, **(terms | columns)))
            version = arrange(lambda s: s.get_one(Design, id_).row_version)
            return do(world.mia, submit_design, SubmitDesign(id_, version))

        return ask_for

    def test_what_cant_be_shown_is_refused_with_the_reason(self, submitted, do, ask, world):
        asked = submitted()
        with pytest.raises(Invalid, match=r"can't be answered\..* To approve .* say why"):
            do(world.pia, approve_design, ApproveDesign(asked.design_id, asked.row_version))
        with pytest.raises(Invalid, match="say why"):
            blank = ApproveDesign(asked.design_id, asked.row_version, override="  ")
            do(world.pia, approve_design, blank)
        left = ask(world.pia, design_sheet, design_id=asked.design_id)
        assert left.status is DesignStatus.SUBMITTED

    def test_with_a_reason_it_is_kept_everywhere(self, submitted, do, ask, world, engine):
        asked = submitted()
        wanted = ApproveDesign(asked.design_id, asked.row_version, "Fine", " A first try ")
        fact = do(world.pia, approve_design, wanted)

        sheet = ask(world.mia, design_sheet, design_id=asked.design_id)
        assert (sheet.override, sheet.comment, fact.override) == (
            "A first try",
            "Fine",
            "A first try",
        )
        assert sheet.frozen["gate"]["answer"] == Answer.NEVER
        assert sheet.frozen["gate"]["power"] < 0.8
        assert "can't be answered" in sheet.frozen["gate"]["said"][0]
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "design.approved"))
        assert entry.facts["override"] == "A first try"

    @pytest.mark.parametrize(
        "columns",
        [
            {"expected_gain": None},
            {"expected_gain": None, "control_share": 0},
            {"campaign_columns": {"type_id": ADMINISTRATIVE}, "control_share": 0},
        ],
    )
    def test_where_nothing_is_to_be_shown_no_reason_is_kept(
        self, submitted, do, ask, world, columns
    ):
        asked = submitted(**columns)
        wanted = ApproveDesign(asked.design_id, asked.row_version, override="Not needed")
        do(world.pia, approve_design, wanted)

        sheet = ask(world.mia, design_sheet, design_id=asked.design_id)
        assert (sheet.status, sheet.override) == (DesignStatus.APPROVED, None)
        assert sheet.frozen["gate"]["answer"] == Answer.NOT_ASKED

    def test_a_gain_without_control_group_needs_one(self, submitted, do, world):
        asked = submitted(control_share=0)
        with pytest.raises(Invalid, match="rates only"):
            do(world.pia, approve_design, ApproveDesign(asked.design_id, asked.row_version))

    def test_a_copy_begins_without_the_reason(self, submitted, do, ask, world):
        asked = submitted()
        wanted = ApproveDesign(asked.design_id, asked.row_version, override="A first try")
        do(world.pia, approve_design, wanted)
        again = do(
            world.mia, begin_version, DraftDesign(asked.campaign_id, copy_from=asked.design_id)
        )
        assert ask(world.mia, design_sheet, design_id=again.design_id).override is None


@pytest.fixture
def agreed(arrange, do, world):
    """A version approved for the whole bank, with half of everybody held out."""
    terms = {"control_share": 5_000, "expected_rate": 0.9, "expected_gain": 0.8}
    id_ = arrange(lambda s: approved_design(s, **(ASKED | terms), rule=EVERYBODY))
    version = arrange(lambda s: s.get_one(Design, id_).row_version)
    do(world.pia, approve_design, ApproveDesign(id_, version, override="Small"))
    return id_


class TestBeforeLaunch:
    def start(self, do, world, design_id, unit=bank.BANK, days=30):
        request = StartRun(design_id, unit, TODAY, TODAY + timedelta(days=days))
        return do(world.mia, start_run, request).run_id

    def test_sets_what_was_found_beside_what_was_agreed(self, agreed, do, ask, world):
        run_id = self.start(do, world, agreed)
        assert ask(world.mia, before_launch, run_id=run_id) is None
        do(world.mia, select_candidates, SelectCandidates(run_id))

        found = ask(world.mia, before_launch, run_id=run_id)
        assert (found.agreed.control, found.agreed.treated, found.agreed.worked) == (7, 7, 7)
        assert found.found.control + found.found.treated == 14
        assert found.found.worked == found.found.treated
        assert found.gain == 0.8

    def test_a_smaller_unit_shows_less(self, agreed, do, ask, world):
        run_id = self.start(do, world, agreed, unit=bank.SOUTH)
        do(world.mia, select_candidates, SelectCandidates(run_id))

        found = ask(world.mia, before_launch, run_id=run_id)
        assert found.agreed.power > 0.8 > found.found.power
        assert found.is_weaker
        assert found.found.smallest is None or found.found.smallest > found.agreed.smallest

    @pytest.mark.parametrize(
        ("answer", "is_weaker"), [(Confirmation.PENDING, False), (Confirmation.REJECTED, True)]
    )
    def test_whom_nobody_works_is_compared_all_the_same(
        self, agreed, arrange, do, ask, world, answer, is_weaker
    ):
        """Of the treated only three are worked: what they bring is spread over all seven."""
        run_id = self.start(do, world, agreed)
        do(world.mia, select_candidates, SelectCandidates(run_id))
        before = ask(world.mia, before_launch, run_id=run_id)

        def leave_three(session):
            treated = select(Candidate).where(Candidate.run_id == run_id, Candidate.arm > 0)
            for place, each in enumerate(session.scalars(treated)):
                each.confirmation = Confirmation.CONFIRMED if place < 3 else answer

        arrange(leave_three)
        found = ask(world.mia, before_launch, run_id=run_id)

        assert found.found.treated == before.found.treated
        assert found.is_weaker is is_weaker
        assert found.is_weaker_now
        assert found.power_now < 0.8 < before.found.power
        with pytest.raises(Invalid, match="An approver has to allow"):
            do(world.mia, launch_weighed, Launch(run_id, without_pending=True))
        fact = do(world.pia, allow_launch, AllowLaunch(run_id, "Three will do"))
        assert fact.power == found.power_now
        assert do(world.mia, launch_weighed, Launch(run_id, without_pending=True)).treated == 3

    def test_of_a_design_that_was_never_weighed_nothing_is_said(self, arrange, do, ask, world):
        run_id = self.start(do, world, arrange(approved_design))
        do(world.mia, select_candidates, SelectCandidates(run_id))
        assert ask(world.mia, before_launch, run_id=run_id) is None

    def test_nor_of_one_that_is_launched_or_out_of_sight(self, agreed, arrange, do, ask, world):
        run_id = self.start(do, world, agreed, unit=bank.SOUTH)
        do(world.mia, select_candidates, SelectCandidates(run_id))
        north = replace(world.mia, scope=replace(world.mia.scope, bank_wide=False, unit_ids=(3,)))
        with pytest.raises(NotFound):
            ask(north, before_launch, run_id=run_id)
        arrange(lambda s: setattr(s.get_one(Run, run_id), "launched_at", NOW))
        assert ask(world.mia, before_launch, run_id=run_id) is None

    def test_agents_do_not_look(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, before_launch, run_id=1)


class TestLaunch:
    """South alone has three customers too few to show what was agreed to for the whole bank."""

    @pytest.fixture
    def selected(self, agreed, arrange, do, world):
        def start(unit):
            request = StartRun(agreed, unit, TODAY, TODAY + timedelta(days=30))
            run_id = do(world.mia, start_run, request).run_id
            do(world.mia, select_candidates, SelectCandidates(run_id))
            if unit == bank.BANK:
                do(world.ann, confirm_candidates, Confirm(run_id, [1, 2], accept=True))
            return run_id

        return start

    def test_what_shows_what_was_agreed_to_is_launched(self, selected, do, world):
        run_id = selected(bank.BANK)
        assert do(world.mia, launch_weighed, Launch(run_id)).treated

    def test_what_shows_less_waits_for_an_approver(self, selected, do, ask, world, engine):
        run_id = selected(bank.SOUTH)
        with pytest.raises(Invalid, match=r"can hardly be shown .* An approver has to allow"):
            do(world.mia, launch_weighed, Launch(run_id))
        fact = do(world.pia, allow_launch, AllowLaunch(run_id, " A pilot first "))

        found = ask(world.mia, before_launch, run_id=run_id)
        assert (found.allowed.reason, found.allowed.at) == ("A pilot first", NOW)
        assert (found.allowed.by, found.allowed.power) == (world.pia.name, fact.power)
        assert found.is_weaker
        assert not found.needs_override
        assert fact.agreed > 0.8 > fact.power == found.found.power
        assert do(world.mia, launch_weighed, Launch(run_id)).activities
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "launch.allowed"))
        assert entry.facts["reason"] == "A pilot first"
        with pytest.raises(Conflict, match="no launch to allow"):
            do(world.pia, allow_launch, AllowLaunch(run_id, "Too late"))

    def test_a_new_selection_has_to_be_allowed_anew(self, selected, do, ask, world):
        run_id = selected(bank.SOUTH)
        do(world.pia, allow_launch, AllowLaunch(run_id, "A pilot"))
        later = NOW + timedelta(days=1)
        do(world.mia, select_candidates, SelectCandidates(run_id), now=later)
        assert ask(world.mia, before_launch, run_id=run_id).needs_override
        with pytest.raises(Invalid, match="An approver has to allow"):
            do(world.mia, launch_weighed, Launch(run_id), now=later)
        do(world.pia, allow_launch, AllowLaunch(run_id, "Again"), now=later)
        assert do(world.mia, launch_weighed, Launch(run_id), now=later).activities

    def test_time_takes_hands_away_too(self, selected, do, world):
        """On the last evening nobody has an hour left, whatever was found at the approval."""
        run_id = selected(bank.BANK)
        evening = (NOW + timedelta(days=30)).replace(hour=20)
        with pytest.raises(Invalid, match="the gain is 0 %"):
            do(world.mia, launch_weighed, Launch(run_id), now=evening)

    def test_only_what_needs_it_is_allowed_and_with_a_reason(self, selected, do, world):
        enough, weaker = selected(bank.BANK), selected(bank.SOUTH)
        with pytest.raises(Conflict, match="needs no permission"):
            do(world.pia, allow_launch, AllowLaunch(enough, "Just so"))
        with pytest.raises(Invalid, match="Say why"):
            do(world.pia, allow_launch, AllowLaunch(weaker, "  "))
        with pytest.raises(NotFound):
            do(world.pia, allow_launch, AllowLaunch(99, "Just so"))

    def test_nobody_allows_what_they_wrote_or_may_not_approve(self, selected, do, world):
        run_id = selected(bank.SOUTH)
        with pytest.raises(NotAllowed):
            do(world.mia, allow_launch, AllowLaunch(run_id, "Mine"))
        both = replace(world.mia, roles=world.mia.roles | world.pia.roles)
        with pytest.raises(OwnHand, match="You had a hand in this version"):
            do(both, allow_launch, AllowLaunch(run_id, "Mine"))

    @pytest.fixture
    def of_both_roles(self, world):
        roles = world.mia.roles | world.pia.roles
        return [replace(each, roles=roles) for each in (world.pia, world.eve)]

    def test_nobody_allows_and_launches_the_same_run(self, selected, do, of_both_roles, engine):
        pia, eve = of_both_roles
        run_id = selected(bank.SOUTH)
        with pytest.raises(NotAgreed):
            do(eve, launch_weighed, Launch(run_id))
        with pytest.raises(OwnHand, match="asked for its launch"):
            do(eve, allow_launch, AllowLaunch(run_id, "I want it"))
        do(pia, allow_launch, AllowLaunch(run_id, "A pilot"))
        with pytest.raises(OwnHand, match="You allowed this launch yourself"):
            do(pia, launch_weighed, Launch(run_id))
        with Session(engine) as session:
            tries = session.scalars(select(Entry).where(Entry.kind == "own_hand.refused")).all()
        assert [(each.actor_id, each.facts["about"]) for each in tries] == [
            (eve.person_id, [f"run:{run_id}"]),
            (pia.person_id, [f"run:{run_id}"]),
        ]
        assert do(eve, launch_weighed, Launch(run_id)).treated

    def test_nobody_allows_what_they_selected(self, selected, do, ask, of_both_roles):
        pia, eve = of_both_roles
        do(pia, select_candidates, SelectCandidates(run_id := selected(bank.SOUTH)))
        assert ask(pia, objection, run_id=run_id) is Objection.RUNS
        assert ask(eve, objection, run_id=run_id) is None
        with pytest.raises(OwnHand, match="selected for it"):
            do(pia, allow_launch, AllowLaunch(run_id, "Mine"))


class TestWaitingLaunches:
    """A launch that shows less than was agreed to is told to whoever may allow it."""

    @pytest.fixture
    def weak(self, agreed, do, world):
        request = StartRun(agreed, bank.SOUTH, TODAY, TODAY + timedelta(days=30))
        run_id = do(world.mia, start_run, request).run_id
        do(world.mia, select_candidates, SelectCandidates(run_id))
        return run_id

    def test_are_told_with_the_chance_then_and_now(self, weak, ask, world):
        [waiting] = ask(world.pia, launches_waiting)
        found = ask(world.mia, before_launch, run_id=weak)
        assert waiting.id == weak
        assert (waiting.agreed, waiting.now) == (found.agreed.power, found.power_now)
        assert waiting.agreed > 0.8 > waiting.now
        assert (waiting.unit, waiting.selected_at) == ("South", NOW)
        assert (waiting.asked_by, waiting.asked_at, waiting.objection) == (None, None, None)
        assert ask(world.mia, launches_waiting)[0].objection is Objection.WROTE

    def test_of_several_each_is_weighed_as_if_it_were_alone(self, weak, agreed, do, ask, world):
        request = StartRun(agreed, bank.NORTH, TODAY, TODAY + timedelta(days=20))
        other = do(world.mia, start_run, request).run_id
        do(world.mia, select_candidates, SelectCandidates(other))
        waiting = {each.id: each.now for each in ask(world.pia, launches_waiting)}
        alone = {id_: ask(world.mia, before_launch, run_id=id_).power_now for id_ in (weak, other)}
        assert waiting == alone
        do(world.pia, allow_launch, AllowLaunch(weak, "A pilot"))
        assert [each.id for each in ask(world.pia, launches_waiting)] == [other]

    def test_say_who_asked_of_this_selection(self, weak, do, ask, world):
        with pytest.raises(NotAgreed):
            do(world.mia, launch_weighed, Launch(weak), now=NOW + timedelta(hours=1))
        [waiting] = ask(world.pia, launches_waiting)
        assert (waiting.asked_by, waiting.asked_at) == (world.mia.name, NOW + timedelta(hours=1))

        do(world.mia, select_candidates, SelectCandidates(weak), now=NOW + timedelta(hours=2))
        assert ask(world.pia, launches_waiting)[0].asked_by is None

    def test_are_gone_when_allowed_or_when_their_last_day_is_over(self, weak, do, ask, world):
        assert ask(world.pia, launches_waiting, now=NOW + timedelta(days=31)) == []
        do(world.pia, allow_launch, AllowLaunch(weak, "A pilot"))
        assert ask(world.pia, launches_waiting) == []

    def test_none_where_what_was_agreed_is_shown(self, agreed, do, ask, world):
        request = StartRun(agreed, bank.BANK, TODAY, TODAY + timedelta(days=30))
        run_id = do(world.mia, start_run, request).run_id
        do(world.mia, select_candidates, SelectCandidates(run_id))
        do(world.ann, confirm_candidates, Confirm(run_id, [1, 2], accept=True))
        assert ask(world.pia, launches_waiting) == []

    def test_of_other_units_nothing_is_told(self, weak, ask, world):
        north = replace(world.pia, scope=replace(world.pia.scope, bank_wide=False, unit_ids=(3,)))
        assert ask(north, launches_waiting) == []
        with pytest.raises(NotFound):
            ask(north, objection, run_id=weak)
        with pytest.raises(NotAllowed):
            ask(world.ann, launches_waiting)
