"""Words about customers. Nothing here touches the database."""

from collections.abc import Mapping

from core.database import Coded

MOST_PRODUCT_BITS = 62  # what a signed 64-bit mask can hold; products beyond are joined


class CustomerKind(Coded):
    PRIVATE = "private", 1
    CORPORATE = "corporate", 2


class Medium(Coded):
    """A way to reach a customer, for which consent is given or refused."""

    BRANCH = "branch", 1
    PHONE = "phone", 2
    EMAIL = "email", 3
    SMS = "sms", 4
    POST = "post", 5
    APP = "app", 6

    @property
    def bit(self) -> int:
        """Return the mask of this medium in `customer_state.consents`."""
        return 1 << self.code


class IndicatorKind(Coded):
    CAMPAIGN_CANDIDATE = "campaign candidate", 1
    RETENTION_CANDIDATE = "retention candidate", 2
    DISTRESS = "distress", 3

    @property
    def bit(self) -> int:
        """Return the mask of this indicator in `customer_state.indicators`."""
        return 1 << self.code


class AttributeType(Coded):
    NUMBER = "number", 1
    TEXT = "text", 2
    DATE = "date", 3
    FLAG = "flag", 4


# Columns of the state row for what imports bring beyond the known fields, numbers before texts.
FIGURES = tuple(f"figure_{number}" for number in range(1, 13))
WORDS = tuple(f"word_{number}" for number in range(1, 5))
PLACES: Mapping[AttributeType, tuple[str, ...]] = {
    AttributeType.NUMBER: FIGURES,
    AttributeType.DATE: FIGURES,
    AttributeType.FLAG: FIGURES,
    AttributeType.TEXT: WORDS,
}


class Origin(Coded):
    """Where a value comes from, so that nobody takes a made-up one for a fact."""

    SOURCE = "source", 1
    INFERRED = "inferred", 2
    SYNTHETIC = "synthetic", 3
