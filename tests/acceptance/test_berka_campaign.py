"""A real bank's customers, from its files to a worked campaign, counted against the files."""

import csv
import gzip
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.launch import Launch, launch
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity
from core.activities.queries.batches import batch_refusals
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.lists import pool, team_list
from core.activities.rules import Objection, Outcome, Status
from core.campaigns.model import Design, StatusReason
from core.campaigns.rules import Metric
from core.customers.actions import SetIndicator, set_indicator
from core.customers.model import Customer
from core.customers.rules import IndicatorKind
from core.database import connect
from core.impact.actions import ObserveOutcomes, observe_outcomes
from core.impact.queries.funnel import funnel
from core.impact.queries.runs import impact
from core.impact.rules import Grade, Reason
from core.intake.rules import IntakeKind
from core.measures import Rate
from core.people.model import Unit
from core.refusals import Invalid, NotAllowed, NotFound
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Excluded
from core.runs.queries.candidates import why
from core.runs.queries.selection import waterfall
from core.runs.rules import CONTROL_ARM, Confirmation, Exclusion
from core.segments.queries import count
from core.windows import Window
from core.work import reading
from data import reference as words
from data.integrity import RULES, examine
from tests.conftest import NOW
from tests.databases import administer, named
from tests.making import berka

pytestmark = pytest.mark.reference

WORKED, DECIDED = NOW + timedelta(days=2), NOW + timedelta(days=9)
STEPS = (
    *("targeted", "confirmed", "assigned", "attempted"),
    *("reached", "responded", "converted", "won"),
)


@dataclass(frozen=True)
class Told:
    """What the files say when somebody else reads them: customers by number."""

    households: set[str]  # with a household order and none for insurance
    in_arrears: set[str]
    branch: dict[str, str]  # the code of the branch of everybody


@dataclass
class Story:
    """The bank, what its files say, and what the funnel has to show by now."""

    bank: berka.Bank
    told: Told
    run_id: int = 0
    held_out: set[str] = field(default_factory=set)
    contacted: set[str] = field(default_factory=set)
    funnel: Counter[str] = field(default_factory=Counter)

    def __post_init__(self):
        self.numbers = dict(self.stored(Customer.id, Customer.customer_no))
        self.ids = {number: id_ for id_, number in self.numbers.items()}
        self.reasons = dict(self.stored(StatusReason.code, StatusReason.id))

    def stored(self, *columns: Any) -> list[Any]:
        with Session(self.bank.engine) as session:
            return session.execute(select(*columns)).all()

    def ask(self, actor: Any, query: Callable[..., Any], **filters: Any) -> Any:
        with reading(self.bank.engine, actor, now=DECIDED) as view:
            return query(view, **filters)

    def do(self, actor: Any, action: Any, request: Any, *, now: Any = WORKED) -> Any:
        return self.bank.do(actor, action, request, now=now)

    def check_funnel(self, **moved: int) -> None:
        """Check every step; `moved` is by how much some have moved since the last check."""
        self.funnel.update(moved)
        [row] = self.ask(self.bank.dana, funnel, run_id=self.run_id)
        assert {step: getattr(row.tally, step) for step in STEPS} == {
            step: self.funnel[step] for step in STEPS
        }


@pytest.fixture
def told(reference):
    def rows(name):
        with gzip.open(reference / "berka" / f"{name}.asc.gz", "rt") as file:
            return list(csv.DictReader(file, delimiter=";"))

    dispositions, orders = rows("disp"), rows("order")
    owner = {d["account_id"]: d["client_id"] for d in dispositions if d["type"] == "OWNER"}
    district = {account["account_id"]: account["district_id"] for account in rows("account")}
    household, insurance = (
        {owner[order["account_id"]] for order in orders if order["k_symbol"] == purpose}
        for purpose in ("SIPO", "POJISTNE")
    )
    return Told(
        households=household - insurance,
        in_arrears={owner[loan["account_id"]] for loan in rows("loan") if loan["status"] in "BD"},
        branch={d["client_id"]: f"D{district[d['account_id']]}" for d in dispositions},
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def bank(request, tmp_path, reference):
    """The bank of the files in a database of its own, where only the people are invented."""
    server, name = None, f"berka_{secrets.token_hex(4)}"
    url = f"sqlite:///{tmp_path / 'berka.db'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_url")
        administer(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    engine = connect(url)
    yield berka.open_bank(engine, reference / "berka", now=NOW)
    engine.dispose()
    if server:
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_berka_from_the_files_to_a_worked_campaign(bank, told, tmp_path):
    story = Story(bank, told)
    managed = select_the_right_ones(story, tmp_path)
    launch_to_the_branches(story, managed)
    chosen, leads = work_from_the_pool(story)
    hand_out_twenty_at_once(story, chosen)
    follow_the_leads(story, leads)
    look_for_the_outcome(story, tmp_path)

    found = {finding.rule: finding.violations for finding in story.ask(SYSTEM, examine)}
    assert found == dict.fromkeys(RULES, 0)


def select_the_right_ones(story, folder):
    """Everybody is a candidate, or knows the first rule that kept the customer out."""
    bank, told = story.bank, story.told
    dana = bank.dana
    assert len(bank.branches) == 77
    assert story.ask(SYSTEM, count, rule=berka.rule("B3")) == len(told.households) == 2_833
    assert story.ask(SYSTEM, count, rule=berka.rule("B4")) == len(told.in_arrears) == 76
    fit = told.households - told.in_arrears
    in_capital = sorted((n for n in fit if told.branch[n] == berka.CAPITAL), key=int)
    managed, distressed = in_capital[:8], in_capital[8]
    berka.make_managed(bank, managed, "S004", folder)
    bank.do(SYSTEM, set_indicator, SetIndicator(story.ids[distressed], IndicatorKind.DISTRESS))
    design_id = berka.agree_on_campaign(bank)
    [(frozen, author, approver)] = story.stored(Design.frozen, Design.author_id, Design.approver_id)
    assert frozen["rule"] == berka.rule("B3")
    assert (author, approver) == (dana.person_id, bank.pavel.person_id)

    story.run_id = berka.start(bank, design_id)
    bank.do(dana, select_candidates, SelectCandidates(story.run_id))

    expected = {
        Exclusion.DISTRESS: {distressed},
        Exclusion.NOT_IN_SEGMENT: told.branch.keys() - told.households,
        Exclusion.ON_EXCLUSION_LIST: told.households & told.in_arrears,
    }
    fell = story.ask(dana, waterfall, run_id=story.run_id)
    assert fell.population == 5_369
    assert fell.candidates + sum(step.excluded for step in fell.steps) == fell.population
    assert fell.candidates == len(fit) - 1 <= 2_833
    assert {step.reason: step.excluded for step in fell.steps if step.excluded} == {
        reason: len(whom) for reason, whom in expected.items()
    }
    kept_out = story.stored(Excluded.customer_id, Excluded.reason)
    assert {story.numbers[id_]: reason for id_, reason in kept_out} == {
        number: reason for reason, whom in expected.items() for number in whom
    }
    for reason, whom in expected.items():
        said = story.ask(dana, why, run_id=story.run_id, customer_no=min(whom))
        assert (said.reason, said.is_candidate) == (reason, False)
    arms = story.stored(Candidate.customer_id, Candidate.arm)
    assert {story.numbers[id_] for id_, _ in arms} == fit - {distressed}
    return managed


def launch_to_the_branches(story, managed):
    """A tenth is held out and left in peace; the others are work in their own branches."""
    bank, told, dana = story.bank, story.told, story.bank.dana
    arms = {story.numbers[id_]: a for id_, a in story.stored(Candidate.customer_id, Candidate.arm)}
    story.held_out = {number for number, arm in arms.items() if arm == CONTROL_ARM}
    treated = arms.keys() - story.held_out
    assert len(story.held_out) / len(arms) == pytest.approx(0.1, abs=0.02)
    assert not story.ask(dana, impact, run_id=story.run_id).report.ratio.alarm

    with pytest.raises(Invalid, match="wait for the confirmation"):
        bank.do(dana, launch, Launch(story.run_id))
    rejected = set(managed[:2])
    ids = {
        accept: {story.ids[n] for n in managed if (n in rejected) != accept} for accept in (0, 1)
    }
    bank.do(bank.marie, confirm_candidates, Confirm(story.run_id, ids[True], accept=True))
    no = Confirm(story.run_id, ids[False], accept=False, reason="Is moving away")
    bank.do(bank.marie, confirm_candidates, no)
    decided = story.stored(Candidate.customer_id, Candidate.confirmation)
    assert {id_ for id_, answer in decided if answer is Confirmation.REJECTED} == ids[False]

    launched = bank.do(dana, launch, Launch(story.run_id))
    story.contacted = treated - rejected
    with_marie = story.contacted & set(managed)
    assert (launched.activities, launched.messages) == (len(story.contacted), 0)
    assert launched.held == len(with_marie) > 0

    codes = dict(story.stored(Unit.id, Unit.code))
    work = story.stored(Activity.customer_id, Activity.branch_id, Activity.person_id)
    assert len(work) == len(story.contacted)
    assert {story.numbers[id_]: codes[branch] for id_, branch, _ in work} == {
        number: told.branch[number] for number in story.contacted
    }
    assert {story.numbers[id_]: person for id_, _, person in work if person} == dict.fromkeys(
        with_marie, bank.marie.person_id
    )
    story.check_funnel(
        targeted=len(treated), confirmed=len(story.contacted), assigned=len(with_marie)
    )


def work_from_the_pool(story):
    """Agents take from the pool of their own branch only, and write down what was said."""
    bank, reasons = story.bank, story.reasons
    waiting = story.ask(bank.jan, pool).rows
    assert {row.branch_id for row in waiting} == {bank.branches[berka.CAPITAL]}
    chosen = [row.id for row in waiting[:6]]
    for id_ in chosen:
        story.do(bank.jan, take, Take(id_))
    story.check_funnel(assigned=6)
    [in_the_east] = story.ask(bank.milan, pool, window=Window(size=1)).rows
    with pytest.raises(NotFound):
        story.do(bank.jan, take, Take(in_the_east.id))

    yes = [story.do(bank.jan, respond, Respond(id_, Outcome.ACCEPTED)) for id_ in chosen[:2]]
    story.check_funnel(attempted=2, reached=2, responded=2, converted=2)
    for id_ in chosen[2:4]:
        story.do(bank.jan, respond, Respond(id_, Outcome.REFUSED, reasons[words.REFUSED_OFFER]))
    story.check_funnel(attempted=2, reached=2, responded=2)
    missed = NoteAttempt(chosen[4], Outcome.NOT_REACHED, reasons[words.NO_ANSWER])
    story.do(bank.jan, note_attempt, missed)
    story.check_funnel(attempted=1)
    later = NoteAttempt(chosen[5], Outcome.CALL_BACK, reasons[words.NEEDS_TIME])
    story.do(bank.jan, note_attempt, later)
    story.check_funnel(attempted=1, reached=1)
    for agent in (bank.milan, bank.karel):
        taken = story.do(agent, take_next, TakeNext())
        yes.append(story.do(agent, respond, Respond(taken.activity_id, Outcome.ACCEPTED)))
    story.check_funnel(assigned=2, attempted=2, reached=2, responded=2, converted=2)
    return chosen, [answer.lead.lead_id for answer in yes]


def hand_out_twenty_at_once(story, by_jan):
    """What qualifies moves, and each of the others comes back with its reason."""
    bank, closed, missed = story.bank, by_jan[:4], by_jan[4]
    [next_one] = story.ask(bank.petr, pool, window=Window(size=1)).rows
    story.do(bank.petr, take, Take(next_one.id))
    [in_the_east] = story.ask(bank.milan, pool, window=Window(size=1)).rows
    everything = ActivityFilter(statuses=frozenset(Status))
    team = story.ask(bank.eva, team_list, matching=everything, window=Window(size=500)).rows
    versions = {row.id: row.version for row in team} | {in_the_east.id: in_the_east.version}
    unassigned = [row.id for row in team if row.status is Status.UNASSIGNED][:13]
    twenty = {
        id_: versions[id_] for id_ in (*closed, missed, next_one.id, in_the_east.id, *unassigned)
    }
    assert len(twenty) == 20

    with pytest.raises(NotAllowed):
        story.do(bank.petr, assign, Assign(twenty, bank.petr.person_id))
    moved, refused = handed_out(story, twenty, bank.milan)
    assert moved == set()
    away = (missed, next_one.id, *unassigned)
    assert refused == {
        **dict.fromkeys(closed, Objection.CLOSED),
        **dict.fromkeys(away, Objection.OTHER_BRANCH),
        in_the_east.id: Objection.MISSING,
    }
    story.do(bank.marie, take, Take(unassigned[0]))
    moved, refused = handed_out(story, twenty, bank.petr)
    assert moved == {missed, *unassigned[1:]}
    assert refused == {
        **dict.fromkeys(closed, Objection.CLOSED),
        next_one.id: Objection.ALREADY,
        unassigned[0]: Objection.MEANWHILE,
        in_the_east.id: Objection.MISSING,
    }
    story.check_funnel(assigned=len({next_one.id, *unassigned}))  # the missed one had somebody


def handed_out(story, asked, to):
    """Have Eva hand these out; return what moved, and why each of the others did not."""
    fact = story.do(story.bank.eva, assign, Assign(asked, to.person_id))
    rows = story.ask(story.bank.eva, batch_refusals, batch_id=fact.batch_id).rows
    refused = {row.id: row.reason for row in rows}
    assert (fact.moved, fact.refused) == (len(asked) - len(refused), len(refused))
    return asked.keys() - refused.keys(), refused


def follow_the_leads(story, leads):
    bank, dana = story.bank, story.bank.dana
    story.do(bank.jan, win_lead, WinLead(leads[0]), now=DECIDED)
    lost = LoseLead(leads[1], "Is insured elsewhere")
    story.do(bank.jan, lose_lead, lost, now=DECIDED)
    story.do(bank.milan, win_lead, WinLead(leads[2]), now=DECIDED)
    story.check_funnel(won=2)

    [run] = story.ask(dana, funnel, run_id=story.run_id)
    assert run.tally.rate(Metric.CONVERSION) == Rate(2, len(story.contacted))
    codes = {str(id_): code for id_, code in story.stored(Unit.id, Unit.code)}
    by_branch = {
        codes[row.keys[0]]: row.tally
        for row in story.ask(dana, funnel, run_id=story.run_id, by=["branch"])
    }
    treated = {story.numbers[id_] for id_, arm in story.stored(Candidate.customer_id, Candidate.arm)
               if arm != CONTROL_ARM}  # fmt: skip
    expected = Counter(story.told.branch[number] for number in treated)
    assert {code: tally.targeted for code, tally in by_branch.items()} == expected
    assert {code: t.won for code, t in by_branch.items() if t.won} == {
        berka.CAPITAL: 1,
        berka.EAST: 1,
    }


def look_for_the_outcome(story, folder):
    """Insurance is looked for in both arms alike: three of the treated, one of the held out."""
    bank, dana = story.bank, story.bank.dana
    before = story.ask(dana, impact, run_id=story.run_id)
    assert before.report.refused is Reason.NO_OUTCOME
    assert (before.control.targeted, before.control.assigned) == (len(story.held_out), 0)

    insured = [*sorted(story.contacted)[:3], min(story.held_out)]
    file, mapping = folder / "new.csv", folder / "new.toml"
    opened = f"{NOW + timedelta(days=5):%Y-%m-%d}"
    lines = (f"new {number},{number},insurance,{opened}\n" for number in insured)
    file.write_text(f"agreement,customer,product,opened\n{''.join(lines)}", encoding="utf-8")
    mapping.write_text(
        'source = "a later day"\n[fields]\nagreement_no = "agreement"\ncustomer = "customer"\n'
        'product = "product"\nopened_on = "opened"\n',
        encoding="utf-8",
    )
    assert berka.take(bank, IntakeKind.HOLDINGS, file, mapping).created == len(insured)
    story.do(dana, observe_outcomes, ObserveOutcomes(story.run_id), now=DECIDED)

    after = story.ask(dana, impact, run_id=story.run_id)
    assert after.treated.outcome_rate == Rate(3, story.funnel["targeted"])
    assert after.control.outcome_rate == Rate(1, len(story.held_out))
    assert after.report.grade is Grade.RANDOMISED
    [comparison] = after.report.comparisons
    assert not comparison.difference.proven
    story.check_funnel()
