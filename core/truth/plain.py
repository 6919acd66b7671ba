"""What stands of reported conversions as plain JSON values, for the command line."""

from typing import Any

from core.impact.estimates import Effect
from core.impact.plain import rate_plain
from core.impact.rules import Absent
from core.truth.estimates import Score
from core.truth.queries.branches import BranchTruth
from core.truth.queries.bursts import Burst
from core.truth.queries.runs import Truth
from core.truth.rules import Check


def truth_plain(found: Truth) -> dict[str, Any]:
    """Return what was reported beside what stands; without a check only the reason."""
    if found.refused is not None:
        return {"refused": found.refused.value}
    return {
        "conversions": _check(found.check),
        "checked_at": None if found.checked_at is None else found.checked_at.isoformat(),
        "known_until": None if found.known_until is None else found.known_until.isoformat(),
        "score": _either(found.score),
        "extrapolated": _either(found.extrapolated),
        "reviews": {
            "asked": found.looked.asked,
            "done": found.looked.done,
            "false": found.looked.false,
        },
        "reported": {**rate_plain(found.reported), "difference": _either(found.believed)},
        "restated": {**rate_plain(found.restated), "difference": _either(found.measured)},
        "branches": [_branch(branch) for branch in found.branches],
        "bursts": [_burst(burst) for burst in found.bursts],
        "sentence": found.sentence,
    }


def _check(check: Check) -> dict[str, int]:
    return {
        "reported": check.reported,
        "stands": check.stands,
        "open": check.open,
        "no_opening": check.no_opening,
        "duplicate": check.duplicate,
        "found_false": check.found_false,
        "restated": check.restated,
    }


def _branch(branch: BranchTruth) -> dict[str, Any]:
    return {"branch": branch.branch, **_check(branch.check), "score": _either(branch.score)}


def _burst(burst: Burst) -> dict[str, Any]:
    return {
        "branch": burst.branch,
        "person": burst.person,
        "when": burst.window.value,
        "conversions": burst.conversions,
        "of": burst.of,
        "expected": burst.expected,
        "p_adjusted": burst.p,
    }


def _either(found: Score | Effect | Absent) -> dict[str, Any]:
    if isinstance(found, Absent):
        return {"absent": found.reason.value}
    return {"value": found.value, "low": found.interval.low, "high": found.interval.high}
