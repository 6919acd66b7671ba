"""Working time: the spans of a week in a zone, with holidays, lunch and daylight saving."""
