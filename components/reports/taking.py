"""Offering a file: who asks is looked up once more, the journal notes it, then it leaves."""

from collections.abc import Callable

import streamlit as st

from components import server, sessions
from components.reports.content import Stamp
from core.access import Actor
from core.exports import ExportReport, Format, export_report
from core.settings import settings
from core.work import Reader, changing, reading

MIMES = {
    Format.PDF: "application/pdf",
    Format.PNG: "image/png",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def stamped(actor: Actor, filters: tuple[tuple[str, str], ...] = ()) -> Stamp:
    return Stamp(settings().bank_name, server.now(), actor.name, filters)


def offer(
    label: str,
    *,
    key: str,
    asked: ExportReport,
    named: str,
    make: Callable[[Reader, Stamp], bytes],
    help_: str,
) -> None:
    """Draw a button that makes a file when it is pressed.

    :param named: what the file is about, for its name
    :param make: looks at what is in it and returns it
    """
    session_id = sessions.current_session()
    filters = tuple(asked.filters.items())

    def take() -> bytes:
        # This runs when the button is pressed, outside the page: look again who is asking.
        holder = sessions.holder_of(session_id)
        stamp = stamped(holder, filters)
        with changing(server.engine(), holder, now=stamp.at) as work:
            export_report(work, asked)
        with reading(server.engine(), holder, now=stamp.at) as view:
            return make(view, stamp)

    st.download_button(
        label,
        take,
        file_name=stamped(sessions.current_actor()).names(named, asked.format.lower()),
        mime=MIMES[asked.format],
        key=key,
        icon=":material/download:",
        on_click="ignore",
        help=help_,
        type="tertiary" if asked.format is Format.PNG else "secondary",
    )
