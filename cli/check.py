"""Prove that what the database holds is consistent."""

import typer

from cli.common import AsJson, ask, engine, note, print_json, print_rows, say, steps
from data.integrity import Finding, examine


def check(as_json: AsJson = False) -> None:
    """Check everything that must always be true; the exit code is 1 if something is not."""
    engine()
    with steps("Checking") as tell:
        findings = ask(examine, tell=tell, note=_looked_at)
    faults = [finding for finding in findings if finding.violations]
    if as_json:
        print_json({"ok": not faults, "findings": findings})
    else:
        print_rows(findings)
        say("Everything is consistent." if not faults else f"{len(faults)} rules do not hold.")
    if faults:
        raise typer.Exit(1)


def _looked_at(found: Finding) -> None:
    """Say what was looked at as it goes on: of a large bank the whole takes minutes."""
    came_to = f"{found.violations:,} contradict it" if found.violations else "holds"
    note(f"{found.seconds:6.1f} s  {found.rule}: {came_to}")
