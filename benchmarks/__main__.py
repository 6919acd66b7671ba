"""Measure everything, and fail when something is slower than it has to be.

Use: python -m benchmarks [customers]
"""

import sys

from benchmarks import demo, selection

MEASURED = (selection.main, demo.main)

if __name__ == "__main__":
    size = [int(number) for number in sys.argv[1:2]]
    results = [measure(*size) for measure in MEASURED]
    sys.exit(0 if all(results) else 1)
