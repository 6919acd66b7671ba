"""Measure everything, and fail when something is slower than it has to be.

Use: python -m benchmarks [customers]
"""

import subprocess
import sys

from benchmarks import (
    demo,
    gate,
    impact,
    importing,
    pages,
    reassign,
    segments,
    selection,
    steering,
    taking,
)


def _in_a_process(part: str, *arguments: str) -> bool:
    """Measure what looks at its own memory, which is to be nobody else's."""
    command = [sys.executable, "-m", f"benchmarks.{part}", *arguments]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    size = [int(number) for number in sys.argv[1:2]]
    results = [
        selection.main(*size),
        reassign.main(*(customers // 10 for customers in size)),
        taking.main(*(customers // 20 for customers in size)),
        impact.main(*size),
        importing.main(*(customers // 10 for customers in size)),
    ]
    with demo.banks(*size) as pairs:
        for small, big in pairs:
            results += [
                demo.checked(big),
                _in_a_process("coverage", big),
                segments.main(big),
                steering.main(big),
                pages.compare(small, big),
                gate.main(big),  # last: it keeps checks of reports
            ]
    sys.exit(0 if all(results) else 1)
