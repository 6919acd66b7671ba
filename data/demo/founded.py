"""The demo bank as it is known while its campaigns are carried out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design, Holdout
from core.journal.model import Event, entry_of
from core.runs.model import Run
from core.runs.rules import CONTROL_ARM, Confirmation, Exclusion
from data.demo.bank import Staff
from data.demo.lives import Lives
from data.demo.runs import Schedule
from data.demo.selection import Scenario, Selection


@dataclass
class Bank:
    """All that a run of the demo bank needs to know, and how many activities there are by now."""

    session: Session
    rng: np.random.Generator
    staff: Staff
    campaigns: Mapping[str, tuple[Campaign, tuple[Design, ...]]]
    entries: Mapping[str, int]  # of the plan, by code of the campaign
    reasons: Mapping[str, int]  # ids, by code
    holdout: Holdout
    now: datetime
    activities: int = 0

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    def note(self, fact: Event, at: datetime, actor_id: int | None = None) -> None:
        self.session.add(entry_of(fact, actor_id=actor_id, at=at))


@dataclass
class Counts:
    """How many customers a run met so far, and what became of them."""

    population: int = 0
    candidates: int = 0
    control: int = 0
    asked: int = 0
    pending: int = 0
    excluded: Counter[Exclusion] = field(
        default_factory=lambda: Counter(dict.fromkeys(Exclusion, 0))
    )
    worked: int = 0
    held: int = 0
    aborted: int = 0

    def add(self, chosen: Selection, life: Lives | None) -> None:
        self.population += chosen.population
        self.candidates += len(chosen.candidates)
        self.control += int((chosen.arm == CONTROL_ARM).sum())
        self.asked += int(chosen.asked.sum())
        self.pending += int((chosen.confirmation == Confirmation.PENDING.code).sum())
        left_out = np.bincount(chosen.reasons, minlength=max(why.code for why in Exclusion) + 1)
        self.excluded.update({why: int(left_out[why.code]) for why in Exclusion})
        if life is not None:
            self.worked += len(life.places)
            self.held += int((life.holder > 0).sum())
            self.aborted += int(life.aborted.sum())


@dataclass
class Course:
    """One run on its way through the customers."""

    days: Schedule
    campaign: Campaign
    design: Design
    run: Run
    plan: Scenario
    counts: Counts = field(default_factory=Counts)
