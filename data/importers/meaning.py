"""Mapping files read, and what they can't mean refused in words."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from core.intake.rules import FIELDS, IntakeKind
from core.refusals import Invalid
from data.importers.mapping import Mapping


def read_mapping(path: Path, kind: IntakeKind) -> Mapping:
    """Read a mapping for one kind of import.

    :raises Invalid: it isn't TOML, or says something that a mapping can't say
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Invalid(f"The mapping {path} can't be read: {error.strerror}.") from error
    return parse_mapping(mapping_text(raw, name=path.name), kind, name=path.name)


def mapping_text(raw: bytes, *, name: str) -> str:
    """Return the text of a mapping, without the mark that some editors put before it.

    :raises Invalid: it isn't UTF-8
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"The mapping {name} isn't UTF-8 text.") from error


def parse_mapping(text: str, kind: IntakeKind, *, name: str = "the mapping") -> Mapping:
    """Understand the text of a mapping for one kind of import.

    :raises Invalid: it isn't TOML, or says something that a mapping can't say
    """
    try:
        mapping = Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{name} isn't TOML: {error}.") from error
    except ValidationError as error:
        raise Invalid(f"{name} can't be used. {_faults(error)}") from error
    _check(mapping, kind, name)
    return mapping


def _check(mapping: Mapping, kind: IntakeKind, name: str) -> None:
    known = {field.name: field for field in FIELDS[kind]}
    named = mapping.sources()
    if unknown := sorted(set(named) - set(known)):
        listed = ", ".join(field for field in known if not field.startswith("consent_"))
        raise Invalid(
            f"{name} maps {', '.join(unknown)}, which {kind} don't have. They have: {listed}."
        )
    if missing := [
        field.name for field in known.values() if field.required and field.name not in named
    ]:
        raise Invalid(f"{name} doesn't map {', '.join(missing)}, which {kind} can't do without.")
    if mapping.attributes and kind is not IntakeKind.CUSTOMERS:
        raise Invalid(f"{name} has attributes, but only customers have any.")
    if kind is IntakeKind.RESULTS:
        if mapping.campaign is None:
            raise Invalid(f"{name} needs a [campaign] with the code and name of the campaign.")
        _check_arms(mapping, name)
    elif mapping.campaign or mapping.arms:
        raise Invalid(f"{name} has a campaign or arms, but only results belong to a campaign.")


def _check_arms(mapping: Mapping, name: str) -> None:
    if ("arm" in mapping.fields) != bool(mapping.arms):
        raise Invalid(
            f"{name} has to map arm and list [[arms]], or neither: without arms everybody is in"
            " the one treated group."
        )
    if sum(arm.control for arm in mapping.arms) > 1:
        raise Invalid(f"{name} has more than one control arm.")
    if mapping.arms and all(arm.control for arm in mapping.arms):
        raise Invalid(f"{name} has no treated arm.")


def _faults(error: ValidationError) -> str:
    return " ".join(_fault(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())


def _fault(place: tuple[int | str, ...], type_: str, message: str) -> str:
    where = ".".join(str(part) for part in place)
    if type_ == "extra_forbidden":
        return f"It has an unknown key {where}."
    if type_ == "missing":
        return f"It lacks {where}."
    return f"{where}: {message.removeprefix('Value error, ')}."
