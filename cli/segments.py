"""Count rules, list segments, keep lists of customers, take snapshots, and say why."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.common import AsJson, Commands, ask, do, print_json, print_rows, say, warn
from core.refusals import Invalid, NotFound
from core.segments.actions import ListSegment, TakeSnapshots, list_segment, take_snapshots
from core.segments.queries import count, segment, segments, standings
from core.segments.queries.catalogue import catalogue
from core.segments.queries.provenance import provenance
from core.windows import LARGEST, Window

app = typer.Typer(
    cls=Commands, help="Look at segments, keep lists and take snapshots.", no_args_is_help=True
)
_File = Annotated[Path, typer.Argument(help="A rule, as JSON or TOML.")]
_Numbers = Annotated[Path, typer.Argument(help="Customer numbers, one on each line.")]
_Code = Annotated[str, typer.Argument(help="The code of the segment.")]


@dataclass(frozen=True)
class _Line:
    code: str
    name: str
    kind: str
    customers: int | None
    balance: str
    churn: str


@dataclass(frozen=True)
class _Part:
    part: str
    holds: str
    customer_has: str


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


@app.command("list")
def show_all(*, as_json: AsJson = False) -> None:
    """List the segments as their last snapshot says."""
    rows = ask(catalogue, window=Window(size=LARGEST)).rows
    if as_json:
        print_json(rows)
        return
    print_rows(
        [
            _Line(
                row.code,
                row.name,
                row.kind,
                row.customers,
                "" if row.balance is None else f"{row.balance:,.2f}",
                "" if row.churn is None else f"{row.churn:.1%}",
            )
            for row in rows
        ]
    )


@app.command("show")
def show_one(code: _Code, *, as_json: AsJson = False) -> None:
    """Say whom a segment means and how many they are now."""
    found = ask(segment, segment_id=_id_of(code))
    if as_json:
        print_json(found)
        return
    say(found.problem or found.says)
    say(f"{found.members:,} customers; version {found.version}.")


@app.command("why")
def show_why(
    code: _Code,
    customer: Annotated[str, typer.Argument(help="A customer number, or an id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say why a customer is in a segment or not, part by part of its rule."""
    found = ask(provenance, segment_id=_id_of(code), customer=customer)
    if as_json:
        print_json(found)
        return
    say(f"{found.customer_no} is {'in' if found.is_inside else 'not in'} the segment {code}.")
    print_rows(
        [
            _Part("  " * each.depth + each.says, "yes" if each.holds else "no", each.value or "")
            for each in found.findings
        ]
    )


@app.command("import")
def import_list(
    file: _Numbers,
    code: Annotated[str, typer.Option(help="Its code; a list of this code is replaced.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Keep the customers in FILE as a fixed list."""
    try:
        numbers = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise Invalid(f"The list {file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file.name} holds no list: {error}.") from error
    fact = do(list_segment, ListSegment(code, name, numbers, description))
    say(f"“{fact.name}” has {fact.members:,} customers.")
    if fact.unknown:
        warn(f"Nobody has these numbers: {', '.join(fact.unknown)}.")


@app.command("snapshot")
def snapshot(*, as_json: AsJson = False) -> None:
    """Keep how all segments stand now; every night does the same."""
    fact = do(take_snapshots, TakeSnapshots(ask(standings)))
    if as_json:
        print_json(fact)
        return
    say(f"{fact.segments:,} segments over {fact.customers:,} customers on {fact.taken_on}.")
    for problem in fact.left_out:
        warn(problem)


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


def _id_of(code: str) -> int:
    found = {row.code: row.id for row in ask(segments, with_retired=True)}
    if code not in found:
        raise NotFound(f"There is no segment {code}. `fairlead segment list` shows all.")
    return found[code]
