"""Lifecycles declared as data, read alike by actions, buttons, queries and diagrams."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from core.access import Actor, Permission
from core.database import Coded

S = TypeVar("S", bound=Coded)


@dataclass(frozen=True)
class Move(Generic[S]):
    """One verb: from which states, into which, and the permission that it needs.

    Any one of `needs` is enough; none at all means that only the system may do it.
    """

    verb: str
    sources: frozenset[S]
    target: S
    needs: frozenset[Permission]

    def allowed(self, actor: Actor) -> bool:
        return actor.is_system or any(actor.may(permission) for permission in self.needs)


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    initial: tuple[S, ...]
    moves: tuple[Move[S], ...]

    def offered(self, state: S, actor: Actor) -> tuple[Move[S], ...]:
        """Return the moves this person may make from here; pages draw one button each."""
        return tuple(m for m in self.moves if state in m.sources and m.allowed(actor))
