"""Which offers of competitors beat our terms, as the bank's watches say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.market.model import Competitor, CompetitorMove, Threat, Watch
from core.market.queries.asked import SEES
from core.market.queries.exposure import Exposed, Stake, stake
from core.market.queries.offers import RATES, rate_offers
from core.market.queries.rates import comparable_rate
from core.market.rules import MoveKind, advantage
from core.people.queries.units import lineage, subtree
from core.work import Reader

FRESH_DAYS = 90  # an offer that is older has done its harm, or none
# What takes an offer back, or puts another in its place.
_ENDS = (*RATES, MoveKind.RATE_REMOVED, MoveKind.OFFER_ENDED)


@dataclass(frozen=True)
class Match:
    """An offer that beats ours by the watch's threshold, and what is at stake by it."""

    watch: Watch
    move: CompetitorMove
    competitor: str
    whom: Exposed
    ours: float
    theirs: float
    stake: Stake


def matches(view: Reader, *, counted: Mapping[Exposed, Stake] | None = None) -> list[Match]:
    """Find the standing offers that threaten somebody and that nobody was told of yet.

    Of a competitor's offers the best one counts for each watch and region. What is no better than
    an offer of theirs that was told of already is nothing new; what nobody holds threatens nobody.

    :param counted: what is at stake, if that was counted already; whom it leaves out is left out
    """
    view.authorize(*SEES)
    watches = view.session.scalars(
        select(Watch)
        .where(~Watch.is_retired, view.actor.scope.limits(Watch.unit_id))
        .order_by(Watch.id)
    )
    known = dict(counted or {})

    def stake_of(whom: Exposed) -> Stake | None:
        if whom not in known and counted is None:  # each is a look at everybody
            known[whom] = stake(view, whom)
        return known.get(whom)

    return [match for watch in watches for match in _of_watch(view, watch, stake_of)]


def stakes(view: Reader) -> dict[Exposed, Stake]:
    """Count what is at stake by what `matches` finds, for `FindThreats` to keep."""
    return {match.whom: match.stake for match in matches(view)}


def _of_watch(
    view: Reader, watch: Watch, stake_of: Callable[[Exposed], Stake | None]
) -> Iterator[Match]:
    told = _told(view, watch)
    for offer in _best(view, watch):
        known = [
            each.rate
            for each in told
            if each.move_id == offer.move.id
            or (each.is_fresh and (each.competitor_id, each.unit_id) == offer.place)
        ]
        if any(advantage(watch.side, offer.theirs, theirs) <= 0 for theirs in known):
            continue
        whom = Exposed(offer.unit_id, watch.product_id)
        at_stake = stake_of(whom)
        if at_stake is not None and at_stake.customers:
            competitor = view.session.get_one(Competitor, offer.move.competitor_id).name
            yield Match(watch, offer.move, competitor, whom, offer.ours, offer.theirs, at_stake)


@dataclass(frozen=True)
class _Offer:
    move: CompetitorMove
    unit_id: int
    ours: float
    theirs: float

    @property
    def place(self) -> tuple[int | None, int]:
        return self.move.competitor_id, self.unit_id


@dataclass(frozen=True)
class _Told:
    """An offer that somebody was told of; a fresh one stands for all of the competitor's there."""

    move_id: int | None
    competitor_id: int | None
    unit_id: int
    rate: float
    is_fresh: bool


def _best(view: Reader, watch: Watch) -> list[_Offer]:
    """Return each competitor's best standing offer that beats ours, region by region."""
    beneath = set(subtree(view.session, watch.unit_id))
    today = view.now.date()
    ours: dict[tuple[int, str], float | None] = {}
    best: dict[tuple[int | None, int], tuple[float, _Offer]] = {}
    for move in _standing(view, watch, beneath, today):
        region = move.unit_id if move.unit_id in beneath else None
        unit_id = watch.unit_id if region is None else region
        asked = unit_id, move.terms or ""
        if asked not in ours:
            ours[asked] = _ours(view, watch, *asked)
        own, theirs = ours[asked], move.new_value
        if own is None or theirs is None:
            continue
        gap, key = advantage(watch.side, theirs, own), (move.competitor_id, unit_id)
        if gap >= watch.threshold and (key not in best or gap > best[key][0]):
            best[key] = gap, _Offer(move, unit_id, own, theirs)
    return [offer for _gap, offer in best.values()]


def _standing(view: Reader, watch: Watch, beneath: set[int], today: date) -> list[CompetitorMove]:
    """Return the fresh offers that hold there or in a part of it, and that nothing has ended."""
    move = CompetitorMove
    regions = beneath.union(lineage(view.session, watch.unit_id))
    offers = rate_offers(
        category=watch.product_category,
        side=watch.side,
        terms=watch.terms,
        since=today - timedelta(days=FRESH_DAYS),
        until=today,
        unit_ids=sorted(regions),
    )
    offers = offers.where(~_ended(today)).order_by(move.moved_on, move.id)
    return list(view.session.scalars(offers))


def _ended(today: date) -> ColumnElement[bool]:
    move, later = CompetitorMove, aliased(CompetitorMove)
    same_product = and_(
        later.competitor_id == move.competitor_id,
        func.coalesce(later.product_code, later.product_name)
        == func.coalesce(move.product_code, move.product_name),
        later.unit_id.is_not_distinct_from(move.unit_id),
    )
    comes_after = and_(
        later.moved_on <= today,
        or_(
            later.moved_on > move.moved_on,
            and_(later.moved_on == move.moved_on, later.id > move.id),
        ),
    )
    same_terms = func.coalesce(later.terms, "") == func.coalesce(move.terms, "")
    ends = or_(later.kind == MoveKind.PRODUCT_WITHDRAWN, and_(later.kind.in_(_ENDS), same_terms))
    return exists().where(same_product, comes_after, ends, later.is_plausible)


def _ours(view: Reader, watch: Watch, region: int, terms: str) -> float | None:
    found = comparable_rate(
        view.session,
        product_id=watch.product_id,
        unit_id=region,
        side=watch.side,
        on=view.now.date(),
        terms=terms,
    )
    return None if found is None else found.rate


def _told(view: Reader, watch: Watch) -> list[_Told]:
    zone, since = view.now.tzinfo, view.now.date() - timedelta(days=FRESH_DAYS)
    rows = view.session.execute(
        select(
            Threat.move_id,
            CompetitorMove.competitor_id,
            Threat.unit_id,
            Threat.their_rate,
            Threat.found_at,
        )
        .join(CompetitorMove, CompetitorMove.id == Threat.move_id)
        .where(Threat.watch_id == watch.id)
    )
    return [
        _Told(move_id, competitor_id, unit_id, rate, found_at.astimezone(zone).date() >= since)
        for move_id, competitor_id, unit_id, rate, found_at in rows
        if rate is not None
    ]
