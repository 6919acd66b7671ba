"""What every request of this process shares: the engine and the bank's clock."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine

from core.database import connect
from core.settings import settings


def engine() -> Engine:
    """Return the one engine of this process, opened at the first call."""
    return _engine(settings().database_url)


def now() -> datetime:
    """Return the present moment in the bank's own zone: its date is the date on the wall."""
    return datetime.now(settings().zone)


@lru_cache
def _engine(url: str) -> Engine:
    return connect(url, connections=settings().database_connections)
