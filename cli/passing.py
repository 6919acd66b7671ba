"""What time alone brings, carried out now."""

from cli.common import AsJson, engine, now, print_json, say
from core.passing import pass_time


def tick(as_json: AsJson = False) -> None:
    """Make the work that has fallen due, end the runs whose last day is over, and tell leads.

    A server does the same every minute. Doing it twice changes nothing more.
    """
    passed = pass_time(engine(), now=now())
    if as_json:
        print_json(passed)
        return
    for fact in passed.made:
        say(f"{fact.run}: {fact.activities:,} activities and {fact.messages:,} messages made.")
    for end in passed.ended:
        say(f"{end.run} is completed; {end.aborted:,} unfinished activities were aborted.")
    for told in passed.told:
        say(f"Leads were told of {told.at_risk:,} activities at risk and {told.missed:,} missed.")
    if passed.folded:
        say(f"{len(passed.folded):,} runs were folded.")
    if passed.is_elsewhere:
        say("Another process is at it just now.")
    elif not (passed.made or passed.ended or passed.told or passed.folded):
        say("Nothing has fallen due.")
