"""Verdicts on a goal. Nothing here touches the database."""

from core.database import Coded


class Verdict(Coded):
    MET = "met", 1
    MISSED = "missed", 2
    OPEN = "open", 3
