"""Accounts at the command line: the first administrator has nobody else to ask."""

import secrets
from typing import Annotated, TypeVar

import typer

from cli.common import ask, do, say
from core.access import Role
from core.database import Coded
from core.people.actions.accounts import (
    AddPerson,
    EnablePerson,
    GiveAccount,
    add_person,
    enable_person,
    give_account,
)
from core.people.actions.passwords import ResetPassword, reset_password
from core.people.queries import PersonRow, people, units
from core.people.rules import JobFunction
from core.queues.actions.leaving import Leave, leave
from core.refusals import Invalid, NotFound
from core.windows import Window
from core.work import Work

C = TypeVar("C", bound=Coded)

app = typer.Typer(help="Give and take accounts.", no_args_is_help=True)

_Username = Annotated[str, typer.Argument(help="The name they sign in with.")]
_NOBODY = "Nobody signs in as {}."
_MOST = 10_000  # people found by a part of a name: more than any bank has namesakes


@app.command()
def add(
    username: _Username,
    name: Annotated[str, typer.Option(help="First and last name.")],
    email: Annotated[str, typer.Option(help="Their e-mail address at the bank.")],
    staff_no: Annotated[str, typer.Option(help="Their staff number.")],
    role: Annotated[list[str], typer.Option(help="A role; give it again for another.")],
    unit: Annotated[str, typer.Option(help="The code of the unit they work in.")] = "BANK",
    job: Annotated[str, typer.Option(help="Their job function.")] = JobFunction.OTHER.value,
) -> None:
    """Take somebody on and let them sign in; the first password is printed, once."""
    known = {row.code: row.id for row in ask(units)}
    if unit not in known:
        raise NotFound(f"There is no unit {unit}. Use one of {', '.join(sorted(known))}.")
    roles = [_word(Role, each, "role") for each in role]
    job_function = _word(JobFunction, job, "job function")
    password = _password()

    def take_on(work: Work) -> None:
        person = add_person(
            work,
            AddPerson(
                staff_no=staff_no,
                name=name,
                email=email,
                unit_id=known[unit],
                job_function=job_function,
                roles=roles,
            ),
        )
        give_account(work, GiveAccount(person.person_id, username, password))

    do(take_on)
    say(f"{name} signs in as {username.strip().lower()} with the first password {password}")


@app.command()
def disable(
    username: _Username,
    reason: Annotated[str, typer.Option(help="Why; it goes into the journal.")],
    successor: Annotated[
        str, typer.Option(help="Who takes over, by user name; the branch if nobody does.")
    ] = "",
) -> None:
    """Shut somebody out at once, in every browser; what they had goes to others."""
    person = _person(username)
    successor_id = _person(successor).id if successor else None
    fact = do(leave, Leave(person.id, reason, successor_id))
    say(f"{person.name} is shut out; {fact.sessions_ended} sessions were ended.")
    if fact.moved:
        say(f"{fact.moved:,} activities went on, {fact.to_pool:,} of them to the branch pool.")
    if customers := len(fact.customer_ids) + len(fact.cleared_ids):
        say(f"{customers:,} customers went on, {len(fact.cleared_ids):,} of them to the branch.")


@app.command()
def enable(username: _Username) -> None:
    """Let somebody in again who was disabled."""
    person = _person(username, left=True)
    do(enable_person, EnablePerson(person.id))
    say(f"{person.name} may sign in again.")


@app.command()
def reset(username: _Username) -> None:
    """Give somebody a new first password, lift the lock and end their sessions."""
    person = _person(username)
    password = _password()
    do(reset_password, ResetPassword(person.id, password))
    say(f"{person.name} signs in as {username} with the first password {password}")


def _person(username: str, *, left: bool = False) -> PersonRow:
    wanted = username.strip().lower()
    found = ask(people, text=wanted, left=left, window=Window(size=_MOST)).rows
    for row in found:
        if row.username == wanted:
            return row
    raise NotFound(_NOBODY.format(username))


def _password() -> str:
    """Return a password that nobody thought of; it has to be changed at the first sign-in."""
    return secrets.token_urlsafe(15)


def _word(words: type[C], word: str, what: str) -> C:
    known = {str(member): member for member in words}
    if word not in known:
        raise Invalid(f"There is no {what} {word}. Use one of: {', '.join(known)}.")
    return known[word]
