"""Filling the tokens of a text: {customer name}, {branch}, {person}, {offer}, {product}."""

from collections.abc import Mapping


def rendered(text: str, words: Mapping[str, str]) -> str:
    """Replace each `{token}` once; a word that looks like a token is left as it is.

    Tokens nobody knows stay visible: an author who mistyped one can see it.
    """
    pieces = text.split("{")
    done = [pieces[0]]
    for piece in pieces[1:]:
        token, brace, rest = piece.partition("}")
        known = brace and token in words
        done.append(words[token] + rest if known else "{" + piece)
    return "".join(done)
