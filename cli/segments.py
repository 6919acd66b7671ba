"""Count the customers whom a rule means."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.common import AsJson, Commands, ask, print_json, say
from core.refusals import Invalid
from core.segments.queries import count

app = typer.Typer(cls=Commands, help="Look at segments.", no_args_is_help=True)
_File = Annotated[Path, typer.Argument(help="A rule, as JSON or TOML.")]


@app.callback()
def start() -> None:
    """Look at segments."""


@app.command("count")
def count_rule(file: _File, *, as_json: AsJson = False) -> None:
    """Count the customers whom the rule in FILE means."""
    customers = ask(count, rule=read_rule(file))
    if as_json:
        print_json({"rule": file.name, "customers": customers})
    else:
        say(f"{customers:,} customers")


def read_rule(file: Path) -> dict[str, Any]:
    """Read a rule from a file.

    :raises Invalid: it isn't there, or is neither JSON nor TOML
    """
    try:
        text = file.read_text(encoding="utf-8")
        rule = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise Invalid(f"The rule {file} can't be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{file.name} holds no rule: {error}.") from error
    if not isinstance(rule, dict):
        raise Invalid(f"{file.name} holds no rule: it has to be one object.")
    return rule
