"""Put right what is derived from other rows."""

from cli.common import AsJson, engine, now, print_json, say, steps
from core.rebuilding import rebuild as put_right


def rebuild(as_json: AsJson = False) -> None:
    """Put right the sums and copies that `fairlead check` says are not as their sources.

    What is right is left alone, so doing it twice changes nothing more. Others go on working.
    """
    opened = engine()
    with steps("Looking") as tell:
        found = put_right(opened, now=now(), tell=tell)
    if as_json:
        print_json(found)
        return
    for each in found:
        if each.mended:
            what = each.what if each.mended == 1 else f"{each.what}s"
            say(f"{each.rule.capitalize()} again: {each.mended:,} {what} put right.")
    if not any(each.mended for each in found):
        say("There was nothing to put right.")
