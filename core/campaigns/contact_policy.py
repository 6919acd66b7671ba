"""The contact policy as it is kept: the bank's terms, and those of segments."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import ContactOverride, ContactPolicy
from core.campaigns.rules import ContactRules, ContactTerms
from core.refusals import Invalid
from core.segments.criteria import Known
from core.segments.queries import usable


def contact_rules(session: Session) -> ContactRules | None:
    """Return the policy as it is; None while there is none."""
    policy = session.get(ContactPolicy, 1)
    if policy is None:
        return None
    rows = session.scalars(select(ContactOverride).order_by(ContactOverride.segment_id))
    return ContactRules(
        _terms(policy), tuple((override.segment_id, _terms(override)) for override in rows)
    )


def check_terms(session: Session, known: Known) -> None:
    """Refuse while terms are of a segment that can't be meant any more: nobody knows for whom.

    :raises Invalid: naming what is wrong with it
    """
    rules, problems = contact_rules(session), usable(known).problems
    wrong = [problems[id_] for id_, _ in (rules.overrides if rules else ()) if id_ in problems]
    if wrong:
        raise Invalid(
            f"The contact policy has terms for a segment that can't be meant any more. {wrong[0]}"
            " Mend the segment, or let it have the bank's terms."
        )


def _terms(row: ContactPolicy | ContactOverride) -> ContactTerms:
    return ContactTerms(row.most_contacts, row.period_days, row.quiet_days)
