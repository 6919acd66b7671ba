"""Take the pictures of the user guide from the running demo bank: `make pictures`."""

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.runs.model import Candidate
from core.runs.rules import Confirmation
from tests.browser import chromium
from tests.browser.hand import Hand
from tests.browser.serving import FLAGS, ROOT, Bank, demo_bank, served

PICTURES = ROOT / "docs" / "guide" / "pictures"
CUSTOMERS = 20_000
DESK, PHONE = (1280, 800), (390, 844)
WHO_IS_ASKED = "a relationship manager who has customers to confirm"
COMPARED = "/segments?view=Compare" + "".join(
    f"&of={quote_plus(name)}"
    for name in (
        "Income from 25,000",
        "Private customers under 45",
        "From 30 to 65 with 3,000 or more on the account",
        "From 27 to 42 with a mortgage and no life insurance",
    )
)
_PAPER = 1.5  # pixels in a point of print
_COLOURS = 128  # keeps a picture below 200 kB and still looks as it did


@dataclass(frozen=True)
class Picture:
    """One page as somebody sees it; `steps` are the names to press before the picture is taken."""

    name: str
    who: str
    path: str
    scheme: str = "light"
    size: tuple[int, int] = DESK
    steps: tuple[str, ...] = ()
    tick: int | None = None  # the row to choose, the first being 1
    look_at: str | None = None  # the heading or text to bring to the upper edge
    printed: int | None = None  # the page of its report to show in its place, the first being 1


ALL = (
    Picture("sign-in", "", "/"),
    Picture("agent-home", "agent", "/"),
    Picture("agent-home-phone", "agent", "/", size=PHONE),
    Picture("agent-my-work", "agent", "/my_work"),
    Picture("agent-my-work-dark", "agent", "/my_work", "dark"),
    Picture("agent-my-work-phone", "agent", "/my_work", size=PHONE),
    Picture("agent-pool", "agent", "/my_work?view=Branch+pool"),
    Picture("agent-activity", "agent", "/my_work", steps=("Take next",)),
    Picture("agent-confirmations", WHO_IS_ASKED, "/confirmations"),
    Picture("lead-home", "lead", "/"),
    Picture("lead-team-queue", "lead", "/team_queue"),
    Picture("lead-team-queue-dark", "lead", "/team_queue", "dark"),
    Picture(
        "lead-what-if",
        "lead",
        "/team_queue?whatif=true&status=Assigned",
        look_at="By the end of",
    ),
    Picture("lead-exceptions", "lead", "/exceptions"),
    Picture("lead-monitor", "lead", "/monitor?by=Person"),
    Picture("lead-wall", "lead", "/monitor?wall=1", "dark"),
    Picture("manager-home", "manager", "/"),
    Picture("manager-monitor", "manager", "/monitor"),
    Picture("manager-campaigns", "manager", "/campaigns"),
    Picture("manager-campaign", "manager", "/campaign?id=4"),
    Picture("manager-designer", "manager", "/designer?id=8&step=Stages", size=(1280, 1060)),
    Picture("manager-designer-dark", "manager", "/designer?id=8&step=Measurement", "dark"),
    Picture("manager-designer-phone", "manager", "/designer?id=8&step=Offer", size=PHONE),
    Picture("manager-plan", "manager", "/plan"),
    Picture("manager-plan-dark", "manager", "/plan", "dark"),
    Picture("manager-competitors", "manager", "/competitors"),
    Picture("manager-competitors-rates", "manager", "/competitors?view=Rates"),
    Picture("manager-competitors-dark", "manager", "/competitors", "dark"),
    Picture("manager-competitors-phone", "manager", "/competitors", size=(390, 1180)),
    Picture(
        "manager-competitors-rates-phone",
        "manager",
        "/competitors?view=Rates",
        size=PHONE,
        look_at="the last published by then",
    ),
    Picture(
        "manager-competitors-bank-dark",
        "manager",
        "/competitors?view=Central+bank",
        "dark",
        look_at="Filled:",
    ),
    Picture("manager-threats", "manager", "/threats"),
    Picture("manager-threats-dark", "manager", "/threats", "dark"),
    Picture("manager-threats-phone", "manager", "/threats", size=(390, 1240)),
    Picture("manager-threat", "manager", "/threats?id=8"),
    Picture("manager-threat-answered", "manager", "/threats?id=13"),
    Picture("manager-coverage", "manager", "/coverage?period=365+days", size=(1280, 1060)),
    Picture("manager-coverage-dark", "manager", "/coverage?show=Open+gap", "dark", (1280, 1060)),
    Picture("manager-coverage-worth", "manager", "/coverage?view=Opportunities", size=(1280, 1060)),
    Picture("manager-coverage-phone", "manager", "/coverage?period=365+days", size=(390, 1240)),
    Picture("manager-segments", "manager", "/segments"),
    Picture("manager-segments-dark", "manager", "/segments", "dark"),
    Picture("manager-segments-phone", "manager", "/segments", size=PHONE),
    Picture(
        "manager-segments-profile",
        "manager",
        "/segments?id=9&part=Profile",
        look_at="35\N{EN DASH}44",
    ),
    Picture("manager-segments-compare-dark", "manager", COMPARED, "dark", look_at="at least one"),
    Picture(
        "manager-segments-trend-phone",
        "manager",
        "/segments?id=3&part=Trend",
        size=(390, 980),
    ),
    Picture("manager-assessment", "manager", "/assessments?id=2"),
    Picture("manager-assessment-dark", "manager", "/assessments?id=2", "dark"),
    Picture("manager-assessment-phone", "manager", "/assessments?id=2", size=PHONE),
    Picture("manager-directions", "manager", "/assessments?view=Directions&item=2"),
    Picture("manager-contact-policy", "manager", "/contact_policy?view=Held+customers"),
    Picture("manager-holdout", "manager", "/contact_policy?view=Holdout", size=(1280, 600)),
    Picture("manager-runs", "manager", "/runs"),
    Picture("manager-run", "manager", "/run?id=9"),
    Picture("approver-approvals", "approver", "/approvals", tick=1),
    Picture(
        "approver-gate",
        "approver",
        "/approvals",
        size=(1280, 1000),
        tick=1,
        look_at="Why approve it all the same?",
    ),
    Picture("executive-home", "executive", "/"),
    Picture("executive-home-phone", "executive", "/", size=PHONE),
    Picture("executive-impact", "executive", "/impact", size=(1280, 1180)),
    Picture("executive-impact-dark", "executive", "/impact", "dark"),
    Picture("executive-impact-phone", "executive", "/impact", size=PHONE),
    Picture("executive-total", "executive", "/impact", look_at="All campaigns together:"),
    Picture("executive-run", "executive", "/impact?run=3"),
    Picture("executive-report", "executive", "/impact?run=3", printed=1),
    Picture("executive-report-groups", "executive", "/impact?run=3", printed=4),
    Picture("manager-feedback", "manager", "/feedback?id=2", size=(1280, 1240)),
    Picture("executive-feedback", "executive", "/feedback"),
    Picture(
        "executive-feedback-dark",
        "executive",
        "/feedback?id=1",
        "dark",
        look_at="Private customers under",
    ),
    Picture(
        "executive-feedback-phone",
        "executive",
        "/feedback?id=3",
        size=PHONE,
        look_at="Taken up by",
    ),
    Picture("manager-truth", "manager", "/truth?run=5"),
    Picture("manager-truth-dark", "manager", "/truth?run=5", "dark", look_at="Also those"),
    Picture("lead-truth-phone", "lead", "/truth", size=PHONE),
    Picture("admin-people", "admin", "/people"),
    Picture("admin-reasons", "admin", "/reference"),
    Picture("admin-imports", "admin", "/imports"),
    Picture("auditor-journal", "auditor", "/journal"),
)


def take(browser: Browser, bank: Bank, picture: Picture, folder: Path) -> Path:
    """Take one picture in a browser of its own and keep it small."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    if picture.who:
        bank.sign_in(context, _asked(bank) if picture.who == WHO_IS_ASKED else picture.who)
    page = bank.open(context.new_page(), picture.path)
    hand = Hand(page)
    for step in picture.steps:
        hand.press(step)
    if picture.tick:
        hand.tick_row(picture.tick)
    if picture.look_at:
        page.get_by_text(picture.look_at).first.scroll_into_view_if_needed()
    page.mouse.move(width - 2, height - 2)  # nothing hovered
    page.wait_for_timeout(600)  # figures have moved into place
    shot = (
        _printed(hand, picture.printed)
        if picture.printed
        else Image.open(io.BytesIO(page.screenshot()))
    )
    context.close()
    file = folder / f"{picture.name}.png"
    shot.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    return file


def _printed(hand: Hand, number: int) -> Image.Image:
    """Have the page make its report, save it, and look at one of its pages."""
    hand.press("Report (PDF)")
    with hand.page.expect_download() as download:
        hand.press("Save the report")
    paper = pypdfium2.PdfDocument(download.value.path())
    return paper[number - 1].render(scale=_PAPER).to_pil()


def _asked(bank: Bank) -> int:
    with Session(bank.engine) as session:
        waiting = select(Candidate.confirmer_id).where(
            Candidate.confirmation == Confirmation.PENDING, Candidate.confirmer_id.is_not(None)
        )
        return session.scalars(waiting.order_by(Candidate.confirmer_id).limit(1)).one()


def main(names: list[str]) -> None:
    """Take all pictures, or those whose names begin with one of these."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    wanted = [each for each in ALL if not names or each.name.startswith(tuple(names))]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = demo_bank(folder, customers=CUSTOMERS)
        with served(url, folder) as bank, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(FLAGS))
            for picture in wanted:
                file = take(browser, bank, picture, PICTURES)
                print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")  # noqa: T201
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
