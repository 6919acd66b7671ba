"""The contact policy as it is: the bank's terms, and the segments that have their own."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.contact_policy import contact_rules
from core.campaigns.model import ContactPolicy
from core.campaigns.rules import ContactRules, ContactTerms
from core.segments.model import Segment
from core.segments.queries import known_words, usable
from core.work import Reader

SEE_POLICY = (
    Permission.MANAGE_REFERENCE,
    Permission.DESIGN_CAMPAIGNS,
    Permission.RUN_CAMPAIGNS,
)


@dataclass(frozen=True)
class SegmentTerms:
    """A segment with terms of its own; `problem` says why it can't be meant any more."""

    segment_id: int
    segment: str
    terms: ContactTerms
    problem: str | None

    @property
    def id(self) -> int:
        """Return what tells the rows apart."""
        return self.segment_id


@dataclass(frozen=True)
class SegmentChoice:
    """A segment in use, which may get terms of its own."""

    id: int
    name: str


@dataclass(frozen=True)
class Policy:
    """What holds now; `version` is 0 and `rules` None while there is no policy."""

    version: int
    rules: ContactRules | None
    segments: tuple[SegmentTerms, ...]
    choices: tuple[SegmentChoice, ...]


def contact_policy(view: Reader) -> Policy:
    """Return the terms of the bank and of segments, and which segments could have some."""
    view.authorize(*SEE_POLICY)
    rules = contact_rules(view.session)
    found = usable(known_words(view))
    rows = view.session.execute(
        select(Segment.id, Segment.name).order_by(func.lower(Segment.name), Segment.id)
    )
    names = {segment_id: name for segment_id, name in rows}  # noqa: C416  rows are no pairs to mypy
    own = dict(rules.overrides) if rules else {}
    return Policy(
        version=view.session.scalar(select(ContactPolicy.version)) or 0,
        rules=rules,
        segments=tuple(
            SegmentTerms(segment_id, name, own[segment_id], found.problems.get(segment_id))
            for segment_id, name in names.items()
            if segment_id in own
        ),
        choices=tuple(SegmentChoice(id_, names[id_]) for id_ in found.ids),
    )
