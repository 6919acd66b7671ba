"""Exceptions: what keeps work from being done, and the button that puts it right."""

from components import exceptions as lines
from components.gateway import fetch, heading
from core.queues.queries.exceptions import exceptions

heading("Exceptions", "What is in the way of the work, and what puts it right?")
opened = lines.overview(fetch(exceptions))
if opened is not None:
    lines.rows(opened)
