"""What a mapping file may say. Whatever else it says is refused by name."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.campaigns.rules import Objective
from core.customers.rules import AttributeType, Medium, Origin
from core.intake.rules import ValueType
from core.people.rules import UnitKind

Texts = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]
Where = dict[str, Texts]  # column: the texts that let a row pass
Name = Annotated[str, Field(min_length=1)]


def _reads_days(format_: str) -> str:
    """Refuse a format by which no day can be read."""
    try:
        datetime.strptime(datetime(2026, 3, 31).strftime(format_), format_)  # noqa: DTZ001, DTZ007  days have no zone
    except ValueError as error:
        raise ValueError(f"{format_} is no format of a day such as %d.%m.%Y") from error
    if "%" not in format_:
        raise ValueError(f"{format_} is no format of a day such as %d.%m.%Y")
    return format_


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSettings(_Strict):
    """How to read the file; what isn't given is found out.

    :param missing: texts that mean that nothing is known
    :param unmapped: what becomes of columns that the mapping doesn't name
    :param formulas: what becomes of text that a spreadsheet would run as a formula
    :param currency: in which currency the amounts of a row are; only the bank's own are taken in
    """

    delimiter: str | None = Field(default=None, pattern=r'^[^"\r\n\x00]$')
    encoding: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: str | None = Field(default=None, max_length=1)
    missing: Texts = ()
    unmapped: Literal["ignore", "attributes"] = "ignore"
    formulas: Literal["reject", "keep"] = "reject"
    where: Where = Field(default_factory=dict)
    currency: "Source | None" = None

    @model_validator(mode="after")
    def _signs_differ(self) -> "FileSettings":
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands can't be the same sign")
        return self


class Source(_Strict):
    """Where a value comes from and how it is read: exactly one source, then the reading.

    :param template: text with {column} in it
    :param join: columns whose values are put together, the empty ones left out
    :param spread: rows take turns among these texts
    :param wave: a day and a month without a year, in the order of time
    :param special: what is read out of a number that holds more than one thing
    :param stands_for: what the texts of the file stand for
    :param above: makes a flag of a number: whether it is larger than this
    :param century: what two digits of a year belong to
    """

    column: str | None = None
    constant: str | int | float | bool | date | None = None
    template: str | None = None
    join: tuple[str, ...] | None = None
    separator: str = " · "
    spread: tuple[str, ...] | None = Field(default=None, min_length=1)
    row_number: Literal[True] | None = None
    wave: "Wave | None" = None

    special: Literal["birth date of a birth number", "sex of a birth number"] | None = None
    type: ValueType | None = None
    format: Annotated[str, AfterValidator(_reads_days)] | None = None
    stands_for: dict[str, str | bool | int | float] | None = Field(default=None, alias="values")
    prefix: str = ""
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    century: int | None = Field(default=None, multiple_of=100)
    label: str | None = None
    origin: Origin | None = None

    @model_validator(mode="before")
    @classmethod
    def _column(cls, given: Any) -> Any:
        """Take a bare text for the name of a column."""
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_source(self) -> "Source":
        given = [name for name in _SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_SOURCES)}")
        return self

    @property
    def where_from(self) -> Origin:
        """Return the given origin; what no file says is made up, what is worked out is inferred."""
        if self.origin is not None:
            return self.origin
        if self.constant is not None or self.spread is not None:
            return Origin.SYNTHETIC
        taken = self.column is not None or self.join is not None
        return Origin.SOURCE if taken else Origin.INFERRED


_SOURCES = ("column", "constant", "template", "join", "spread", "row_number", "wave")


class Wave(_Strict):
    """Columns of a day and a month; the year grows whenever the month falls."""

    day: str
    month: str
    start_year: int = Field(ge=1900, le=2200)


class Lookup(_Strict):
    """Another file beside this one: its row whose `key` is what `match` says here.

    Its columns are then called by the name of the lookup: `account.district_id`.
    """

    file: str
    match: str
    key: str
    where: Where = Field(default_factory=dict)


class UnitSource(_Strict):
    """Units that the import creates: one, or one for every row of a file. Texts take {column}."""

    kind: UnitKind
    code: Name
    name: Name
    parent: str | None = None
    file: str | None = None


class ProductSource(_Strict):
    code: Name
    name: Name
    category: str = "other"
    yearly_margin: Decimal | None = None


class ChannelSource(_Strict):
    name: Name
    medium: Medium


class ArmSource(_Strict):
    """A group of a finished campaign, and the texts that stand for it in the file."""

    name: Name
    texts: Texts = Field(default=(), alias="values")
    control: bool = False
    share: float | None = Field(default=None, gt=0, le=1)


class CampaignSource(_Strict):
    code: Name
    name: Name
    type: str = "Cross-sell"
    objective: Objective = Objective.CROSS_SELL
    description: str = ""
    product: str | None = None
    unit: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    goal: float | None = Field(default=None, ge=0, le=1)
    contact_cost: Decimal | None = Field(default=None, ge=0)
    fixed_cost: Decimal | None = Field(default=None, ge=0)
    value_per_conversion: Decimal | None = None


_ATTRIBUTE_TYPES = {ValueType(str(type_)): type_ for type_ in AttributeType}


class AttributeSource(Source):
    """A column that becomes an attribute of customers; its type has to be said."""

    type: Literal[ValueType.TEXT, ValueType.NUMBER, ValueType.DATE, ValueType.FLAG]

    @property
    def attribute_type(self) -> AttributeType:
        return _ATTRIBUTE_TYPES[self.type]


class Mapping(_Strict):
    """A whole mapping file."""

    source: str = Field(min_length=1)
    file: FileSettings = Field(default_factory=FileSettings)
    fields: dict[str, Source]
    attributes: dict[str, AttributeSource] = Field(default_factory=dict)
    consents: dict[Medium, Source] = Field(default_factory=dict)
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    units: tuple[UnitSource, ...] = ()
    products: tuple[ProductSource, ...] = ()
    channels: tuple[ChannelSource, ...] = ()
    campaign: CampaignSource | None = None
    arms: tuple[ArmSource, ...] = ()

    def sources(self) -> dict[str, Source]:
        """Return every known field with where it comes from; consents are fields too."""
        consents = {f"consent_{medium}": source for medium, source in self.consents.items()}
        return dict(self.fields) | consents

    def columns(self) -> Iterator[str]:
        """Yield the columns that the mapping names, those of lookups included."""
        for source in (*self.sources().values(), *self.attributes.values()):
            yield from columns_of(source)
        yield from self.file.where
        if self.file.currency is not None:
            yield from columns_of(self.file.currency)
        for lookup in self.lookups.values():
            yield lookup.match


def columns_of(source: Source) -> Iterator[str]:
    """Yield the columns that one value is made of."""
    if source.column is not None:
        yield source.column
    if source.join is not None:
        yield from source.join
    if source.wave is not None:
        yield from (source.wave.day, source.wave.month)
    if source.template is not None:
        yield from placeholders(source.template)


def placeholders(template: str) -> Iterator[str]:
    """Yield the columns named in a text such as `Client {client_id}`."""
    for part in template.split("{")[1:]:
        yield part.partition("}")[0]
