"""What an operator may set, by `FAIRLEAD_…` variables or a file named in FAIRLEAD_SETTINGS."""

import os
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HERE = Path(__file__).resolve().parents[1]
CONNECTIONS = 40  # two servers stay within the hundred that PostgreSQL grants unless told otherwise


class Settings(BaseSettings):
    """The settings of one installation.

    :raises pydantic.ValidationError: a value is not usable; the message names the variable
    """

    model_config = SettingsConfigDict(env_prefix="FAIRLEAD_", extra="ignore", frozen=True)

    database_url: str = f"sqlite:///{HERE / 'var' / 'fairlead.db'}"
    database_connections: int = Field(
        default=CONNECTIONS, ge=5, description="of one process, at once"
    )
    bank_name: str = "Fairlead Demo Bank"
    time_zone: str = "Europe/London"
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    contact_hour_cost: Decimal | None = Field(
        default=None, ge=0, description="what an hour of contact costs the bank, in its currency"
    )
    country: str = Field(default="GB", pattern="^[A-Z]{2}$", description="whose public holidays")
    secrets_path: Path = HERE / "var" / "secrets"
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field(default="text", pattern="^(text|json)$")
    cookie_secure: bool = False
    session_hours: float = Field(default=8, gt=0, le=24)
    idle_minutes: float = Field(default=30, gt=0)
    sign_in_attempts: int = Field(default=5, ge=1)
    lock_minutes: float = Field(default=15, gt=0)
    upload_megabytes: int = Field(default=100, ge=1)
    cluster_correlation: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="of results among the customers of one manager or branch",
    )
    unassigned_hours: float = Field(default=8, gt=0, le=400)
    opening_days: int = Field(
        default=30, ge=0, le=365, description="within which a reported sale is opened"
    )
    tick_seconds: float = Field(default=60, ge=0, le=3_600)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"{name} is not a time zone; use a name such as Europe/Paris"
            ) from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@lru_cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    named = os.environ.get("FAIRLEAD_SETTINGS")
    return Settings(_env_file=named)  # type: ignore[call-arg]  # pydantic's own, not a field
