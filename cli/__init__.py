"""The operators' door: the same actions and queries as the pages, at the command line.

Each module here holds the commands of one noun; this one only says what they are called.
"""

import typer

from cli import (
    check,
    coverage,
    database,
    exchange,
    holdouts,
    impact,
    intake,
    passing,
    people,
    rebuilding,
    runs,
    segments,
    serve,
    truth,
)
from cli.common import Commands

app = typer.Typer(
    cls=Commands,
    help="Run a bank's campaigns: set up, import, select, launch, measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(database.init)
app.command()(database.upgrade)
app.command()(database.demo)
app.command()(database.backup)
app.command()(check.check)
app.command()(rebuilding.rebuild)
app.command()(serve.serve)
app.command()(impact.funnel)
app.command()(impact.impact)
app.command()(impact.measure)
app.command()(truth.truth)
app.command()(passing.tick)
app.command("take-event")(exchange.take)
app.command("coverage")(coverage.show_coverage)
app.command("import")(intake.import_file)
app.add_typer(runs.app, name="run")
app.add_typer(holdouts.app, name="holdout")
app.add_typer(segments.app, name="segment")
app.add_typer(people.app, name="user")
