"""Two people at the same moment: real threads that wait for one another."""

from threading import Barrier, Thread

from core.refusals import Refusal


def at_once(*attempts):
    """Carry the attempts out at the same moment; return what came of each, refusals included."""
    outcomes, start = [], Barrier(len(attempts))

    def carry_out(attempt):
        start.wait()
        try:
            outcomes.append(attempt())
        except Refusal as refusal:
            outcomes.append(refusal)

    threads = [Thread(target=carry_out, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
