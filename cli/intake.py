"""Import files, try out what an import would do, and undo one."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.common import AsJson, ask, do, engine, now, print_json, print_rows, progress, say, warn
from core.access import SYSTEM
from core.database import spilling
from core.intake.actions.requests import Verdict
from core.intake.actions.reverting import Revert, revert
from core.intake.actions.taking import RowsRejected, take_in, try_out
from core.intake.events import IntakeApplied, IntakeReverted
from core.intake.queries import imports
from core.intake.rules import IntakeKind
from core.refusals import Invalid
from core.settings import settings
from core.windows import LARGEST, Window
from core.work import changing, rehearsing
from data.importers.meaning import read_mapping

_Kind = Annotated[IntakeKind | None, typer.Argument(help="What the rows of the file are.")]
_File = Annotated[Path | None, typer.Argument(help="The file: CSV, with or without gzip.")]
_Mapping = Annotated[Path | None, typer.Option(help="What its columns mean, in TOML.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would do; change nothing.")]
_Revert = Annotated[int | None, typer.Option("--revert", help="Undo the import of this number.")]
_List = Annotated[bool, typer.Option("--list", help="List the imports, the newest first.")]
_Rejected = Annotated[
    Path | None, typer.Option(help="Where rejected rows go; NAME-rejected.csv unless said.")
]
_Skip = Annotated[
    bool, typer.Option("--skip-rejected", help="Import the good rows although some are rejected.")
]


def import_file(
    kind: _Kind = None,
    file: _File = None,
    mapping: _Mapping = None,
    *,
    dry_run: _DryRun = False,
    skip_rejected: _Skip = False,
    rejected: _Rejected = None,
    undo: _Revert = None,
    listing: _List = False,
    as_json: AsJson = False,
) -> None:
    """Import customers, holdings, results, moves or rates from a file, or undo an import."""
    if listing:
        rows = ask(imports, window=Window(descending=True, size=LARGEST)).rows
        print_json(rows) if as_json else print_rows(rows)
        return
    if undo is not None:
        _undo(undo, as_json=as_json)
        return
    if kind is None or file is None or mapping is None:
        raise Invalid(
            "Say what to import from which file by which mapping:"
            " fairlead import customers FILE --mapping FILE.toml"
        )
    # Only who imports waits until pandas is loaded.
    from data.importers.reading import open_reading  # noqa: PLC0415
    from data.importers.rejected import rejected_file  # noqa: PLC0415

    put_aside = rejected or Path(f"{file.name.split('.')[0]}-rejected.csv")
    if put_aside.resolve() in {file.resolve(), mapping.resolve()}:
        raise Invalid(
            f"The rejected rows can't go into {put_aside}, which is read itself;"
            " name another file with --rejected."
        )
    outcome = _Outcome(put_aside, as_json=as_json)
    meaning = read_mapping(mapping, kind)
    with ExitStack() as stack:
        advance = stack.enter_context(progress(f"Importing {file.name}"))
        on_rejected = stack.enter_context(rejected_file(put_aside))
        reading = open_reading(kind, file, meaning, advance=advance)
        request = reading.request(
            bank_name=settings().bank_name, keep_good_rows=skip_rejected, on_rejected=on_rejected
        )
        number = None
        if dry_run:
            with rehearsing(spilling(engine()), SYSTEM, now=now()) as work:
                verdict = try_out(work, request)
        else:
            try:
                with changing(spilling(engine()), SYSTEM, now=now()) as work:
                    fact = take_in(work, request)
            except RowsRejected as refusal:
                stack.close()
                outcome.refuse(refusal)
            number = fact.intake_id
            verdict = Verdict(fact.created, fact.updated, fact.unchanged, fact.rejected, ())
    outcome.tell(verdict, number, left_out=reading.skipped)
    if number and not as_json:
        _tell_ended(fact)


@dataclass(frozen=True)
class _Outcome:
    put_aside: Path
    as_json: bool

    def tell(self, verdict: Verdict, number: int | None, *, left_out: int) -> None:
        if self.as_json:
            print_json(self._counts(verdict) | {"import": number, "left_out": left_out})
            return
        say(f"Import {number} is done." if number else "This is what the import would do.")
        numbers = (
            f"{verdict.created:,} created",
            f"{verdict.updated:,} updated",
            f"{verdict.unchanged:,} unchanged",
            f"{verdict.rejected:,} rejected",
            *([f"{left_out:,} left out by the mapping"] if left_out else []),
        )
        say(f"{', '.join(numbers)}.")
        if verdict.rejected:
            self._warn()
        if number:
            say(f"To undo it: fairlead import --revert {number}")

    def refuse(self, refusal: RowsRejected) -> NoReturn:
        if self.as_json:
            print_json(self._counts(refusal.verdict) | {"import": None, "refused": str(refusal)})
        self._warn()
        raise refusal

    def _warn(self) -> None:
        warn(f"The rejected rows, with their reasons, are in {self.put_aside}.")

    def _counts(self, verdict: Verdict) -> dict[str, object]:
        return {
            "created": verdict.created,
            "updated": verdict.updated,
            "unchanged": verdict.unchanged,
            "rejected": verdict.rejected,
            "rejected_file": str(self.put_aside) if verdict.rejected else None,
        }


def _undo(number: int, *, as_json: bool) -> None:
    reversal = do(revert, Revert(number))
    fact = reversal.fact
    if as_json:
        counts = {"import": number, "deleted": fact.deleted, "restored": fact.restored}
        print_json(counts | {"kept": reversal.kept})
        return
    say(f"Import {number} is undone: {fact.deleted:,} deleted, {fact.restored:,} restored.")
    _tell_ended(fact)
    if reversal.kept:
        warn(f"{fact.kept:,} were left alone:")
        print_rows(reversal.kept)


def _tell_ended(fact: IntakeApplied | IntakeReverted) -> None:
    if fact.aborted or fact.withdrawn:
        say(f"Opting out ended {fact.aborted:,} activities and {fact.withdrawn:,} messages.")
