"""What stands of reported conversions, at the command line."""

from dataclasses import dataclass
from typing import Annotated

import typer

from cli.common import AsJson, ask, print_json, print_rows, say
from core.impact.queries import funnel as counting
from core.truth.estimates import Score
from core.truth.plain import truth_plain
from core.truth.queries import runs
from core.truth.queries.branches import BranchTruth
from core.truth.sentences import score_says

_Run = Annotated[str, typer.Argument(help="The run's code or number.")]


@dataclass(frozen=True)
class _BranchLine:
    branch: str
    reported: int
    stands: int
    open: int
    no_opening: int
    duplicate: int
    found_false: int
    score: str


def truth(run: _Run, *, json: AsJson = False) -> None:
    """Say what stands of the conversions that were reported of a run, branch by branch."""
    found = ask(runs.truth, run_id=ask(counting.run_named, run=run))
    if json:
        print_json(truth_plain(found))
        return
    if found.refused is None:
        print_rows([_line(branch) for branch in found.branches], title=f"Truth check of {run}")
    say(found.sentence)
    if found.refused is None and found.check.reported:
        say(score_says(found.score, found.check))


def _line(branch: BranchTruth) -> _BranchLine:
    check, score = branch.check, branch.score
    return _BranchLine(
        branch.branch,
        check.reported,
        check.stands,
        check.open,
        check.no_opening,
        check.duplicate,
        check.found_false,
        f"{score.value:.1%}" if isinstance(score, Score) else score.reason,
    )
