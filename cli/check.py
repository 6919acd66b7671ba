"""Prove that what the database holds is consistent."""

import typer

from cli.common import AsJson, ask, engine, print_json, print_rows, say, steps
from data.integrity import examine


def check(as_json: AsJson = False) -> None:
    """Check everything that must always be true; the exit code is 1 if something is not."""
    engine()
    with steps("Checking") as tell:
        findings = ask(examine, tell=tell)
    faults = [finding for finding in findings if finding.violations]
    if as_json:
        print_json({"ok": not faults, "findings": findings})
    else:
        print_rows(findings)
        say("Everything is consistent." if not faults else f"{len(faults)} rules do not hold.")
    if faults:
        raise typer.Exit(1)
