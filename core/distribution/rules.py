"""By which rules work finds a person. Nothing here touches the database."""

from core.database import Coded


class Way(Coded):
    """How a branch wants the work that has no person of its own."""

    POOL = "branch pool", 1  # people take it themselves
    ROUND_ROBIN = "in turn", 2
    LOAD = "by load", 3


class AllocationRule(Coded):
    """By which rule the system chose a person, in the order in which they are tried."""

    KEEP = "keeps the customer's own person", 1
    ROUND_ROBIN = "waited longest", 2
    LOAD = "least load against capacity", 3
