"""Taking impact out: the page as a paged report, its charts as pictures, its numbers as sheets."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import plotly.graph_objects as go
import streamlit as st

from components import errors
from components.charts import frame
from components.gateway import carry_out, current_actor, fetch
from components.reports import sheets
from components.reports.board import TITLE, of_board
from components.reports.common import evidence, title_of
from components.reports.content import Picture, Stamp
from components.reports.paper import as_pdf
from components.reports.pictures import framed_png
from components.reports.run import of_run
from components.reports.taking import MIMES, offer, stamped
from components.reports.workbook import as_xlsx
from core.access import Permission
from core.exports import ExportReport, Format, export_report
from core.impact.queries.breakdown import ways_to_break_down
from core.impact.queries.compared import By
from core.impact.queries.groups import ways_to_split
from core.impact.queries.runs import RunImpact
from core.impact.queries.whole import board, whole
from core.refusals import Refusal
from core.truth.queries.runs import restated
from core.work import Reader

_SLOT = "report:impact"
_OF_LISTS = ("_page", "_sort")  # what the address says of lists is not a filter of the page


def draw(run: RunImpact | None = None) -> None:
    """Offer the report and the workbook of one run, or of all, to those who may take them out."""
    if not current_actor().may(Permission.EXPORT_IMPACT):
        return
    run_id = run.id if run else None
    by = _splits() if run else ()
    side = _side()
    with st.container(horizontal=True, gap="small"):
        asked = st.button(
            "Report (PDF)",
            key="report:pdf",
            icon=":material/picture_as_pdf:",
            help="This page on paper, with charts, tables and evidence. The journal notes it.",
        )
        offer(
            "Workbook (XLSX)",
            key="report:xlsx",
            asked=_request(run, Format.XLSX),
            named=_named(run),
            make=lambda view, stamp: _workbook(view, stamp, run_id, by, side),
            help_="The numbers with what they were worked out from. The journal notes it.",
        )
        place = st.container(width="content")
    if asked:
        _prepare(run)
    ready = st.session_state.get(_SLOT)
    if ready is not None and ready[0] == (run_id, _filters()):
        _, name, file = ready
        place.download_button(
            f"Save the report ({len(file) // 1024} kB)",
            file,
            file_name=name,
            mime=MIMES[Format.PDF],
            key="report:save",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


def _prepare(run: RunImpact | None) -> None:
    """Make the report while its progress is shown, and keep it until the page shows another."""
    st.session_state.pop(_SLOT, None)
    try:
        carry_out(export_report, _request(run, Format.PDF))
    except Refusal as refusal:
        errors.explain(refusal)
        return
    with st.status("Gathering the figures", expanded=True) as status:
        bar = st.progress(0.0)

        def tell(step: str, done: int, of: int) -> None:
            status.update(label=step)
            bar.progress(done / max(of, 1))

        stamp = stamped(current_actor(), _filters())
        if run is None:
            document = of_board(fetch(board, by=_side()), stamp)
        else:
            found = fetch(whole, run_id=run.id, by=_splits())
            document = of_run(found, stamp, fetch(restated, run_id=run.id))
        file = as_pdf(document, tell=tell)
        status.update(label="The report is ready.", state="complete", expanded=False)
    key = (run.id if run else None, _filters())
    st.session_state[_SLOT] = (key, stamp.names(_named(run), "pdf"), file)


def _workbook(
    view: Reader, stamp: Stamp, run_id: int | None, by: tuple[str, ...], side: By
) -> bytes:
    """Gather the numbers of one run, or of all, as sheets."""
    if run_id is None:
        every = board(view, by=side)
        return as_xlsx(of_board(every, stamp), list(sheets.of_board(every)))
    found = whole(view, run_id=run_id, by=by)
    truth = restated(view, run_id=run_id)
    return as_xlsx(of_run(found, stamp, truth), list(sheets.of_run(found, truth)))


def pictures(run: RunImpact | None = None) -> AbstractContextManager[None]:
    """Let every chart that is drawn meanwhile be taken out as a picture, by those who may."""
    if not current_actor().may(Permission.EXPORT_IMPACT):
        return _as_it_is()
    grounds = evidence(run) if run else "Each effect has the evidence of its own run."

    def chart(figure: go.Figure, reading: str, key: str) -> None:
        offer(
            "Picture",
            key=f"{key}:png",
            asked=_request(run, Format.PNG),
            named=f"{_named(run)} {key}",
            make=lambda _view, stamp: framed_png(
                Picture(figure, reading), title=_title(run), evidence=grounds, stamp=stamp
            ),
            help_="This chart as a PNG picture. The journal notes it.",
        )

    return frame.taken_out(chart)


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _title(run: RunImpact | None) -> str:
    return title_of(run) if run else TITLE


def _named(run: RunImpact | None) -> str:
    return f"impact {run.facts.code}" if run else "impact"


def _request(run: RunImpact | None, format_: Format) -> ExportReport:
    about = f"run:{run.id}" if run else ""
    return ExportReport(_title(run), about, dict(_filters()), format_)


def _filters() -> tuple[tuple[str, str], ...]:
    """Read the filters of the page from where they all stand: its address."""
    return tuple(
        (name, ", ".join(st.query_params.get_all(name)))
        for name in sorted(st.query_params)
        if name != "run" and not name.endswith(_OF_LISTS)
    )


def _splits() -> tuple[str, ...]:
    """Return the ways by which the page of a run is split now, as queries know them."""
    asked = [st.query_params.get(name) for name in ("across", "by")]
    ways = (*fetch(ways_to_break_down), *fetch(ways_to_split)) if any(asked) else ()
    return tuple(dict.fromkeys(way.name for label in asked for way in ways if way.label == label))


def _side() -> By:
    """Return by what the overview puts runs side by side now."""
    asked = st.query_params.get("side", "").lower()
    return By(asked) if asked in set(By) else By.CAMPAIGN
