"""The guide leads nowhere that does not exist, and its pictures stay small."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
LARGEST = 200_000  # bytes
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (GUIDE / link).exists()] == []


def test_every_picture_is_small_and_shown_somewhere():
    said = "".join(page.read_text(encoding="utf-8") for page in GUIDE.glob("*.md"))
    pictures = sorted((GUIDE / "pictures").glob("*.png"))

    assert pictures
    assert [each.name for each in pictures if each.stat().st_size > LARGEST] == []
    assert [each.name for each in pictures if f"pictures/{each.name}" not in said] == []
