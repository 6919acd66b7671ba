"""The letters that paper is written with: those of the fonts that come with Matplotlib."""

from functools import cache

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@cache
def font(style: str = "") -> str:
    """Return the file of a font; `style` is empty or Bold."""
    from matplotlib import get_data_path  # noqa: PLC0415  only who writes on paper waits for it

    return f"{get_data_path()}/fonts/ttf/DejaVuSans{style and '-'}{style}.ttf"


@cache
def _known() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    return frozenset(FT2Font(font()).get_charmap()) | {ord("\n")}


def written(text: str) -> str:
    """Mark every letter for which there is no sign, so that nobody takes it for left out."""
    known = _known()
    return "".join(letter if ord(letter) in known else _UNKNOWN for letter in text)
