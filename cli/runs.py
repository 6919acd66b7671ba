"""Select the candidates of a run, launch it, and make the work that has fallen due."""

from dataclasses import dataclass
from typing import Annotated

import typer

from cli.common import AsJson, ask, do, print_json, print_rows, say, steps
from core.activities.actions.launch import Launch, MakeDueWork, make_due_work
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.queries.waiting import branches_waiting
from core.distribution.rules import Cause
from core.gate.actions import launch_weighed
from core.runs import queries
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.queries.passing import with_stages_ahead
from core.windows import LARGEST, Window

app = typer.Typer(help="Select, launch, and make the work that is due.", no_args_is_help=True)
_Run = Annotated[str, typer.Argument(help="The run's code, such as SAVE-R1.")]
_Customer = Annotated[str, typer.Argument(help="The customer's number.")]


@app.command("list")
def list_runs(*, as_json: AsJson = False) -> None:
    """List the runs, the newest first."""
    rows = ask(queries.runs, window=Window(descending=True, size=LARGEST)).rows
    if as_json:
        print_json(rows)
    else:
        print_rows(
            [
                _Line(row.code, row.campaign, row.unit, row.status.value, row.candidates)
                for row in rows
            ]
        )


@dataclass(frozen=True)
class _Line:
    """As much of a run as a narrow terminal takes."""

    run: str
    campaign: str
    unit: str
    status: str
    candidates: int | None


@dataclass(frozen=True)
class _Step:
    rule: str
    customers: str


@app.command("select")
def select_run(run: _Run, *, as_json: AsJson = False) -> None:
    """Select the candidates of a run and show whom which rule kept out."""
    run_id = ask(queries.run_by_code, code=run)
    with steps(f"Selecting the candidates of {run}"):
        fact = do(select_candidates, SelectCandidates(run_id))
    if as_json:
        print_json(fact)
        return
    kept_out = [_Step(rule, f"{-number:,}") for rule, number in fact.excluded.items()]
    print_rows(
        [
            _Step("customers of the unit", f"{fact.population:,}"),
            *kept_out,
            _Step("candidates", f"{fact.candidates:,}"),
        ],
        title=f"Selection of {fact.run}",
    )
    say(f"{fact.control:,} of them are held out, {fact.pending:,} wait for a confirmation.")


@app.command("launch")
def launch_run(
    run: _Run,
    *,
    without_pending: Annotated[
        bool,
        typer.Option("--without-pending", help="Leave out who still waits for a confirmation."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Launch a run: make its activities and messages, all of them or none."""
    run_id = ask(queries.run_by_code, code=run)
    with steps(f"Launching {run}") as tell:
        fact = do(launch_weighed, Launch(run_id, without_pending=without_pending), progress=tell)
    given = _hand_out()
    if as_json:
        print_json(fact)
        return
    say(
        f"{fact.run} is launched: {fact.activities:,} activities, {fact.held:,} of them with a "
        f"relationship manager, and {fact.messages:,} messages for {fact.treated:,} candidates. "
        f"{fact.control:,} are held out, {fact.left_out:,} were not confirmed, "
        f"{fact.opted_out:,} may not be contacted any more."
    )
    if given:
        say(f"{given:,} activities were handed out by rule.")


def _hand_out() -> int:
    """Give new work at once to whoever has room, in the branches that want it so."""
    branches = ask(branches_waiting)
    return sum(do(distribute, Distribute((id_,), Cause.LAUNCH)).given for id_ in branches)


@app.command("work")
def make_work(*, as_json: AsJson = False) -> None:
    """Make the work of all launched runs that has fallen due; `fairlead tick` does this too."""
    facts = [do(make_due_work, MakeDueWork(run_id)) for run_id in ask(with_stages_ahead)]
    made = [fact for fact in facts if fact.stages]
    if as_json:
        print_json(made)
        return
    for fact in made:
        say(f"{fact.run}: {fact.activities:,} activities and {fact.messages:,} messages made.")
    if not made:
        say("No stage of a launched run has fallen due.")


@app.command("why")
def why_customer(run: _Run, customer: _Customer, *, as_json: AsJson = False) -> None:
    """Say why a run takes a customer in, or keeps the customer out."""
    answer = ask(queries.why, run_id=ask(queries.run_by_code, code=run), customer_no=customer)
    if as_json:
        print_json(answer)
    else:
        say(answer.sentence)
