"""Logs: one line per happening, as text or JSON, with a request id and without personal data."""

import logging
import re
import sys
import uuid
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.settings import Settings

_PRIVATE = frozenset(
    {"name", "email", "pin", "phone", "fiscal_no", "password", "cookie", "ticket", "username"}
)
_HIDDEN = "•••"
_TRACES = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),  # an e-mail address
    re.compile(r"\b\d[\d /-]{4,}\d\b"),  # a PIN, phone or fiscal number
    re.compile(r"(?<==)\([^()]*\)(?= already exists| is not present)"),  # PostgreSQL tells the key
)


def start(settings: Settings) -> None:
    """Send everything that is logged to standard error, in the form that the settings name."""
    # A line that goes out carries what was bound to the request, whichever library wrote it.
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    drawn: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redacted,
                drawn,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def begin_request(**about: str | int | None) -> str:
    """Give what is logged from here on, in this thread or task, one id; return the id."""
    request = uuid.uuid4().hex[:12]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request, **about)
    return request


def redacted(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide what belongs to a person, in fields by their name and in text by its form."""
    for key, value in line.items():
        if key in _PRIVATE:
            line[key] = _HIDDEN
        elif isinstance(value, str) and key != "timestamp":
            line[key] = without_persons(value)
    return line


def without_persons(text: str) -> str:
    for trace in _TRACES:
        text = trace.sub(_HIDDEN, text)
    return text
