"""Which pages are opened to be measured, by whom, and with what in their address."""

from dataclasses import dataclass

from core.access import Role

OF_A_BRANCH = frozenset({Role.AGENT, Role.TEAM_LEAD})  # however big the bank, theirs is as big


@dataclass(frozen=True)
class Visit:
    """A page opened by somebody; `named` is its address: samples by name, the rest as it is."""

    page: str
    role: Role
    named: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        keys = " ".join(value for _, value in self.named)
        return f"{self.page} {keys}".strip()


VISITS = (
    Visit("team_queue", Role.TEAM_LEAD),
    Visit("team_queue", Role.TEAM_LEAD, (("q", "part"),)),
    Visit("my_work", Role.AGENT),
    Visit("monitor", Role.TEAM_LEAD),
    Visit("monitor", Role.CAMPAIGN_MANAGER),
    Visit("monitor", Role.EXECUTIVE),
    Visit("exceptions", Role.TEAM_LEAD),
    Visit("exceptions", Role.CAMPAIGN_MANAGER),
    *(
        Visit("home", role)
        for role in (Role.AGENT, Role.TEAM_LEAD, Role.CAMPAIGN_MANAGER, Role.EXECUTIVE)
    ),
    *(
        Visit("customer", role, (("q", searched),) if searched else ())
        for role in (Role.AGENT, Role.TEAM_LEAD, Role.CAMPAIGN_MANAGER)
        for searched in ("", "part", "number")
    ),
    Visit("customer", Role.AGENT, (("id", "customer"),)),
    Visit("customer", Role.TEAM_LEAD, (("id", "customer"),)),
    Visit("confirmations", Role.AGENT),
    *(Visit("absences", role) for role in (Role.TEAM_LEAD, Role.ADMINISTRATOR)),
    *(Visit("fairness", role) for role in (Role.AGENT, Role.TEAM_LEAD, Role.ADMINISTRATOR)),
    *(
        Visit("coverage", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("Map", "Opportunities", "Overlap", "Never contacted")
    ),
    Visit("coverage", Role.TEAM_LEAD),
    *(
        Visit("assessments", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("Assessments", "Directions", "New assessment")
    ),
    Visit("assessments", Role.EXECUTIVE, (("id", "assessment"),)),
    Visit("plan", Role.CAMPAIGN_MANAGER),
    *(
        Visit("competitors", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("Moves", "Rates", "Central bank", "Our rates")
    ),
    *(
        Visit("threats", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("Conclusions", "Watched", "Note one")
    ),
    Visit("threats", Role.CAMPAIGN_MANAGER, (("id", "threat"),)),
    Visit("market_tasks", Role.CAMPAIGN_MANAGER),
    Visit("market_tasks", Role.CAMPAIGN_MANAGER, (("id", "task"),)),
    *(
        Visit("segments", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("All segments", "Compare", "New rule", "New list")
    ),
    *(
        Visit("segments", Role.CAMPAIGN_MANAGER, (("id", "segment"), ("part", part)))
        for part in ("Overview", "Profile", "Trend", "Campaigns", "Versions")
    ),
    *(Visit("campaigns", role) for role in (Role.CAMPAIGN_MANAGER, Role.EXECUTIVE)),
    Visit("campaigns", Role.CAMPAIGN_MANAGER, (("view", "Calendar"),)),
    Visit("campaign", Role.CAMPAIGN_MANAGER, (("id", "campaign"),)),
    Visit("designer", Role.CAMPAIGN_MANAGER),
    *(
        Visit("designer", Role.CAMPAIGN_MANAGER, (("id", "design"), ("step", step)))
        for step in ("Brief", "Audience", "Offer", "Stages", "Guide", "Measurement", "Review")
    ),
    Visit("approvals", Role.APPROVER),
    Visit("approvals", Role.APPROVER, (("id", "asked"),)),
    *(
        Visit("contact_policy", Role.CAMPAIGN_MANAGER, (("view", view),))
        for view in ("Policy", "Held customers", "Holdout")
    ),
    *(Visit("runs", role) for role in (Role.CAMPAIGN_MANAGER, Role.EXECUTIVE)),
    *(Visit("run", Role.CAMPAIGN_MANAGER, (("id", which),)) for which in ("run", "waiting")),
    Visit("impact", Role.EXECUTIVE),
    Visit("impact", Role.CAMPAIGN_MANAGER, (("run", "run"),)),
    *(Visit("truth", role) for role in (Role.TEAM_LEAD, Role.CAMPAIGN_MANAGER)),
    Visit("truth", Role.CAMPAIGN_MANAGER, (("run", "run"),)),
    *(Visit("feedback", role) for role in (Role.CAMPAIGN_MANAGER, Role.EXECUTIVE)),
    Visit("feedback", Role.CAMPAIGN_MANAGER, (("id", "analysis"),)),
    Visit("people", Role.ADMINISTRATOR),
    Visit("reference", Role.ADMINISTRATOR),
    Visit("hours", Role.ADMINISTRATOR),
    Visit("imports", Role.ADMINISTRATOR),
    Visit("journal", Role.AUDITOR),
    Visit("journal", Role.TEAM_LEAD),
    Visit("account", Role.AGENT),
)
