"""How the work of one run goes: who is reached, answers, buys, and when.

Everything is drawn for all customers at once. A whole life is laid out first, from the launch to
the last contact; what lies after `until` has not happened yet, so that a run at work looks like
a film that was stopped in the middle.
"""

from dataclasses import dataclass

import numpy as np

from core.activities.rules import Outcome
from core.runs.rules import CONTROL_ARM
from data.demo.bank import Staff
from data.demo.customers import Codes, Customers, Days, Flags, Ids
from data.demo.selection import DAY, MINUTE, NEVER, Scenario, Selection, minutes

CONTACTS = 4  # at most: two in vain, one that ends in "call back", one that ends it
IN_VAIN = (0.6, 0.27, 0.13)  # no, one, two attempts before somebody answers
CALLED_BACK = 0.15
BOUGHT_BY_THEMSELVES_WITHIN = 50  # days
ASSIGNED_BY_LEAD = 0.25
LYING_BRANCHES = 3  # every third, where any do


@dataclass
class Lives:
    """One place an activity. Times that did not come to pass are NaT, codes of nothing are 0."""

    places: Ids  # of the customers
    holder: Ids  # whom it went to at once, or 0
    taker: Ids  # who has it in the end, or 0
    by_lead: Flags
    taken_at: Days
    contact_at: Days  # activities x contacts
    outcome: Codes  # activities x contacts: codes of Outcome
    promised_at: Days  # when to call again, where that was left open
    cancelled_at: Days
    wrong_number: Flags
    aborted: Flags
    buys: Flags  # after a lead
    claimed: Flags  # as bought, truly or not
    lead_closed_at: Days

    @property
    def refused_at(self) -> Days:
        """Return when each customer said no, if so."""
        return self.first(Outcome.REFUSED)

    def first(self, *wanted: Outcome) -> Days:
        """Return when each activity first came to one of these outcomes."""
        is_one = np.isin(self.outcome, [each.code for each in wanted])
        earliest: Days = np.fmin.reduce(np.where(is_one, self.contact_at, NEVER), axis=1)
        return earliest


def live(
    customers: Customers, staff: Staff, plan: Scenario, chosen: Selection, rng: np.random.Generator
) -> Lives:
    """Lay out the life of each activity of a launched run, as far as it has come."""
    assert plan.launched_at is not None  # noqa: S101  only launched runs make work
    worked = np.flatnonzero(chosen.is_worked)
    places = chosen.candidates[worked]
    many = len(places)
    spontaneous = _quota(rng, np.arange(many), plan.base_rate)
    begun = rng.random(many) < plan.effort
    reached = begun & (rng.random(many) < plan.reach)
    persuaded = _quota(
        rng,
        np.flatnonzero(reached & ~spontaneous),
        plan.treated_rate - plan.base_rate,
        of=many,
    )
    buys = reached & (spontaneous | persuaded)
    outcome = _outcomes(rng, plan, begun, reached, buys)
    taken_at, contact_at = _times(rng, plan, begun, outcome)

    managed = customers.manager_id[places]
    crew = staff.workers[customers.branch[places]]
    crew = crew[:, :3] if plan.certified_only else crew
    picked = np.take_along_axis(crew, rng.integers(0, crew.shape[1], many)[:, None], 1)[:, 0]
    taken_at = np.where(managed > 0, NEVER, taken_at)
    last = contact_at[np.arange(many), np.maximum((outcome > 0).sum(axis=1) - 1, 0)]
    cancelled_at = np.where(begun & ~reached, last + 10 * MINUTE, NEVER)
    closed = last + minutes(rng.integers(2 * 1_440, 12 * 1_440, many))
    lead_closed_at = np.where(_any(outcome, Outcome.ACCEPTED), closed, NEVER)

    past = contact_at <= plan.until
    promised = _promised(rng, contact_at, outcome, past)
    taken_at[~(taken_at <= plan.until)] = NEVER
    cancelled_at[~(cancelled_at <= plan.until)] = NEVER
    ended = _any(outcome * past, Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DONE)
    lead_closed_at[~(ended & (lead_closed_at <= plan.followed_until))] = NEVER
    contact_at[~past], outcome[~past] = NEVER, 0
    life = Lives(
        places=places,
        holder=managed,
        taker=np.where(managed > 0, managed, np.where(np.isnat(taken_at), 0, picked)),
        by_lead=rng.random(many) < ASSIGNED_BY_LEAD,
        taken_at=taken_at,
        contact_at=contact_at,
        outcome=outcome,
        promised_at=promised,
        cancelled_at=cancelled_at,
        wrong_number=rng.random(many) < 0.2,
        aborted=plan.is_finished & ~ended & np.isnat(cancelled_at),
        buys=buys & ended,
        claimed=_claimed(customers, plan, places, buys & ended, lead_closed_at),
        lead_closed_at=lead_closed_at,
    )
    _buy(customers, plan, chosen, life, rng, spontaneous & ~reached)
    return life


def _claimed(
    customers: Customers, plan: Scenario, places: Ids, buys: Flags, lead_closed_at: Days
) -> Flags:
    """Mark the sales as they are reported: some branches add a few of the leads that were lost."""
    lost = ~buys & ~np.isnat(lead_closed_at) & (customers.branch[places] % LYING_BRANCHES == 0)
    false = np.flatnonzero(lost)[: round(plan.false_reports * buys.sum())]
    claimed = buys.copy()
    claimed[false] = True
    return claimed


def _outcomes(
    rng: np.random.Generator, plan: Scenario, begun: Flags, reached: Flags, buys: Flags
) -> Codes:
    """Return what each contact came to, in order, in a row for each activity."""
    many = len(begun)
    in_vain = np.where(reached, rng.choice(3, many, p=IN_VAIN), rng.integers(2, 4, many))
    in_vain = np.where(begun, in_vain, 0)
    later = reached & (rng.random(many) < CALLED_BACK)
    if plan.is_sales:
        accepts = buys | (rng.random(many) < 0.1)
        final = np.where(accepts, Outcome.ACCEPTED.code, Outcome.REFUSED.code)
    else:
        final = np.full(many, Outcome.DONE.code)
    step = np.arange(CONTACTS)
    outcome = np.zeros((many, CONTACTS), np.int8)
    outcome[step < in_vain[:, None]] = Outcome.NOT_REACHED.code
    rows = np.flatnonzero(later)
    outcome[rows, in_vain[rows]] = Outcome.CALL_BACK.code
    rows = np.flatnonzero(reached)
    outcome[rows, (in_vain + later)[rows]] = final[rows]
    return outcome


def _times(
    rng: np.random.Generator, plan: Scenario, begun: Flags, outcome: Codes
) -> tuple[Days, Days]:
    """Return when each activity is taken and each contact happens: working days, in order."""
    many, days = len(begun), len(plan.mornings)
    start = (rng.beta(1.1, 1.7, many) * days * 0.8).astype(np.int16)
    gaps = rng.integers(0, 4, (many, CONTACTS), np.int16)
    day = np.minimum(start[:, None] + np.cumsum(gaps, axis=1, dtype=np.int16), days - 1)
    # A contact has its own part of the day, so that two on one day still come in order.
    contact_at = plan.mornings[day]
    contact_at += minutes(rng.integers(0, 85, (many, CONTACTS), np.int16))
    contact_at += minutes(45 + np.arange(CONTACTS) * 95)
    contact_at[outcome == 0] = NEVER
    taken_at = plan.mornings[start] + minutes(rng.integers(0, 40, many))
    return np.where(begun, taken_at, NEVER), contact_at


def _promised(rng: np.random.Generator, contact_at: Days, outcome: Codes, past: Flags) -> Days:
    """Return the next contact of those whose last one ended in "call back" and is behind us."""
    many = len(outcome)
    done = past.sum(axis=1)
    rows = np.arange(many)
    last, following = np.maximum(done - 1, 0), np.minimum(done, CONTACTS - 1)
    waits = (done > 0) & (outcome[rows, last] == Outcome.CALL_BACK.code) & (done < CONTACTS)
    # Some calls were to happen by now: those are what a person has to catch up on.
    slipped = contact_at[rows, following] - np.where(rng.random(many) < 0.3, 2, 0) * DAY
    return np.where(waits, np.maximum(slipped, contact_at[rows, last] + 60 * MINUTE), NEVER)


def _buy(
    customers: Customers,
    plan: Scenario,
    chosen: Selection,
    life: Lives,
    rng: np.random.Generator,
    alone: Flags,
) -> None:
    """Open the product for who buys: after a lead, or by themselves, worked on or not."""
    if plan.product is None or plan.launched_at is None:
        return
    won = life.buys & ~np.isnat(life.lead_closed_at)
    customers.buy(plan.product, life.places[won], life.lead_closed_at[won])
    held_out = chosen.candidates[chosen.arm == CONTROL_ARM]
    turned_down = chosen.candidates[(chosen.arm != CONTROL_ARM) & ~chosen.is_worked]
    by_themselves = np.concatenate(
        [life.places[alone]]
        + [
            group[_quota(rng, np.arange(len(group)), plan.base_rate)]
            for group in (held_out, turned_down, chosen.left_alone)
        ]
    )
    on = plan.launched_at + minutes(
        rng.integers(1_440, BOUGHT_BY_THEMSELVES_WITHIN * 1_440, len(by_themselves))
    )
    happened = on <= plan.followed_until
    customers.buy(plan.product, by_themselves[happened], on[happened])


def _quota(rng: np.random.Generator, among: Ids, rate: float, *, of: int | None = None) -> Flags:
    """Mark a share of `of` drawn among some places: the exact number, so that truth is known."""
    many = len(among) if of is None else of
    marked = np.zeros(many, bool)
    wanted = min(round(rate * many), len(among))
    marked[rng.choice(among, wanted, replace=False)] = True
    return marked


def _any(outcome: Codes, *wanted: Outcome) -> Flags:
    found: Flags = np.any(np.isin(outcome, [each.code for each in wanted]), axis=1)
    return found
