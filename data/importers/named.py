"""What a mapping names besides columns: units, products, channels, attributes, the campaign."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.intake.actions.requests import (
    ImportedArm,
    ImportedCampaign,
    NewAttribute,
    NewChannel,
    NewProduct,
    NewUnit,
    References,
)
from core.runs.rules import CONTROL_ARM, TREATED_ARM
from data.importers import mapping as told
from data.importers.files import Folder
from data.importers.sources import filled


def references(
    mapping: told.Mapping,
    attributes: Mapping[str, told.AttributeSource],
    beside: Folder,
    bank_name: str,
) -> References:
    """Return what the rows may refer to; units may stand in a file in the folder `beside`."""
    return References(
        bank_name=bank_name,
        units=tuple(unit for source in mapping.units for unit in _units(source, beside)),
        products=tuple(NewProduct(**product.model_dump()) for product in mapping.products),
        channels=tuple(NewChannel(channel.name, channel.medium) for channel in mapping.channels),
        attributes=tuple(
            NewAttribute(
                name,
                source.label or name.replace("_", " "),
                source.attribute_type,
                source.where_from,
            )
            for name, source in attributes.items()
        ),
    )


def campaign(mapping: told.Mapping) -> ImportedCampaign | None:
    """Return the campaign whose results the file brings, with its arms numbered."""
    if mapping.campaign is None:
        return None
    known: dict[str, Any] = mapping.campaign.model_dump()
    if mapping.arms:
        known["arms"] = _arms(mapping.arms)
    return ImportedCampaign(**known)


def _units(source: told.UnitSource, beside: Folder) -> Iterator[NewUnit]:
    if source.file is None:
        yield NewUnit(source.code, source.name, source.kind, source.parent)
        return
    texts = [source.code, source.name, source.parent or ""]
    table = beside.table(source.file)
    table.need([column for text in texts for column in told.placeholders(text)])
    rows = table.whole()
    columns = [filled(rows, text) for text in texts]
    for code, name, parent in dict.fromkeys(zip(*columns, strict=True)):
        yield NewUnit(code, name, source.kind, parent or None)


def _arms(sources: Sequence[told.ArmSource]) -> tuple[ImportedArm, ...]:
    """Number the arms: 0 is the control group, the treated ones follow in their order."""
    treated = TREATED_ARM
    arms = []
    for source in sources:
        number = CONTROL_ARM if source.control else treated
        treated += not source.control
        share = None if source.share is None else round(source.share * 10_000)
        arms.append(ImportedArm(number, source.name, share))
    return tuple(arms)
