"""Contact policy: how often customers may be contacted to sell, what else would do, who is held."""

from components import filters
from components.contact_policy import held, terms, trying
from components.gateway import as_seen, heading
from core.campaigns.queries.policy import contact_policy

VIEWS = ("Policy", "Held customers")

heading("Contact policy", "How often may customers be contacted to sell, and who is held for now?")
policy = as_seen(contact_policy)
if filters.switch("View", VIEWS, "view") == "Policy":
    terms.draw(policy)
    trying.draw(policy)
else:
    held.draw(policy)
