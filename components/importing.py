"""Files that came through the browser, tried out and taken in."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components import errors, sessions, words
from components.gateway import engine, now, submit
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.database import spilling
from core.intake.actions.requests import Verdict
from core.intake.actions.reverting import Reversal, Revert, revert
from core.intake.actions.taking import take_in, try_out
from core.intake.events import IntakeApplied, IntakeReverted
from core.intake.rules import IntakeKind
from core.refusals import Invalid, Refusal
from core.settings import HERE, settings
from core.work import rehearsing
from data.importers.meaning import mapping_text, parse_mapping
from data.importers.reading import OnRejected, Reading, open_reading
from data.importers.rejected import rejected_file

EXAMPLES = HERE / "docs" / "guide" / "examples"
_REJECTED = (
    Column("row", "Row", "count"),
    Column("field", "Field"),
    Column("value", "Value"),
    Column("reason", "Reason", width="large"),
)
_TRIAL, _UNDOING = "import_trial", "import_undoing"
_PACKED_TIMES = 10  # tables are packed to about a tenth


@dataclass(frozen=True)
class Upload:
    """A file, what its rows are, the mapping of its columns, and the files beside it."""

    kind: IntakeKind
    file: UploadedFile
    mapping: bytes
    mapping_name: str
    others: Sequence[UploadedFile]

    @property
    def fingerprint(self) -> str:
        """Tell whether the same is asked for again."""
        files = [self.file.file_id, *(other.file_id for other in self.others)]
        told = "\n".join([self.kind, *files]).encode()
        return hashlib.sha256(told + self.mapping).hexdigest()

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        """Put the files where they can be read in parts, and open the first."""
        for each in (self.file, *self.others):
            _allow_size(each)
        text = mapping_text(self.mapping, name=self.mapping_name)
        meaning = parse_mapping(text, self.kind, name=self.mapping_name)
        with tempfile.TemporaryDirectory(prefix="fairlead-import-") as name:
            folder = Path(name)
            for number, each in enumerate((self.file, *self.others)):
                beside = folder if number else folder / "file"
                beside.mkdir(exist_ok=True)
                (beside / Path(each.name).name).write_bytes(each.getbuffer())
            path = folder / "file" / Path(self.file.name).name
            with st.spinner(f"Reading {words.plain(self.file.name)} …", show_time=True):
                yield open_reading(
                    self.kind, path, meaning, name=self.file.name, beside=folder, most=_unpacked()
                )


@dataclass(frozen=True)
class Trial:
    """What an import would do, and the file of the rows that it rejects."""

    fingerprint: str
    verdict: Verdict
    left_out: int
    rejected: bytes


def mappings(kind: IntakeKind) -> dict[str, bytes]:
    """Return the mappings of the guide for this kind of import, by name."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.toml")):
        raw = path.read_bytes()
        try:
            parse_mapping(raw.decode(), kind)
        except Invalid:  # one for another kind
            continue
        found[path.stem] = raw
    return found


def try_upload(upload: Upload) -> None:
    """Find out what an upload would do and keep the answer for this person."""
    try:
        with upload.opened() as reading, _collected() as (on_rejected, rejected):
            request = reading.request(bank_name=settings().bank_name, on_rejected=on_rejected)
            with rehearsing(spilling(engine()), sessions.require(), now=now()) as work:
                verdict = try_out(work, request)
            trial = Trial(upload.fingerprint, verdict, reading.skipped, rejected())
    except Refusal as refusal:
        st.session_state.pop(_TRIAL, None)
        errors.explain(refusal)
        return
    st.session_state[_TRIAL] = trial


def trial_of(upload: Upload) -> Trial | None:
    """Return what was found out about exactly this upload."""
    trial: Trial | None = st.session_state.get(_TRIAL)
    return trial if trial is not None and trial.fingerprint == upload.fingerprint else None


def show(trial: Trial) -> None:
    """Draw what an import would do."""
    verdict = trial.verdict
    tiles(
        [
            Tile("Create", words.count(verdict.created), help="Rows that are new here."),
            Tile("Update", words.count(verdict.updated), help="Rows that would change a record."),
            Tile("Unchanged", words.count(verdict.unchanged), help="Rows that say what is known."),
            Tile("Rejected", words.count(verdict.rejected), help="Rows that can't be taken in."),
        ]
    )
    if trial.left_out:
        st.caption(f"The mapping leaves {words.counted(trial.left_out, 'row', 'rows')} out.")
    if verdict.rejected:
        table(verdict.rejections, columns=_REJECTED, key="rejected")
        st.download_button(
            "All rejected rows",
            trial.rejected,
            file_name="rejected.csv",
            mime="text/csv",
            icon=":material/download:",
        )


def take(upload: Upload, *, keep_good_rows: bool) -> None:
    """Import an upload as the signed-in person, and go on with the page drawn anew."""
    try:
        with upload.opened() as reading:
            submit(
                take_in,
                lambda: reading.request(
                    bank_name=settings().bank_name, keep_good_rows=keep_good_rows
                ),
                done=lambda fact: (
                    f"Import {fact.intake_id} is done: {fact.created:,} created,"
                    f" {fact.updated:,} updated, {fact.unchanged:,} unchanged,"
                    f" {fact.rejected:,} rejected.{told(fact)}"
                ),
            )
    except Refusal as refusal:
        errors.explain(refusal)


def told(fact: IntakeApplied | IntakeReverted) -> str:
    """Say how much work the file's consents ended, if any."""
    if not (fact.aborted or fact.withdrawn):
        return ""
    work = words.counted(fact.aborted, "activity", "activities")
    return f" Opting out ended {work} and {words.counted(fact.withdrawn, 'message')}."


def undoing(intake_id: int) -> Reversal | None:
    """Say on demand what undoing an import would do, and undo nothing.

    It does the whole of it to find out, so the answer is kept for this person until they look at
    another import.
    """
    if st.button("What would undoing it do?", icon=":material/science:", key="undoing"):
        try:
            with rehearsing(engine(), sessions.require(), now=now()) as work:
                st.session_state[_UNDOING] = (intake_id, revert(work, Revert(intake_id)))
        except Refusal as refusal:
            st.session_state.pop(_UNDOING, None)
            errors.explain(refusal)
    kept: tuple[int, Reversal] | None = st.session_state.get(_UNDOING)
    return kept[1] if kept is not None and kept[0] == intake_id else None


@contextmanager
def _collected() -> Iterator[tuple[OnRejected, Callable[[], bytes]]]:
    with tempfile.TemporaryDirectory(prefix="fairlead-rejected-") as name:
        path = Path(name) / "rejected.csv"
        with rejected_file(path) as on_rejected:
            yield on_rejected, lambda: path.read_bytes() if path.exists() else b""


def _unpacked() -> int:
    """Return how many bytes an upload may have once it is unpacked: none may fill the disk."""
    return settings().upload_megabytes * 1_000_000 * _PACKED_TIMES


def _allow_size(file: UploadedFile) -> None:
    most = settings().upload_megabytes
    if file.size > most * 1_000_000:
        raise Invalid(
            f"{file.name} has {file.size / 1_000_000:,.0f} MB; through the browser {most} MB are"
            " allowed. Compress it with gzip, or import it at the command line."
        )
