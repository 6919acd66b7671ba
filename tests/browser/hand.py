"""What a person's hand does on a page: press, fill, choose, tick rows; and waits for the answer."""

import re
from typing import Literal

from playwright.sync_api import Locator, Page, TimeoutError, expect  # noqa: A004  Playwright's own

from tests.browser.serving import settle

ROW_HEIGHT = 35  # pixels of a row of a grid, and of its heading
_ROWS = """table => {
  const texts = row => [...row.children].map(cell => cell.textContent)
  const [head, ...rows] = [...table.querySelectorAll('tr')].map(texts)
  return rows.map(row => Object.fromEntries(head.map((name, n) => [name, row[n]])))
}"""
_SHOWS = f"""([heading, text, cells]) => {{
  const lists = [...document.querySelectorAll('[data-testid=stDataFrame] table')]
  const seen = lists.filter(table => table.parentElement.checkVisibility())
  const found = seen.flatMap({_ROWS}).filter(row => row[heading] === text)
  return found.length === 1
    && Object.entries(cells).every(([name, value]) => found[0][name] === value)
}}"""


class Hand:
    """Works a page through its labels and roles only, as somebody would who can't see it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button whose name begins like this; its key may follow."""
        begins = re.compile(rf"^\s*{re.escape(name)}")
        (within or self.page).get_by_role("button", name=begins).first.click()
        settle(self.page)

    def follow(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()
        settle(self.page)

    def open_menu(self, name: str) -> None:
        """Go to a page by the menu at the side."""
        self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        settle(self.page)

    def fill(self, label: str, text: str, *, within: Locator | None = None) -> None:
        field = (within or self.page).get_by_label(label, exact=True).first
        field.fill(text)
        field.press("Tab")
        settle(self.page)

    def choose(self, label: str, option: str, *, within: Locator | None = None) -> None:
        """Choose an option of a list that opens."""
        box = (within or self.page).get_by_role("combobox", name=label, exact=True).first
        box.click()
        wanted = self.page.get_by_role("option", name=option).first
        try:
            wanted.wait_for(timeout=3_000)
        except TimeoutError:
            box.press("ArrowDown")  # a page that was still moving has shut the list again
        wanted.click()
        settle(self.page)

    def pick(self, name: str, *, within: Locator | None = None) -> None:
        """Pick one of the segments or pills that stand side by side."""
        (within or self.page).get_by_role("radio", name=name, exact=True).first.click()
        settle(self.page)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()
        settle(self.page)

    def unfold(self, name: str) -> None:
        self.page.locator("summary", has_text=name).click()
        settle(self.page)

    def rows(self, grid: int = 0) -> list[dict[str, str]]:
        """Return what a list shows, by its headings, as a screen reader has it."""
        # The table that screen readers find inside the canvas on which the list is drawn.
        return self.grid(grid).locator("table").evaluate(f"table => ({_ROWS})(table)")

    def every_row(self) -> list[dict[str, str]]:
        """Return the rows of all lists that are to be seen."""
        lists = self.page.get_by_test_id("stDataFrame").filter(visible=True).count()
        return [row for number in range(lists) for row in self.rows(number)]

    def expect_row(self, heading: str, text: str, cells: dict[str, str]) -> None:
        """Expect one row with the text under this heading, in any list, and these cells in it.

        The rows of screen readers follow those that are drawn, a moment later.
        """
        try:
            self.page.wait_for_function(_SHOWS, arg=[heading, text, cells])
        except TimeoutError:
            raise AssertionError(f"{heading} {text}: not {cells} in {self.every_row()}") from None

    def tick(self, *texts: str, grid: int = 0) -> None:
        """Tick the rows of a list that contain these texts."""
        for text in texts:
            row = self.grid(grid).locator("tr", has_text=text).first
            expect(row).to_be_attached()
            place = next(
                n
                for n, cells in enumerate(self.rows(grid), start=1)
                if text in " ".join(cells.values())
            )
            was, at = row.get_attribute("aria-selected"), self.page.url
            self._click(grid, place)
            if self.page.url == at and row.count() and was == "false":
                ticked = self.grid(grid).locator("tr[aria-selected=true]", has_text=text).first
                try:
                    ticked.wait_for(state="attached", timeout=2_000)
                except TimeoutError:
                    self._click(grid, place)  # a list that was still moving has lost the first

    def tick_row(self, place: int, grid: int = 0) -> None:
        """Tick a row by its place; the first is 1."""
        self._click(grid, place)

    def tick_first(self, number: int, grid: int = 0) -> None:
        """Tick so many rows from the first on, with the shift key held down on the last."""
        visible = 14  # below the heading, where no bar for scrolling is in the way
        self._click(grid, 1)
        if number > visible:
            self.page.mouse.wheel(0, ROW_HEIGHT * (number - visible))
            last = f"[aria-rowindex='{number + 1}']"  # the heading is row 1
            expect(self.grid(grid).locator(last).first).to_be_attached()
        self._click(grid, min(number, visible), "Shift")

    def tick_all(self, grid: int = 0) -> None:
        self._click(grid, 0)

    def grid(self, number: int = 0) -> Locator:
        return self.page.get_by_test_id("stDataFrame").filter(visible=True).nth(number)

    def expect_title(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def expect_said(self, text: str) -> None:
        """Expect a notice: what came of a request, or why it was refused.

        It stands above lists that are drawn a moment later; until then they are the old ones.
        """
        expect(self.page.get_by_test_id("stAlert").filter(has_text=text).first).to_be_visible()
        settle(self.page)

    def expect_text(self, text: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible()

    def _click(self, grid: int, place: int, *keys: Literal["Shift"]) -> None:
        # The grid is drawn on a canvas; its first column holds the ticks, and its rows are as high
        # as the heading.
        drawn = self.grid(grid)
        drawn.click(position={"x": 16, "y": ROW_HEIGHT * (place + 0.5)}, modifiers=keys)
        settle(self.page)
