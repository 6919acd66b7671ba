"""The frame around every page: who is signed in, which pages are theirs, what went wrong."""

import streamlit as st

from components import cookie, errors, look, navigation, own_password, sessions, sign_in
from components.words import plain
from core import observe
from core.people.queries import Visit

_LOOK_AGAIN = 60  # seconds until an open page notices that its session has ended


def main() -> None:
    # Before the menu, whose icons a browser would otherwise fetch from a font server elsewhere.
    st.set_page_config(page_icon=look.ICON, layout="wide")
    visit = _visit()
    # The menu comes first on every run, or the address that somebody came with would be lost.
    page = navigation.menu(visit.actor if visit and not visit.must_change else None)
    st.set_page_config(page_title=f"{page.title} · Fairlead")
    if visit is not None:  # the sign-in has it in its middle
        st.logo(look.logo(), icon_image=look.ICON)
    look.dress()
    cookie.carry(waiting=visit is not None and visit.awaits_cookie, signed_in=visit is not None)
    if visit is None:
        sign_in.page()
        return
    observe.begin_request(
        person_id=visit.actor.person_id, session_id=visit.session_id, page=page.url_path
    )
    with st.sidebar:
        _person(visit)
        navigation.begin_anew()
        _watch()
    with errors.boundary():
        if visit.must_change:
            own_password.first(visit)
            return
        navigation.admit(page, visit.actor)
        page.run()


def _visit() -> Visit | None:
    visit = sessions.recognise()
    if visit is None:
        sign_in.recognise_company_account()
        visit = sessions.recognise()
    return visit


def _person(visit: Visit) -> None:
    st.space("stretch")
    roles = ", ".join(sorted(visit.actor.roles)) or "no role yet"
    st.markdown(f"**{plain(visit.actor.name)}**  \n{plain(roles)}")
    st.button("Sign out", on_click=sign_in.sign_out, icon=":material/logout:", width="stretch")


@st.fragment(run_every=_LOOK_AGAIN)
def _watch() -> None:
    # Nobody did anything: looking again must not keep an idle session alive.
    if sessions.recognise(active=False) is None:
        st.rerun()


main()
