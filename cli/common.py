"""What every command shares: the database, the clock, how things are said and what failure is."""

import json
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Concatenate, NoReturn, ParamSpec, TypeVar

import typer
from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from core.access import SYSTEM
from core.database import connect, spilling
from core.refusals import Refusal
from core.settings import settings
from core.work import Reader, Work, changing, reading
from data.migrations import require_ready

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

AsJson = Annotated[bool, typer.Option("--json", help="Print what a program can read.")]
Advance = Callable[[float], None]

UNHEARD = 141  # what a shell says of a program whose reader went away

_log = logging.getLogger(__name__)


class _Told(Console):
    """The one door of failures sees that nobody reads any more, as it sees all else."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


_out = _Told(highlight=False)
_err = Console(stderr=True, highlight=False)  # progress and failures: stdout stays readable


class Commands(TyperGroup):
    """The one place where a command's failure becomes a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            fail(str(refusal))
        except ValidationError as error:
            if error.title != "Settings":
                _defect(error)
            fail(_unusable_settings(error))
        except OperationalError as error:
            fail(f"The database does not answer: {str(error.orig).strip()}")
        except BrokenPipeError:
            _fall_silent()
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except Exception as error:  # noqa: BLE001  the outermost door: a defect ends here, with an id
            _defect(error)
        finally:
            _close()


def now() -> datetime:
    """Return the time on the wall of the bank."""
    return datetime.now(settings().zone)


def engine(*, any_schema: bool = False) -> Engine:
    """Return the database of this installation, set up and at the newest schema.

    :param any_schema: do not ask whether it is set up, for the commands that set it up
    :raises Invalid: it is not set up, has the schema of another version, or amounts in another
        currency than the settings say
    """
    opened = _engine()
    if not any_schema:
        require_ready(opened, settings().currency)
    return opened


@lru_cache
def _engine() -> Engine:
    return connect(settings().database_url, connections=settings().database_connections)


def _close() -> None:
    if _engine.cache_info().currsize:
        _engine().dispose()
        _engine.cache_clear()


def ask(query: Callable[Concatenate[Reader, P], T], *args: P.args, **filters: P.kwargs) -> T:
    """Answer a question as the system; what reads the whole bank doesn't keep it in memory."""
    with reading(spilling(engine()), SYSTEM, now=now()) as view:
        return query(view, *args, **filters)


def do(action: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Carry out one action as the system, in one transaction."""
    with changing(engine(), SYSTEM, now=now()) as work:
        return action(work, *args, **kwargs)


def say(sentence: str) -> None:
    _out.print(escape(sentence), soft_wrap=True)


def note(line: str) -> None:
    """Say how something long goes, beside what is printed in the end."""
    _err.print(escape(line), soft_wrap=True)


def warn(sentence: str) -> None:
    _err.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)


def fail(sentence: str) -> NoReturn:
    """Say in red why nothing was done, and end with exit code 1."""
    _err.print(f"[red]{escape(sentence)}[/]", soft_wrap=True)
    raise typer.Exit(1)


def print_json(value: Any) -> None:
    """Print dataclasses, dates, amounts and words as JSON; amounts as text, so none is rounded."""
    text = json.dumps(to_jsonable_python(value), indent=2, ensure_ascii=False)
    print(text, flush=True)  # noqa: T201  the point


def print_rows(rows: Sequence[Any], *, title: str | None = None) -> None:
    """Print dataclasses of one kind as a table whose columns are their fields."""
    if not rows:
        say("None.")
        return
    names = [field.name for field in fields(rows[0])]
    table = Table(*(name.replace("_", " ") for name in names), title=title)
    for row in rows:
        cells = (getattr(row, name) for name in names)
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in cells))
    _out.print(table)


@contextmanager
def progress(title: str, *, total: float | None = None) -> Iterator[Advance]:
    """Show a bar on the error stream while something long runs; move it by `advance(n)`.

    Without `total` the bar only shows that something goes on.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=_err, transient=True) as bar:
        task = bar.add_task(escape(title), total=total)
        yield lambda step: bar.advance(task, step)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for work that says what it does: `tell(step, done, of how much)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task(escape(title), total=None)

        def tell(step: str, done: int, of: int) -> None:
            bar.update(task, description=escape(step), completed=done, total=of)

        yield tell


def _fall_silent() -> NoReturn:
    """End as other tools do whose reader, such as `head`, has seen enough: without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
    raise typer.Exit(UNHEARD)


def _defect(error: Exception) -> NoReturn:
    reference = secrets.token_hex(4)
    _log.error("defect %s", reference, exc_info=error)
    fail(f"Something went wrong that should not have. Quote {reference}; the log above has it.")


def _unusable_settings(error: ValidationError) -> str:
    faults = (
        f"FAIRLEAD_{'_'.join(str(part) for part in fault['loc']).upper()}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors()
    )
    return f"A setting is not usable. {'; '.join(faults)}."
