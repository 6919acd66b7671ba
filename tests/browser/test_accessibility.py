"""Every page as axe sees it, light and dark: nothing that shuts somebody out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.serving import settle

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
ASKED = {"runOnly": STANDARDS, "resultTypes": ["violations"]}  # not what every element passes
GRAVE = {"serious", "critical"}
# Findings in what Streamlit itself draws, by rule and a piece of the element; nothing of ours.
STREAMLITS_OWN = (
    ("listitem", "<li"),  # the menu's items stand inside the groups of its list; ours has none
    ("list", "stSidebarNavItems"),
)
DARK = "rgb(18, 26, 34)"  # the background of .streamlit/config.toml, as the browser says it
PAGES = {
    "agent": ("", "my_work", "my_work?view=Branch+pool", "confirmations", "account"),
    "lead": (
        "",
        "team_queue",
        "exceptions?kind=unassigned",
        "monitor?by=Person&timely=true",
        "monitor?wall=1",
        "truth",
    ),
    "manager": (
        "campaigns",
        "plan",
        "designer",
        "designer?id=8&step=Stages",
        "designer?id=8&step=Measurement",
        "designer?id=11&step=Review",
        "runs",
        "run?id=9",
        "campaign?id=1",
        "competitors",
        "competitors?view=Rates",
        "competitors?view=Central+bank",
        "competitors?view=Record",
        "truth?run=5",
    ),
    "approver": ("approvals",),
    "executive": ("", "impact", "impact?run=3"),
    "admin": ("people", "reference", "imports", "journal"),
}


@pytest.mark.parametrize("who", PAGES)
def test_nothing_shuts_anybody_out(as_person, demo, who):
    page = as_person(who, f"/{PAGES[who][0]}")
    grave = []
    for path in PAGES[who]:
        page.emulate_media(color_scheme="light")
        demo.open(page, f"/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        grave += [f"/{path}, light: {finding}" for finding in findings(page)]

        page.emulate_media(color_scheme="dark")
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", DARK)
        page.keyboard.press("r")  # runs the page anew: the server gives the charts their colours
        grave += [f"/{path}, dark: {finding}" for finding in findings(page)]

    assert not grave, "\n".join(grave)


def test_the_sign_in_too(page, demo, watched):
    demo.open(watched(page))
    assert not findings(page)


def findings(page):
    """Return the grave findings that are not Streamlit's own, one line for each element."""
    settle(page)
    found = Axe().run(page, options=ASKED).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
        if not any(each["id"] == rule and part in node["html"] for rule, part in STREAMLITS_OWN)
    ]
