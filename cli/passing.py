"""What time alone brings, carried out now."""

from collections.abc import Iterator

from cli.common import AsJson, engine, now, print_json, say
from core.passing import Passed, pass_time


def tick(as_json: AsJson = False) -> None:
    """Make due work, end runs that are over, hand over and out what waits, and tell leads.

    A server does the same every minute. Doing it twice changes nothing more.
    """
    passed = pass_time(engine(), now=now())
    if as_json:
        print_json(passed)
        return
    for line in _lines(passed):
        say(line)


def _lines(passed: Passed) -> Iterator[str]:
    if passed == Passed(days=passed.days):
        yield "Nothing has fallen due."
    yield from _work(passed)
    yield from _known(passed)
    if passed.is_elsewhere:
        yield "Another process is at it just now."


def _work(passed: Passed) -> Iterator[str]:
    """Say what became of the work in the branches."""
    for fact in passed.made:
        yield f"{fact.run}: {fact.activities:,} activities and {fact.messages:,} messages made."
    for end in passed.ended:
        yield f"{end.run} is completed; {end.aborted:,} unfinished activities were aborted."
    for back in passed.returned:
        yield f"{back.moved:,} activities came back to somebody; {back.kept:,} stay where they are."
    for gone in passed.handed_over:
        yield f"{gone.moved:,} activities were handed over, {gone.to_pool:,} of them to the pool."
    for given in passed.given:
        yield f"{given.given:,} activities were handed out by rule; {given.left:,} wait for room."
    for told in passed.told:
        yield f"Leads were told of {told.at_risk:,} activities at risk and {told.missed:,} missed."


def _known(passed: Passed) -> Iterator[str]:
    """Say what was counted, and what it was taken for."""
    for kept in passed.snapshots:
        yield f"The snapshot of {kept.segments:,} segments was taken."
    for found in passed.threats:
        yield f"Found anew: {', '.join(found.names)}."
    for item in passed.directions:
        yield f"“{item.name}” {'is done' if item.ended_on else 'has begun'}."
    if passed.folded:
        yield f"{len(passed.folded):,} runs were folded."
