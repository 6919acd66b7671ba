"""Every table at once, for migrations, checks and tests."""

from core.activities import model as activities
from core.calendars import model as calendars
from core.campaigns import model as campaigns
from core.coverage import model as coverage
from core.customers import model as customers
from core.database import Base
from core.distribution import model as distribution
from core.exchange import model as exchange
from core.gate import model as gate
from core.impact import model as impact
from core.intake import model as intake
from core.journal import model as journal
from core.market import model as market
from core.people import model as people
from core.portfolio import model as portfolio
from core.queues import model as queues
from core.responses import model as responses
from core.runs import model as runs
from core.segments import model as segments
from core.service import model as service
from core.truth import model as truth

MODELS = (
    calendars,
    people,
    customers,
    segments,
    market,
    campaigns,
    runs,
    activities,
    distribution,
    service,
    responses,
    queues,
    impact,
    coverage,
    truth,
    gate,
    portfolio,
    exchange,
    intake,
    journal,
)
METADATA = Base.metadata
