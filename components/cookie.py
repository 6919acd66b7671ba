"""The errand of the browser: carry the ticket to our own address and come back with the cookie."""

import secrets

import streamlit as st

from components.http import COOKIE_PATH

TICKET = "ticket"
CLEAR = "clear_cookie"
# Each ticket is sent once, however often the page is drawn while it waits.
_COURIER = st.components.v2.component(
    "fairlead_session_cookie",
    html="<span></span>",
    js="""
const sent = window.fairleadSent ?? (window.fairleadSent = new Set())
export default function ({ data }) {
  const errand = data.method + data.ticket
  if (!data.method || sent.has(errand)) return
  sent.add(errand)
  fetch(data.address, {
    method: data.method,
    credentials: "same-origin",
    headers: { "X-Ticket": data.ticket },
  })
}
""",
)


def carry(*, waiting: bool, signed_in: bool) -> None:
    """Send the browser on its errand: with the ticket of a new session, or to drop the cookie.

    :param waiting: the session's ticket has not been exchanged yet
    """
    if st.session_state.pop(CLEAR, None):
        _send("DELETE", secrets.token_urlsafe(8))  # told from the next time by this
    elif waiting and (ticket := st.session_state.get(TICKET)):
        _send("POST", ticket)
    else:
        st.session_state.pop(TICKET, None)
        if not signed_in:
            _send("", "")  # the courier stands ready, so that it leaves at once with the ticket


def _send(method: str, ticket: str) -> None:
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}{COOKIE_PATH}" if base else COOKIE_PATH
    _COURIER(
        data={"method": method, "ticket": ticket, "address": address},
        key="session-cookie",
        height=1,
    )
