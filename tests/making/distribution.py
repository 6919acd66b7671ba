"""People and settings for tests of handing out work by rule."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.access import Role
from core.activities.model import Activity
from core.activities.rules import Status
from core.distribution.model import BranchWay
from core.distribution.rules import Way
from core.people.model import Person, PersonQualification, PersonRole, Qualification
from tests import world


def way(session: Session, way: Way, branch_id: int = world.NORTH) -> None:
    """Let a branch have its work handed out."""
    session.add(BranchWay(branch_id=branch_id, way=way))
    session.flush()


def agent(
    session: Session,
    id_: int,
    *,
    certified: Collection[int] = (),
    role: Role = Role.AGENT,
    **columns: Any,
) -> int:
    """Insert somebody of North who works activities; `columns` are those of the person."""
    given = {
        "staff_no": f"S{id_:03}",
        "name": f"Agent {id_}",
        "email": f"agent{id_}@bank.example",
        "unit_id": world.NORTH,
        "team_id": world.TEAM_NORTH,
    }
    session.add(Person(id=id_, **(given | columns)))
    session.flush()
    session.add(PersonRole(person_id=id_, role=role))
    session.add_all(PersonQualification(person_id=id_, qualification_id=each) for each in certified)
    session.flush()
    return id_


def qualification(session: Session, id_: int) -> int:
    session.add(Qualification(id=id_, code=f"Q{id_}", name=f"Qualification {id_}"))
    session.flush()
    return id_


def holders(session: Session, activities: Mapping[int, int]) -> dict[int, int | None]:
    """Say by customer who has the activity now."""
    session.expire_all()
    return {
        customer_id: session.get_one(Activity, id_).person_id
        for customer_id, id_ in activities.items()
    }


def is_pooled(activity: Activity) -> bool:
    return activity.status is Status.UNASSIGNED and activity.person_id is None
