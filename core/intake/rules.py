"""What can be imported, and what an import does to a row."""

from core.database import Coded


class IntakeKind(Coded):
    CUSTOMERS = "customers", 1
    HOLDINGS = "holdings", 2
    RESULTS = "results", 3
    MOVES = "moves", 4


class Effect(Coded):
    CREATE = "create", 1
    UPDATE = "update", 2
    UNCHANGED = "unchanged", 3
    REJECTED = "rejected", 4
