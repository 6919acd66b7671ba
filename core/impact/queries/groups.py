"""By what a funnel can be split: its words, read into keys and labels in SQL."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
)
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.model import Channel
from core.customers.model import Attribute, Customer, CustomerState
from core.customers.rules import AttributeType
from core.people.model import Unit
from core.refusals import Invalid, NotFound
from core.runs.model import Candidate, RunArm
from core.runs.rules import CONTROL_ARM
from core.segments.model import Segment
from core.segments.queries import in_segment
from core.work import Reader

FOLDED = frozenset({"arm", "branch", "region", "channel"})  # what cells know too
WORDS = "arm, branch, region, channel, month, attribute:NAME or segment:CODE"
Source = Any  # Candidate, or the columns of a subquery of cells


@dataclass(frozen=True)
class Group:
    """One way to split: the key to drill down by, the label to show, and how to get at them."""

    name: str
    key: SQLColumnExpression[Any]
    label: SQLColumnExpression[Any]
    join: Callable[[Select[Any]], Select[Any]]


def group(view: Reader, name: str, source: Source, run_id: int) -> Group:
    """Read one word of `--by`.

    :param source: `Candidate`, or cells for the words in `FOLDED`
    :raises Invalid: there is no such split
    :raises NotFound: there is no such attribute or segment
    """
    kind, _, rest = name.partition(":")
    if name in _PLAIN:
        return _PLAIN[name](source)
    if name == "month":
        return _month(view, run_id)
    if rest and kind == "attribute":
        return _attribute(view, rest)
    if rest and kind == "segment":
        return _segment(view, rest)
    raise Invalid(f"A funnel can't be split by {name}; split it by {WORDS}.")


def _arm(source: Source) -> Group:
    return Group(
        "arm",
        cast(source.arm, Text),
        RunArm.name,
        lambda statement: statement.outerjoin(
            RunArm, (RunArm.run_id == source.run_id) & (RunArm.arm == source.arm)
        ),
    )


def _branch(source: Source) -> Group:
    return Group(
        "branch",
        cast(source.branch_id, Text),
        Unit.name,
        lambda statement: statement.outerjoin(Unit, Unit.id == source.branch_id),
    )


def _region(source: Source) -> Group:
    """Split by the unit above the branch."""
    branch, above = aliased(Unit), aliased(Unit)
    return Group(
        "region",
        cast(above.id, Text),
        above.name,
        lambda statement: statement.outerjoin(branch, branch.id == source.branch_id).outerjoin(
            above, above.id == branch.parent_id
        ),
    )


def _channel(source: Source) -> Group:
    known = func.nullif(source.channel_id, literal_column("0"))
    return Group(
        "channel",
        cast(known, Text),
        Channel.name,
        lambda statement: statement.outerjoin(Channel, Channel.id == source.channel_id),
    )


_PLAIN: dict[str, Callable[[Source], Group]] = {
    "arm": _arm,
    "branch": _branch,
    "region": _region,
    "channel": _channel,
}


def _month(view: Reader, run_id: int) -> Group:
    """Split by the month of the first contact, in the bank's own zone."""
    first, last = view.session.execute(
        select(func.min(Candidate.attempted_at), func.max(Candidate.attempted_at)).where(
            Candidate.run_id == run_id
        )
    ).one()
    starts = _month_starts(view, first, last) if first and last else []
    moment = Candidate.attempted_at
    key: ColumnElement[Any] = (
        case(*((moment >= start, literal(f"{start:%Y-%m}", Text)) for start in reversed(starts)))
        if starts
        else null()
    )
    return Group("month", key, key, lambda statement: statement)


def _month_starts(view: Reader, first: datetime, last: datetime) -> list[datetime]:
    first, last = (moment.astimezone(view.now.tzinfo) for moment in (first, last))
    starts = [
        datetime(year, month, 1, tzinfo=view.now.tzinfo)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
    ]
    return starts[bisect_right(starts, first) - 1 : bisect_right(starts, last)]


def _attribute(view: Reader, name: str) -> Group:
    attribute = view.session.get(Attribute, name)
    if attribute is None:
        known = sorted(view.session.scalars(select(Attribute.name)))
        raise NotFound(
            f"No import has brought an attribute {name}; there are {', '.join(known) or 'none'}."
        )
    value = Customer.attributes[name]
    key: ColumnElement[Any] = cast(value.as_string(), Text)
    if attribute.type is AttributeType.FLAG:
        flag = value.as_boolean()
        key = case((flag.is_(True), literal("yes", Text)), (flag.is_(False), literal("no", Text)))
    return Group(
        f"attribute:{name}",
        key,
        key,
        lambda statement: statement.join(Customer, Customer.id == Candidate.customer_id),
    )


def _segment(view: Reader, code: str) -> Group:
    segment = view.session.scalar(select(Segment).where(Segment.code == code))
    if segment is None:
        raise NotFound(f"There is no segment {code}.")
    belongs = in_segment(view, segment.id)
    key = case((belongs, literal("in", Text)), else_=literal("out", Text))
    label = case((belongs, literal(segment.name, Text)), else_=literal(f"not {segment.name}", Text))
    return Group(
        f"segment:{code}",
        key,
        label,
        lambda statement: statement.join(
            CustomerState, CustomerState.customer_id == Candidate.customer_id
        ),
    )


@dataclass(frozen=True)
class Way:
    """A way to split a funnel, as it is asked for and as it is shown."""

    name: str
    label: str


def ways_to_split(view: Reader) -> list[Way]:
    """List by what a funnel can be split: what every run has, then attributes and segments."""
    view.authorize(Permission.SEE_IMPACT)
    ways = [
        Way("branch", "Branch"),
        Way("region", "Region"),
        Way("channel", "Channel"),
        Way("month", "Month of contact"),
    ]
    attributes = select(Attribute.name, Attribute.label).order_by(Attribute.label)
    ways += [Way(f"attribute:{name}", label) for name, label in view.session.execute(attributes)]
    segments = select(Segment.code, Segment.name).where(~Segment.is_retired).order_by(Segment.name)
    ways += [Way(f"segment:{code}", f"In {name}") for code, name in view.session.execute(segments)]
    return ways


def check(names: Sequence[str]) -> None:
    """Refuse a split that names one thing twice: it would only repeat itself."""
    if len(set(names)) < len(names):
        raise Invalid("Name each way to split only once.")


def arms(source: Any, by: Sequence[str], arm: int | None) -> ColumnElement[bool]:
    """Keep treated customers, or one arm, or all when the split itself is by arm."""
    condition: ColumnElement[bool]
    if arm is not None:
        condition = source.arm == arm
    elif "arm" in by:
        condition = source.arm >= CONTROL_ARM
    else:
        condition = source.arm > CONTROL_ARM
    return condition


def joined(statement: Select[Any], groups: Sequence[Group]) -> Select[Any]:
    """Join what the groups read, each table once: several attributes are of one customer."""
    done: set[str] = set()
    for g in groups:
        kind = g.name.partition(":")[0]
        if kind not in done:
            statement = g.join(statement)
        done.add(kind)
    return statement
