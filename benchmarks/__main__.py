"""Measure everything, and fail when something is slower than it has to be.

Use: python -m benchmarks [customers]
"""

import sys

from benchmarks import importing, pages, reassign, segments, selection, taking

if __name__ == "__main__":
    size = [int(number) for number in sys.argv[1:2]]
    results = [
        selection.main(*size),
        segments.main(*size),
        reassign.main(*(customers // 10 for customers in size)),
        taking.main(*(customers // 20 for customers in size)),
        pages.main(*size),
        importing.main(*(customers // 10 for customers in size)),
    ]
    sys.exit(0 if all(results) else 1)
