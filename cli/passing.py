"""What time alone brings, carried out now."""

from cli.common import AsJson, engine, now, print_json, say
from core.passing import pass_time


def tick(as_json: AsJson = False) -> None:
    """Make due work, end runs whose last day is over, hand out work, and tell leads.

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
    for given in passed.given:
        say(f"{given.given:,} activities were handed out by rule; {given.left:,} wait for room.")
    for told in passed.told:
        say(f"Leads were told of {told.at_risk:,} activities at risk and {told.missed:,} missed.")
    if passed.folded:
        say(f"{len(passed.folded):,} runs were folded.")
    if passed.is_elsewhere:
        say("Another process is at it just now.")
    elif not (passed.made or passed.ended or passed.given or passed.told or passed.folded):
        say("Nothing has fallen due.")
