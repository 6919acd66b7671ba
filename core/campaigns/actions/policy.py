"""Changing how often customers may be contacted to sell: for the bank, and for a segment."""

from dataclasses import asdict, dataclass

from sqlalchemy import update

from core.access import Permission
from core.campaigns.contact_policy import contact_rules
from core.campaigns.events import ReferenceDropped, ReferenceSaved
from core.campaigns.model import ContactOverride, ContactPolicy
from core.campaigns.rules import ContactRules, ContactTerms
from core.database import affected, insert_into
from core.refusals import Conflict, Invalid, NotFound
from core.segments.model import Segment
from core.segments.queries import in_segment
from core.work import Work

_SEGMENT_TERMS = "contact terms"
_ELSEWHERE = "The contact policy was changed by somebody else. Look again."


@dataclass(frozen=True)
class SetContactPolicy:
    """The bank's terms, in place of those of `version`; 0 where there are none yet."""

    terms: ContactTerms
    version: int


@dataclass(frozen=True)
class SetSegmentTerms:
    """Terms for the customers of a segment, by whoever saw `version` of the policy."""

    segment_id: int
    terms: ContactTerms
    version: int


@dataclass(frozen=True)
class DropSegmentTerms:
    segment_id: int
    version: int


def set_contact_policy(work: Work, request: SetContactPolicy) -> ReferenceSaved:
    """Set how often customers may be contacted to sell, for the whole bank.

    :raises Conflict: somebody else changed the policy since the requester looked
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    before = contact_rules(work.session)
    overrides = () if before is None else before.overrides
    ContactRules(request.terms, overrides)  # a bank allows at least one contact
    if before is None and not request.version:
        first = insert_into(work.dialect, ContactPolicy).values(
            id=1, version=1, **asdict(request.terms)
        )
        if not affected(work.session, first.on_conflict_do_nothing()):
            raise Conflict(_ELSEWHERE)
    else:
        _hold(work, request.version, asdict(request.terms))

    return _saved(work, "contact policy", 1, None if before is None else before.bank, request.terms)


def set_segment_terms(work: Work, request: SetSegmentTerms) -> ReferenceSaved:
    """Let other terms than the bank's hold for the customers of a segment.

    :raises Conflict: somebody else changed the policy since the requester looked
    :raises Invalid: the segment is out of use, or its rule can't be meant
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    segment = _segment(work, request.segment_id)
    if segment.is_retired:
        raise Invalid(f"“{segment.name}” is out of use: choose another segment.")
    in_segment(work, segment.id)
    rules = _hold(work, request.version)
    rules.with_override(segment.id, request.terms)  # there are not too many

    kept = work.session.get(ContactOverride, segment.id)
    before = dict(rules.overrides).get(segment.id)
    if kept is None:
        work.session.add(ContactOverride(segment_id=segment.id, **asdict(request.terms)))
    else:
        for name, value in asdict(request.terms).items():
            setattr(kept, name, value)
    work.session.flush()
    return _saved(work, _SEGMENT_TERMS, segment.id, before, request.terms, segment.name)


def drop_segment_terms(work: Work, request: DropSegmentTerms) -> ReferenceDropped:
    """Let the bank's terms hold again for the customers of a segment.

    :raises NotFound: the segment has no terms of its own
    :raises Conflict: somebody else changed the policy since the requester looked
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    segment = _segment(work, request.segment_id)
    _hold(work, request.version)
    kept = work.session.get(ContactOverride, segment.id)
    if kept is None:
        raise NotFound(f"“{segment.name}” has the bank's terms already.")

    work.session.delete(kept)
    work.session.flush()

    fact = ReferenceDropped(_SEGMENT_TERMS, segment.id, segment.name)
    work.record(fact)
    return fact


def _hold(work: Work, version: int, values: dict[str, int] | None = None) -> ContactRules:
    """Take hold of the policy as the requester saw it; of two people only the first gets it."""
    found = work.session.scalar(
        update(ContactPolicy)
        .where(ContactPolicy.id == 1, ContactPolicy.version == version)
        .values(version=ContactPolicy.version + 1, **(values or {}))
        .returning(ContactPolicy.id)
        .execution_options(synchronize_session=False)
    )
    if work.session.get(ContactPolicy, 1, populate_existing=True) is None:
        raise Invalid("There is no contact policy yet: set the bank's terms first.")
    if found is None:
        raise Conflict(_ELSEWHERE)
    rules = contact_rules(work.session)
    assert rules is not None  # noqa: S101  it was held just now
    return rules


def _segment(work: Work, segment_id: int) -> Segment:
    segment = work.session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.")
    return segment


def _saved(
    work: Work,
    what: str,
    id_: int,
    before: ContactTerms | None,
    terms: ContactTerms,
    name: str = "contact policy",
) -> ReferenceSaved:
    told = {"before": None if before is None else asdict(before), "now": asdict(terms)}
    fact = ReferenceSaved(what, id_, name, before is None, told)
    work.record(fact)
    return fact
