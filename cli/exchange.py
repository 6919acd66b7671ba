"""Events of neighbouring systems, taken in by hand or by whatever carries them here."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.common import do, say
from core.exchange.actions import take_event
from core.exchange.rules import incoming
from core.refusals import Invalid

_File = Annotated[Path, typer.Argument(help="One event as JSON; - reads it from the input.")]


def take(file: _File) -> None:
    """Take in an event of a neighbour, such as an initiative; a repeat changes nothing."""
    try:
        sent = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8"))
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise Invalid(f"{file} is no JSON: {error}.") from error
    fact = do(take_event, incoming(sent))
    known = "is taken in" if fact.is_new else "was taken in before; nothing has changed"
    say(f"{fact.type} {fact.event_id} of {fact.source} {known}.")
