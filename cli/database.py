"""Set up, bring up to date and back up the database."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL, Engine, select
from sqlalchemy.orm import Session

from cli.common import engine, now, print_rows, progress, say, steps
from core.customers.model import Customer
from core.database import write_turn
from core.people.queries.units import require_currency
from core.refusals import Conflict, Invalid
from core.settings import settings
from data import demo as demo_bank
from data import migrations, reference

_File = Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")]


def init() -> None:
    """Set up the database, or bring it to the newest schema. Nothing in it is lost."""
    opened = engine(any_schema=True)
    if not migrations.is_current(opened):
        migrations.upgrade(opened)
    with write_turn(opened), Session(opened) as session, session.begin():
        is_new = reference.lay_down(session, bank_name=settings().bank_name)
        require_currency(session, settings().currency)
    say(f"{_name(opened)} is {'ready' if is_new else 'set up already'}.")


def upgrade() -> None:
    """Bring an existing database to the newest schema."""
    opened = engine(any_schema=True)
    migrations.upgrade(opened)
    say(f"{_name(opened)} has the newest schema.")


def demo(
    customers: Annotated[int, typer.Option(min=500, help="How many customers to invent.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bank.")] = 1,
    *,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Leave a database that is in use as it is.")
    ] = False,
) -> None:
    """Fill an empty database with an invented bank, and print its accounts."""
    opened = engine()
    with Session(opened) as session:
        is_demo = demo_bank.is_demo(session)
        in_use = session.scalar(select(Customer.id).limit(1)) is not None
    if not (if_empty and in_use):
        with steps("Building the demo bank") as tell:
            built = demo_bank.build(
                opened,
                customers=customers,
                seed=seed,
                now=now(),
                bank_name=settings().bank_name,
                tell=tell,
            )
        say(
            f"{built.customers:,} customers of {built.branches} branches, {built.people} people"
            f" and {built.activities:,} activities, all invented."
        )
        is_demo = True
    if is_demo:
        print_rows(
            [
                _Account(
                    account.username, demo_bank.PASSWORD, ", ".join(account.roles), account.work
                )
                for account in demo_bank.ACCOUNTS
            ],
            title="Demo accounts",
        )


@dataclass(frozen=True)
class _Account:
    account: str
    password: str
    role: str
    who: str


def backup(file: _File) -> None:
    """Write a complete copy of the database while others go on working."""
    if file.exists():
        raise Conflict(f"{file} exists. Give the backup a name of its own.")
    opened = engine()
    part = file.with_name(f"{file.name}.part")  # an interrupted copy never looks like a whole one
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)  # all that the bank knows: nobody else may read it
        if opened.dialect.name == "sqlite":
            _back_up_sqlite(opened, part)
        else:
            _back_up_postgresql(opened.url, part)
        part.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise Invalid(f"{file} can't be written: {error}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    say(f"{_name(opened)} was copied to {file} at {now():%Y-%m-%d %H:%M}.")


def _name(opened: Engine) -> str:
    return opened.url.render_as_string(hide_password=True)


def _back_up_sqlite(opened: Engine, file: Path) -> None:
    raw = opened.raw_connection()
    try:
        source = raw.driver_connection
        assert isinstance(source, sqlite3.Connection)  # noqa: S101  for the type checker
        with progress("Copying") as advance, closing(sqlite3.connect(file)) as copy:
            told = 0

            def tell(_status: int, remaining: int, total: int) -> None:
                nonlocal told
                advance(total - remaining - told)
                told = total - remaining

            source.backup(copy, pages=4096, progress=tell)
    finally:
        raw.close()


def _back_up_postgresql(url: URL, file: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise Invalid(
            "A backup of PostgreSQL needs its own program pg_dump on the path;"
            " install the PostgreSQL client of the server's version."
        )
    target = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    )
    command = [program, "--format=custom", f"--file={file}", f"--dbname={target}"]
    # Anybody on the machine may read a command line; the environment is the server's own.
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    with progress("Copying"):
        done = subprocess.run(  # noqa: S603  pg_dump, with arguments of our own
            command, env=os.environ | password, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise Invalid(f"pg_dump gave up: {done.stderr.strip()}")
