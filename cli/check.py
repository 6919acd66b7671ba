"""Prove that what the database holds is consistent."""

from functools import partial
from typing import Annotated

import typer

from cli.common import AsJson, ask, engine, note, print_json, print_rows, say, steps
from data.integrity import REBUILD, Finding, examine

_Deep = Annotated[
    bool, typer.Option("--deep", help="On SQLite look every row of every index up, too: slower.")
]


def check(deep: _Deep = False, *, as_json: AsJson = False) -> None:
    """Check everything that must always be true; the exit code is 1 if something is not.

    What is derived from other rows, `fairlead rebuild` puts right.
    """
    engine()
    with steps("Checking") as tell:
        findings = ask(partial(examine, deep=deep), tell=tell, note=_looked_at)
    faults = [finding for finding in findings if finding.violations]
    if as_json:
        print_json({"ok": not faults, "findings": findings})
    else:
        print_rows(findings)
        say(_in_all(faults))
    if faults:
        raise typer.Exit(1)


def _looked_at(found: Finding) -> None:
    """Say what was looked at as it goes on: of a large bank the whole takes minutes."""
    many = f"{found.violations:,} contradict{'s' if found.violations == 1 else ''} it"
    came_to = many if found.violations else "holds"
    note(f"{found.seconds:6.1f} s  {found.rule}: {came_to}")


def _in_all(faults: list[Finding]) -> str:
    if not faults:
        return "Everything is consistent."
    is_one = len(faults) == 1
    said = "1 rule does not hold." if is_one else f"{len(faults)} rules do not hold."
    derived = sum(finding.remedy is not None for finding in faults)
    mended = "it" if is_one else f"{derived} of them"
    return f"{said} `{REBUILD}` puts {mended} right." if derived else said
