"""Contact policy: how often customers may be contacted to sell, who is held, who is held out."""

from components import filters
from components.contact_policy import held, holdouts, terms, trying
from components.gateway import as_seen, heading
from core.campaigns.queries.policy import contact_policy

VIEWS = ("Policy", "Held customers", "Holdout")

heading("Contact policy", "How often may customers be contacted to sell, and who is held for now?")
policy = as_seen(contact_policy)
match filters.switch("View", VIEWS, "view"):
    case "Policy":
        terms.draw(policy)
        trying.draw(policy)
    case "Holdout":
        holdouts.draw()
    case _:
        held.draw(policy)
