"""Work in the branches, of either type, for tests that are about people doing it."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.campaigns.rules import ActivityType
from core.database import Base
from tests import world
from tests.making.campaigns import ADMINISTRATIVE as ADMINISTRATIVE_CAMPAIGN
from tests.making.runs import launched_run

SALES, ADMINISTRATIVE = ActivityType.SALES, ActivityType.ADMINISTRATIVE
EVERYBODY = (*world.NORTH_CUSTOMERS, *world.SOUTH_CUSTOMERS)
_SUBTYPES = {SALES: 1, ADMINISTRATIVE: 2}


def pool_of(
    engine: Engine,
    customers: Collection[int] = EVERYBODY,
    *,
    of: ActivityType = SALES,
    held: Mapping[int, int] | None = None,
    campaign: dict[str, Any] | None = None,
    design: dict[str, Any] | None = None,
    **run_columns: Any,
) -> dict[int, int]:
    """Commit a launched run with one pending activity for each customer; return their ids.

    :param of: the type of its activities
    :param held: customer to person, for activities that somebody has already
    :param campaign: columns of the campaign, such as `priority`
    :param design: columns of the design, such as `qualification_id`
    """
    stage = {"activity_type": of, "activity_subtype_id": _SUBTYPES[of]}
    columns = dict(campaign or {})
    if of is ADMINISTRATIVE:
        columns.setdefault("type_id", ADMINISTRATIVE_CAMPAIGN)
        columns.setdefault("subtype_id", None)
    with Session(engine) as session, session.begin():
        return launched_run(
            session,
            customers,
            held=held,
            design={"stages": [stage], "campaign_columns": columns} | (design or {}),
            **run_columns,
        ).activities


def row(engine: Engine, of: type[Base], key: Any) -> Any:
    """Read one row as it is now."""
    with Session(engine) as session:
        return session.get_one(of, key)
