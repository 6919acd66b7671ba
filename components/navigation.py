"""Every page of the product: where it stands in the menu, and who may open it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from core.access import Actor, Permission
from core.refusals import NotAllowed

PAGES = Path(__file__).resolve().parents[1] / "pages"
HOME = "home"
_P = Permission
# Streamlit keeps the address of the page that is open: its entry would not lead out of a record.
# Left to the browser, the entry is a link to the page without one.
_ANEW = st.components.v2.component(
    "fairlead_menu",
    html="<span></span>",
    js="""
const entry = '[data-testid="stSidebarNavLink"][aria-current="page"]'
const leave = (event) => {
  if (window.location.search && event.target.closest?.(entry)) event.stopPropagation()
}
export default function () {
  window.addEventListener("click", leave, true)
  return () => window.removeEventListener("click", leave, true)
}
""",
)


@dataclass(frozen=True)
class Screen:
    """One page. Any one of `needs` opens it; a page off the menu is reached from another one."""

    name: str
    title: str
    icon: str
    section: str
    needs: frozenset[Permission]
    on_menu: bool = True

    @property
    def address(self) -> str:
        return "" if self.name == HOME else self.name

    @property
    def file(self) -> Path:
        return PAGES / f"{self.name}.py"

    def open_to(self, actor: Actor) -> bool:
        return any(actor.may(permission) for permission in self.needs)


def _screen(
    section: str, name: str, title: str, icon: str, *needs: Permission, on_menu: bool = True
) -> Screen:
    return Screen(name, title, f":material/{icon}:", section, frozenset(needs), on_menu)


SCREENS: tuple[Screen, ...] = (
    _screen("", "home", "Home", "home", _P.OWN_ACCOUNT),
    _screen("Work", "my_work", "My work", "checklist", _P.WORK_ACTIVITIES),
    _screen("Work", "confirmations", "Confirm candidates", "how_to_reg", _P.CONFIRM_CANDIDATES),
    _screen("Work", "customer", "Customers", "person_search", _P.SEE_CUSTOMERS),
    _screen("Work", "team_queue", "Team queue", "groups", _P.SEE_TEAM),
    _screen("Work", "absences", "Absences", "event_busy", _P.PLAN_ABSENCES),
    _screen(
        "Work",
        "fairness",
        "Fairness",
        "balance",
        _P.WORK_ACTIVITIES,
        _P.SEE_TEAM,
        _P.MANAGE_REFERENCE,
    ),
    _screen(
        "Work",
        "exceptions",
        "Exceptions",
        "error",
        _P.SEE_TEAM,
        _P.RUN_CAMPAIGNS,
        _P.MANAGE_PEOPLE,
    ),
    _screen("Work", "monitor", "Monitor", "monitoring", _P.SEE_TEAM, _P.SEE_PORTFOLIO),
    _screen("Portfolio", "coverage", "Coverage", "grid_view", _P.SEE_PORTFOLIO),
    _screen("Portfolio", "assessments", "Assessments", "fact_check", _P.SEE_PORTFOLIO),
    _screen(
        "Campaigns", "campaigns", "Campaigns", "campaign", _P.SEE_PORTFOLIO, _P.DESIGN_CAMPAIGNS
    ),
    _screen(
        "Campaigns",
        "campaign",
        "Campaign sheet",
        "description",
        _P.SEE_PORTFOLIO,
        _P.DESIGN_CAMPAIGNS,
        on_menu=False,
    ),
    _screen("Campaigns", "plan", "Plans", "event_note", _P.SEE_PORTFOLIO),
    _screen("Campaigns", "designer", "Designer", "design_services", _P.DESIGN_CAMPAIGNS),
    _screen("Campaigns", "approvals", "Approvals", "verified", _P.APPROVE_DESIGNS),
    _screen("Campaigns", "runs", "Runs", "play_circle", _P.RUN_CAMPAIGNS, _P.SEE_PORTFOLIO),
    _screen(
        "Campaigns",
        "run",
        "Run",
        "play_circle",
        _P.RUN_CAMPAIGNS,
        _P.SEE_PORTFOLIO,
        on_menu=False,
    ),
    _screen(
        "Campaigns",
        "contact_policy",
        "Contact policy",
        "do_not_disturb_on",
        _P.DESIGN_CAMPAIGNS,
        _P.RUN_CAMPAIGNS,
        _P.MANAGE_REFERENCE,
    ),
    _screen(
        "Market", "competitors", "Competitors", "storefront", _P.RECORD_MARKET, _P.SEE_PORTFOLIO
    ),
    _screen(
        "Market",
        "threats",
        "Threats and opportunities",
        "crisis_alert",
        _P.RECORD_MARKET,
        _P.SEE_PORTFOLIO,
    ),
    _screen(
        "Market",
        "market_tasks",
        "Market tasks",
        "travel_explore",
        _P.RECORD_MARKET,
        _P.SEE_PORTFOLIO,
    ),
    _screen("Market", "segments", "Segments", "donut_small", _P.SEE_SEGMENTS),
    _screen("Results", "impact", "Impact", "insights", _P.SEE_IMPACT),
    _screen("Results", "truth", "Truth check", "fact_check", _P.SEE_IMPACT),
    _screen("Results", "feedback", "Feedback", "recycling", _P.SEE_IMPACT),
    _screen("Administration", "people", "People", "badge", _P.SEE_PEOPLE, _P.MANAGE_PEOPLE),
    _screen("Administration", "reference", "Reasons and channels", "tune", _P.MANAGE_REFERENCE),
    _screen("Administration", "hours", "Working time", "schedule", _P.MANAGE_REFERENCE),
    _screen("Administration", "imports", "Imports", "upload_file", _P.IMPORT),
    _screen("Administration", "journal", "Journal", "history", _P.READ_JOURNAL),
    _screen("Account", "account", "My account", "person", _P.OWN_ACCOUNT),
)
BY_NAME: Mapping[str, Screen] = {screen.name: screen for screen in SCREENS}


def menu(actor: Actor | None) -> Page:
    """Register every page and draw the menu; return the page that the address names.

    All pages are registered for everybody, also before the sign-in: an address that is not
    registered would be lost on the way. What is off the menu is still guarded by `admit`.
    """
    sections: dict[str, list[Page]] = {}
    for screen in SCREENS:
        sections.setdefault(screen.section, []).append(_page(screen, actor))
    return st.navigation(sections, position="sidebar" if actor else "hidden", expanded=True)


def begin_anew() -> None:
    """Let the menu's entry of the page that is open lead to its beginning."""
    _ANEW(key="menu", height=1)


def admit(page: Page, actor: Actor) -> None:
    """Continue only if this person may open the page: every page can be reached by its address.

    :raises NotAllowed: none of the roles opens it
    """
    screen = next(each for each in SCREENS if each.address == page.url_path)
    if not screen.open_to(actor):
        raise NotAllowed(
            f"{screen.title} is not open to your role ({actor.describe()}). "
            "Somebody who administers people can change that."
        )


def _page(screen: Screen, actor: Actor | None) -> Page:
    shown = actor is not None and screen.on_menu and screen.open_to(actor)
    return st.Page(
        screen.file,
        # Somebody who is not signed in learns no more than that there is a sign-in.
        title=screen.title if actor else "Sign in",
        icon=screen.icon if actor else None,
        url_path=screen.name,
        default=screen.name == HOME,
        visibility="visible" if shown else "hidden",
    )


def go_to(name: str, **query: Any) -> None:
    """Leave for another page, with the filters or the record given: `go_to("run", id=7)`."""
    st.switch_page(BY_NAME[name].file, query_params=_texts(query))


def opens(name: str, **ids: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Make a `then` for `submit`: `opens("campaign", id=lambda fact: fact.campaign_id)`."""

    def leave(outcome: Any) -> None:
        go_to(name, **{key: pick(outcome) for key, pick in ids.items()})

    return leave


def link(
    name: str, label: str | None = None, *, actor: Actor, icon: str | None = None, **query: Any
) -> None:
    """Draw a link to another page, or just its words for somebody who may not open it."""
    screen = BY_NAME[name]
    label = label or screen.title
    if screen.open_to(actor):
        st.page_link(screen.file, label=label, icon=icon or screen.icon, query_params=_texts(query))
    else:
        st.markdown(label)


def record(key: str = "id") -> int | None:
    """Return the number of the record that the address names, such as `/run?id=7`."""
    given = st.query_params.get(key, "")
    return int(given) if given.isdecimal() else None


def _texts(query: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in query.items() if value is not None}
