"""A file and its mapping turned into a request to import."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.intake.actions.requests import Batch, Rejection, TakeIn
from core.intake.rules import IntakeKind, field_named
from core.refusals import Invalid
from core.settings import settings
from data.importers.files import Folder, TextTable, open_table
from data.importers.guessing import guessed_types
from data.importers.mapping import AttributeSource, Mapping, Source
from data.importers.named import campaign, references
from data.importers.sources import Sources, passes, unique_or_refuse
from data.importers.values import Wanted, convert

Advance = Callable[[float], None]
OnRejected = Callable[[Sequence[Rejection]], None]
ATTRIBUTES = "attributes"


def _ignore(_step: object) -> None:
    return


@dataclass
class Reading:
    """One file on its way in.

    :param beside: where the other files of the mapping are
    :param skipped: how many rows `where` left out so far
    """

    kind: IntakeKind
    table: TextTable
    mapping: Mapping
    beside: Folder
    advance: Advance = _ignore
    skipped: int = 0
    lookups: dict[str, pd.DataFrame] = field(default_factory=dict)

    def request(
        self,
        *,
        bank_name: str,
        keep_good_rows: bool = False,
        on_rejected: OnRejected = _ignore,
    ) -> TakeIn:
        """Check the mapping against the file and make the request; rows are read when asked for.

        :raises Invalid: a column or a file that the mapping names isn't there
        """
        self._look_up_files()
        attributes = self._attributes()
        self._check_columns(attributes)
        sources = self.mapping.sources()
        return TakeIn(
            kind=self.kind,
            source=self.mapping.source,
            file_name=self.table.name,
            sha256=self.table.sha256,
            mapping=self.mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            fields=tuple(sources),
            batches=self._batches(attributes),
            origins={name: source.where_from for name, source in sources.items()},
            references=references(self.mapping, attributes, self.beside, bank_name),
            campaign=campaign(self.mapping),
            keep_good_rows=keep_good_rows,
            on_rejected=on_rejected,
        )

    def _look_up_files(self) -> None:
        for name, lookup in self.mapping.lookups.items():
            table = self.beside.table(lookup.file)
            table.need([lookup.key, *lookup.where])
            rows = table.whole()
            rows = rows[passes(rows, lookup.where)]
            unique_or_refuse(rows[lookup.key], lookup.file, lookup.key)
            self.lookups[name] = rows.set_index(lookup.key, drop=False)

    def _attributes(self) -> dict[str, AttributeSource]:
        """Return the attributes of the mapping and, if wanted, of columns it doesn't name."""
        attributes = dict(self.mapping.attributes)
        if self.mapping.file.unmapped == "attributes" and self.kind is IntakeKind.CUSTOMERS:
            named = {*self.mapping.columns(), *attributes}
            rest = [column for column in self.table.header if column and column not in named]
            for column, type_ in guessed_types(self.table, rest, self.mapping.file).items():
                attributes[column] = AttributeSource.model_validate(
                    {"column": column, "type": type_}
                )
        if unusable := [name for name in attributes if '"' in name]:
            raise Invalid(f"An attribute can't have a quotation mark in its name: {unusable[0]}.")
        return attributes

    def _check_columns(self, attributes: dict[str, AttributeSource]) -> None:
        own: list[str] = []
        foreign: list[str] = []
        for column in self.mapping.columns():
            (foreign if column.partition(".")[0] in self.lookups else own).append(column)
        self.table.need(own)
        for column in foreign:
            name, _, there = column.partition(".")
            if there not in self.lookups[name]:
                listed = ", ".join(map(str, self.lookups[name].columns))
                raise Invalid(
                    f"{self.mapping.lookups[name].file} has no column {there}. It has: {listed}."
                )
        if clash := set(attributes) & set(self.mapping.fields):
            raise Invalid(f"{', '.join(sorted(clash))} is both a field and an attribute.")

    def _batches(self, attributes: dict[str, AttributeSource]) -> Iterator[Batch]:
        sources = Sources(self.mapping.file)
        for part in self.table.parts():
            rejections = [Rejection(row, "row", why) for row, why in part.misshapen.items()]
            frame = part.rows
            passing = passes(frame, self.mapping.file.where)
            self.skipped += int((~passing).sum())
            frame = frame[passing]
            for name, lookup in self.mapping.lookups.items():
                frame = self._joined(frame, name, lookup.match)
            yield self._batch(frame, sources, attributes, rejections)
            self.advance(len(part))

    def _joined(self, frame: pd.DataFrame, name: str, match: str) -> pd.DataFrame:
        there = self.lookups[name]
        found = there.reindex(frame[match]).fillna("")
        found.index = frame.index
        return pd.concat([frame, found.add_prefix(f"{name}.")], axis=1)

    def _batch(
        self,
        frame: pd.DataFrame,
        sources: Sources,
        attributes: dict[str, AttributeSource],
        rejections: list[Rejection],
    ) -> Batch:
        good = np.ones(len(frame), dtype=bool)
        rows = frame.index.to_numpy()

        def read(name: str, source: Source, wanted: Wanted, *, required: bool) -> list[Any]:
            text = sources.text(frame, source)
            converted = convert(text, source, self.mapping.file, wanted)
            reasons = dict(converted.reasons)
            if required:
                empty = [at for at, value in enumerate(converted.found) if value is None]
                reasons = dict.fromkeys(empty, "is empty") | reasons
            for position, reason in reasons.items():
                good[position] = False
                value = text.iloc[position] or None
                rejections.append(Rejection(int(rows[position]), name, reason, value))
            return converted.found

        columns: dict[str, list[Any]] = {}
        for name, source in self.mapping.sources().items():
            known = field_named(self.kind, name)
            wanted = Wanted(source.type or known.type, known.words or (), known.minimum)
            columns[name] = read(name, self._source(name, source), wanted, required=known.required)
        if attributes:
            brought = [
                read(name, source, Wanted(source.type), required=False)
                for name, source in attributes.items()
            ]
            names = list(attributes)
            columns[ATTRIBUTES] = [
                json.dumps(dict(zip(names, values, strict=True)))
                for values in zip(*brought, strict=True)
            ]
        for position, reason in self._foreign(frame, sources).items():
            good[position] = False
            rejections.append(Rejection(int(rows[position]), "currency", reason))
        kept = {
            name: [value for value, fine in zip(values, good, strict=True) if fine]
            for name, values in columns.items()
        }
        return Batch(rows[good].tolist(), kept, rejections)

    def _foreign(self, frame: pd.DataFrame, sources: Sources) -> dict[int, str]:
        """Say which rows have amounts of another currency: those are never added to ours."""
        if self.mapping.file.currency is None:
            return {}
        own = settings().currency
        given = sources.text(frame, self.mapping.file.currency).str.strip().str.upper()
        return {
            position: f"is {said}, and the bank counts in {own}: convert the amounts before"
            for position, said in enumerate(given)
            if said not in {"", own}
        }

    def _source(self, name: str, source: Source) -> Source:
        """Let the texts of the arms stand for their names."""
        if name != "arm" or not self.mapping.arms:
            return source
        names = {text: arm.name for arm in self.mapping.arms for text in arm.texts}
        return source.model_copy(update={"stands_for": names | (source.stands_for or {})})


def open_reading(
    kind: IntakeKind,
    file: Path,
    mapping: Mapping,
    *,
    name: str | None = None,
    beside: Path | None = None,
    most: int | None = None,
    advance: Advance = _ignore,
) -> Reading:
    """Open a file to be imported.

    :param name: what to call the file, when `file` is only where an upload was put
    :param beside: where the mapping's other files are; next to the file unless said
    :param most: how many bytes each file may have once it is unpacked
    :raises Invalid: the file can't be read
    """
    table = open_table(file, mapping.file, name=name, most=most)
    return Reading(kind, table, mapping, Folder(beside or file.parent, most), advance)
