"""Words about segments; the criteria tree is in `criteria`."""

from core.database import Coded


class SegmentKind(Coded):
    DYNAMIC = "dynamic", 1
    STATIC = "static", 2
