"""Having reported conversions looked at: asking leads, and keeping what they find."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from core.access import Permission
from core.campaigns.model import Design
from core.database import Moment, affected
from core.impact.queries.funnel import require_run
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.model import Lead
from core.runs.arms import hashed_in_sql
from core.runs.model import Candidate, Run
from core.truth.events import FindingRecorded, ReviewAsked
from core.truth.model import Review
from core.truth.queries.bursts import bursts, in_bursts, times_of
from core.truth.queries.claims import claimed, known
from core.truth.queries.judging import judged
from core.truth.queries.naming import reporter
from core.truth.rules import LEFT, Finding, Standing, check_note
from core.work import Work

MOST = 200  # of a branch at once: more than a lead looks at
_DRAW = 7_919  # another key than that of the arms, which a customer's hash has decided already


@dataclass(frozen=True)
class AskForReview:
    """A request to have conversions of a run looked at: so many of each branch, at most.

    Half of them, rounded up, are drawn at random; the rest are those that look false.
    """

    run_id: int
    size: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST:
            raise Invalid(f"Ask for 1 to {MOST} conversions of each branch.")


def ask_for_review(work: Work, request: AskForReview) -> ReviewAsked:
    """Draw conversions of every branch by a keyed hash; asked again, it draws on from there.

    :raises NotFound: no such run, or nobody of it is in scope
    :raises Conflict: nothing that was reported is left to look at
    """
    work.authorize(Permission.ANALYSE)
    run = require_run(work, request.run_id)
    # Held until the end: of two who ask at once, the second draws on from where the first ended.
    work.session.refresh(run, with_for_update=True)

    before = _asked(work, run.id)
    work.session.execute(insert(Review).from_select(_NAMES, _drawn(work, run, request.size)))
    after = _asked(work, run.id)
    if after[0] == before[0]:
        raise Conflict(f"No reported conversion of run {run.code} is left that nobody looks at.")

    fact = ReviewAsked(
        run_id=run.id,
        run=run.code,
        asked=after[0] - before[0],
        at_random=after[1] - before[1],
        branches=after[2],
    )
    work.record(fact)
    return fact


@dataclass(frozen=True)
class RecordFinding:
    """What a lead found of a conversion; `seen` is what stood there when the lead looked."""

    run_id: int
    customer_id: int
    finding: Finding
    note: str = ""
    seen: Finding = Finding.OPEN


def record_finding(work: Work, request: RecordFinding) -> FindingRecorded:
    """Keep whether a reported conversion is genuine; a false one is taken out of the result.

    Genuine does not put back what the holdings do not show: a lead can only take out.

    :raises NotFound: the lead's branch is not asked about it
    :raises NotAllowed: the lead reported it
    :raises Invalid: nothing was found, or no note says why it is false
    :raises Conflict: it is not reported any longer, or somebody found something meanwhile
    """
    work.authorize(Permission.REVIEW_CONVERSIONS)
    review = _review(work, request)

    note = check_note(request.finding, request.note)
    if not _is_claimed(work, request):
        raise Conflict("The sale is not reported any longer: there is nothing left to look at.")

    changed = affected(
        work.session,
        update(Review)
        .where(*_of(request), Review.finding == request.seen)
        .values(
            finding=request.finding,
            note=note,
            found_at=work.now,
            found_by=work.actor.person_id,
        ),
    )
    if not changed:
        work.session.refresh(review)
        raise Conflict(f"Somebody found it {review.finding} meanwhile; look at it again.")

    fact = FindingRecorded(
        run_id=request.run_id,
        customer_id=request.customer_id,
        was=request.seen,
        finding=request.finding,
        note=note,
    )
    work.record(fact)
    return fact


def _asked(work: Work, run_id: int) -> tuple[int, int, int]:
    """Count who is asked about, who of them at random, and in how many branches."""
    counts = select(
        func.count(),
        func.count().filter(Review.at_random),
        func.count(Review.branch_id.distinct()),
    ).where(Review.run_id == run_id)
    asked, at_random, branches = work.session.execute(counts).one()
    return asked, at_random, branches


_NAMES = ["run_id", "customer_id", "branch_id", "at_random"]
_NAMES += ["asked_at", "asked_by", "finding", "note"]


def _drawn(work: Work, run: Run, size: int) -> Select[Any]:
    """Select whom to ask about: the lowest hashes of each branch, and of its suspicious ones."""
    at_random, suspicious = size - size // 2, size // 2
    c = hashed_in_sql(_left(work, run), run.arm_key + _DRAW).c
    place = func.row_number().over(partition_by=[c.branch_id, c.stands], order_by=c.hash)
    first = select(*c, place.label("place")).subquery()
    c = first.c
    other = and_(c.is_suspicious, or_(~c.stands, c.place > at_random))
    turn = func.row_number().over(partition_by=[c.branch_id, other], order_by=c.hash)
    many = func.count().filter(other).over(partition_by=c.branch_id)
    second = select(*c, other.label("other"), turn.label("turn"), many.label("many")).subquery()
    c = second.c
    # Where fewer look false than there is room for, more are drawn at random.
    room = case((c.many < suspicious, size - c.many), else_=at_random)
    is_random = and_(c.stands, c.place <= room)
    return select(
        literal(run.id),
        c.customer_id,
        c.branch_id,
        is_random,
        literal(work.now, Moment),
        literal(work.actor.person_id, Integer),
        Finding.OPEN.literal,
        literal(""),
    ).where(or_(is_random, and_(c.other, c.turn <= suspicious)))


def _left(work: Work, run: Run) -> Select[Any]:
    """Select the conversions that nobody is asked about yet, and what speaks against them."""
    claims = judged(work, [run.id], known(work))
    times = times_of(work, run)
    piled = in_bursts(
        work,
        bursts(work, run_id=run.id, times=times),
        times,
        at=claims.c.converted_at,
        branch_id=claims.c.branch_id,
        person_id=reporter(claims),
    )
    return select(
        claims.c.customer_id,
        claims.c.branch_id,
        (claims.c.standing == Standing.STANDS).label("stands"),
        or_(claims.c.standing.not_in(LEFT), piled).label("is_suspicious"),
    ).where(claims.c.finding.is_(None))


def _review(work: Work, request: RecordFinding) -> Review:
    review = work.session.scalar(
        select(Review).where(*_of(request), work.actor.of_branch(Review.branch_id))
    )
    if review is None:
        raise NotFound("Your branch is not asked to look at this sale.")
    own = select(Lead.id).where(
        Lead.run_id == request.run_id,
        Lead.customer_id == request.customer_id,
        Lead.person_id == work.actor.person_id,
    )
    if work.session.scalar(own.limit(1)) is not None:
        raise NotAllowed("You reported this sale yourself; somebody else has to look at it.")
    return review


def _is_claimed(work: Work, request: RecordFinding) -> bool:
    return bool(
        work.session.scalar(
            select(Candidate.run_id)
            .join(Run, Run.id == Candidate.run_id)
            .join(Design, Design.id == Run.design_id)
            .where(
                Candidate.run_id == request.run_id,
                Candidate.customer_id == request.customer_id,
                claimed(),
            )
        )
    )


def _of(request: RecordFinding) -> tuple[ColumnElement[bool], ...]:
    return Review.run_id == request.run_id, Review.customer_id == request.customer_id
