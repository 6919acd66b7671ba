"""One line of Home: so many of something, and where it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components import look, words


@dataclass(frozen=True)
class Duty:
    """So many of something: `one` and `many` are sentences without the number.

    `more` is what else has to be known about it, in sentences.
    """

    count: int
    one: str
    many: str
    nothing: str
    screen: str
    meaning: look.Meaning = "neutral"
    query: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""

    @property
    def sentence(self) -> str:
        return f"**{words.count(self.count)}** {self.one if self.count == 1 else self.many}"
