"""Which pages are opened to be measured, by whom, and with what in their address."""

from dataclasses import dataclass

from core.access import Role

OF_A_BRANCH = frozenset({Role.AGENT, Role.TEAM_LEAD})  # however big the bank, theirs is as big


@dataclass(frozen=True)
class Visit:
    """A page opened by somebody; `named` says what of the sample its address has."""

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
    Visit("campaigns", Role.CAMPAIGN_MANAGER),
    Visit("run", Role.CAMPAIGN_MANAGER, (("id", "run"),)),
    Visit("impact", Role.EXECUTIVE),
    Visit("impact", Role.CAMPAIGN_MANAGER, (("run", "run"),)),
    Visit("journal", Role.AUDITOR),
    Visit("journal", Role.TEAM_LEAD),
)
