"""Hold customers out of every sales campaign, and say what all campaigns together changed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer

from cli.common import AsJson, Commands, ask, do, print_json, print_rows, say
from core.activities.actions.holdouts import EndHoldout, StartHoldout, end_holdout, start_holdout
from core.impact.plain import comparison_plain
from core.impact.queries.portfolio import portfolio
from core.refusals import NotFound
from core.runs.queries.holdouts import holdouts

app = typer.Typer(
    cls=Commands, help="Hold customers out of every sales campaign.", no_args_is_help=True
)
_Name = Annotated[str, typer.Argument(help="The name of the holdout.")]
_BASIS = 100  # basis points in a per cent


@dataclass(frozen=True)
class _Line:
    name: str
    since: date
    last_day: date | None
    share: str
    customers: int
    held_out: int
    contacted_all_the_same: int


@app.command("list")
def list_holdouts(*, as_json: AsJson = False) -> None:
    """List all holdouts, the one that goes on first."""
    rows = ask(holdouts)
    if as_json:
        print_json(rows)
        return
    print_rows(
        [
            _Line(
                row.name,
                row.starts_on,
                row.ends_on,
                f"{row.share / _BASIS:g} %",
                row.population,
                row.held,
                row.leaked,
            )
            for row in rows
        ]
    )


@app.command("start")
def start(
    name: _Name,
    share: Annotated[float, typer.Option("--share", help="In per cent of all customers.")],
    *,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="The last day, if it is known."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw customers by chance whom no sales campaign may touch from now on."""
    last = None if until is None else until.date()
    fact = do(start_holdout, StartHoldout(name, round(share * _BASIS), last))
    if as_json:
        print_json(fact)
        return
    say(
        f"{fact.held:,} of {fact.population:,} customers are held out of all sales campaigns. "
        f"{fact.aborted:,} activities ended, {fact.withdrawn:,} messages withdrawn."
    )


@app.command("end")
def end(name: _Name, *, as_json: AsJson = False) -> None:
    """Let today be the last day of a holdout."""
    found = next((row.id for row in ask(holdouts) if row.name == name), None)
    if found is None:
        raise NotFound(f"There is no holdout “{name}”.")
    fact = do(end_holdout, EndHoldout(found))
    if as_json:
        print_json(fact)
    else:
        say(f"“{fact.name}” ends with today.")


@app.command("total")
def total(*, as_json: AsJson = False) -> None:
    """Say what all campaigns together changed against those held out, or why nobody can."""
    found = ask(portfolio)
    if as_json:
        compared = None if found.comparison is None else comparison_plain(found.comparison)
        print_json({**vars(found), "comparison": compared, "sentence": found.sentence})
    else:
        say(found.sentence)
        say(found.why)
