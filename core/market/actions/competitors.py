"""Competitors and their names: two names of one competitor must not become two competitors."""

from dataclasses import dataclass

from sqlalchemy import select, update

from core.access import Permission
from core.database import affected
from core.market.events import CompetitorAdded, CompetitorRenamed, CompetitorsMerged
from core.market.model import Competitor, CompetitorMove, CompetitorRate
from core.market.rules import spelling
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class AddCompetitor:
    name: str

    def __post_init__(self) -> None:
        _check_name(self.name)


@dataclass(frozen=True)
class RenameCompetitor:
    competitor_id: int
    name: str

    def __post_init__(self) -> None:
        _check_name(self.name)


@dataclass(frozen=True)
class MergeCompetitors:
    """A request to let a second name be the same competitor as a first one."""

    competitor_id: int
    merged_id: int

    def __post_init__(self) -> None:
        if self.competitor_id == self.merged_id:
            raise Invalid("A competitor can't be merged with itself; choose another name.")


def add_competitor(work: Work, request: AddCompetitor) -> CompetitorAdded:
    """Watch another competitor.

    :raises Conflict: a competitor is written alike; the refusal names it
    """
    work.authorize(Permission.RECORD_MARKET)
    name = request.name.strip()
    if twin := _known(work, name):
        raise Conflict(
            f"{name} is {twin.name}, which is watched already; record its moves under that name."
        )

    competitor = Competitor(name=name, spelling=spelling(name))
    work.session.add(competitor)
    work.session.flush()

    fact = CompetitorAdded(competitor_id=competitor.id, name=name)
    work.record(fact)
    return fact


def rename_competitor(work: Work, request: RenameCompetitor) -> CompetitorRenamed:
    """Give a competitor another name; files that know it by the earlier one still find it.

    :raises NotFound: there is no such competitor
    :raises Conflict: another competitor has this name
    """
    work.authorize(Permission.RECORD_MARKET)
    competitor = competitor_of(work, request.competitor_id)
    name, was = request.name.strip(), competitor.name
    twin = _known(work, name)
    if twin is not None and twin.id != competitor.id:
        raise Conflict(f"{name} is {twin.name}; merge the two instead, if they are one competitor.")
    if name == was:
        raise Invalid(f"{was} has this name already.")

    earlier, spelt = competitor.spelling, spelling(name)
    if spelt != earlier:
        # One of its former names may be taken up again.
        former = work.session.scalar(
            select(Competitor).where(Competitor.spelling == spelt, Competitor.id != competitor.id)
        )
        if former is not None:
            work.session.delete(former)
            work.session.flush()
        competitor.name, competitor.spelling = name, spelt
        work.session.flush()
        work.session.add(Competitor(name=was, spelling=earlier, same_as_id=competitor.id))
    competitor.name = name
    work.session.flush()

    fact = CompetitorRenamed(competitor_id=competitor.id, was=was, name=name)
    work.record(fact)
    return fact


def merge_competitors(work: Work, request: MergeCompetitors) -> CompetitorsMerged:
    """Let a competitor take over the moves and rates of another one that turned out to be the same.

    :raises NotFound: there is no such competitor
    """
    work.authorize(Permission.RECORD_MARKET)
    # Held in one order whichever way they are merged: nobody waits for one who waits for them.
    both = sorted((request.competitor_id, request.merged_id))
    held = {id_: competitor_of(work, id_) for id_ in both}
    competitor, merged = held[request.competitor_id], held[request.merged_id]

    moves, rates = (
        affected(
            work.session,
            update(model)
            .where(model.competitor_id == merged.id)
            .values(competitor_id=competitor.id),
        )
        for model in (CompetitorMove, CompetitorRate)
    )
    work.session.execute(
        update(Competitor)
        .where((Competitor.id == merged.id) | (Competitor.same_as_id == merged.id))
        .values(same_as_id=competitor.id)
    )

    fact = CompetitorsMerged(
        competitor_id=competitor.id,
        name=competitor.name,
        merged_id=merged.id,
        merged=merged.name,
        moves=moves,
        rates=rates,
    )
    work.record(fact)
    return fact


def competitor_of(work: Work, competitor_id: int) -> Competitor:
    """Take hold of a competitor, not of a name that leads to one, so that it stays one meanwhile.

    :raises NotFound: there is none
    """
    competitor = work.session.scalar(
        select(Competitor)
        .where(Competitor.id == competitor_id, Competitor.same_as_id.is_(None))
        .with_for_update()
    )
    if competitor is None:
        raise NotFound("There is no such competitor; it may have been merged with another one.")
    return competitor


def _known(work: Work, name: str) -> Competitor | None:
    """Return the competitor that is written like this, or was once."""
    found = work.session.scalar(select(Competitor).where(Competitor.spelling == spelling(name)))
    if found is None or found.same_as_id is None:
        return found
    return work.session.get_one(Competitor, found.same_as_id)


def _check_name(name: str) -> None:
    if not spelling(name):
        raise Invalid("A competitor needs a name with letters or figures in it.")
