"""A mapping says what it means or is refused by name."""

from pathlib import Path

import pytest

from core.customers.rules import Origin
from core.intake.rules import IntakeKind
from core.refusals import Invalid
from data.importers.meaning import parse_mapping, read_mapping

EXAMPLES = Path(__file__).parents[2] / "docs" / "guide" / "examples"
KINDS = {
    "berka-customers": IntakeKind.CUSTOMERS,
    "berka-accounts": IntakeKind.HOLDINGS,
    "berka-cards": IntakeKind.HOLDINGS,
    "berka-loans": IntakeKind.HOLDINGS,
    "berka-orders": IntakeKind.HOLDINGS,
    "bank-full-customers": IntakeKind.CUSTOMERS,
    "bank-full-results": IntakeKind.RESULTS,
    "competitor-moves": IntakeKind.MOVES,
    "competitor-rates": IntakeKind.RATES,
    "central-bank-decisions": IntakeKind.MOVES,
}
SOUND = 'source = "x"\n[fields]\ncustomer_no = "no"\n'
RESULTS = 'source = "x"\n[fields]\ncustomer = "c"\ndate = "d"\noutcome = "o"\n'
CAMPAIGN = '[campaign]\ncode = "C"\nname = "C"\n'


def test_every_example_can_be_read():
    found = {path.stem: path for path in EXAMPLES.glob("*.toml")}
    assert set(found) == set(KINDS)
    for name, path in found.items():
        read_mapping(path, KINDS[name])


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("= 1", "customers", "isn't TOML"),
        ('[fields]\ncustomer_no = "no"\n', "customers", "It lacks source"),
        (SOUND + "[fields.name]\ncolunm = 1\n", "customers", "unknown key fields.name.colunm"),
        (SOUND + "[fiel]\na = 1\n", "customers", "unknown key fiel"),
        (SOUND + 'salary = "x"\n', "customers", "maps salary, which customers don't have"),
        ('source = "x"\n[fields]\nname = "n"\n', "customers", "doesn't map customer_no"),
        (SOUND + 'name = { column = "a", constant = "b" }\n', "customers", "give exactly one of"),
        (SOUND + 'name = { origin = "source" }\n', "customers", "give exactly one of"),
        (SOUND + '[consents]\nfax = "x"\n', "customers", "consents.fax"),
        (SOUND + '[attributes]\nage = { column = "a" }\n', "customers", "attributes.age.type"),
        (SOUND + 'born_on = { column = "b", format = "%Q" }\n', "customers", "no format of a day"),
        (SOUND + 'born_on = { column = "b", format = "mixed" }\n', "customers", "no format of"),
        (SOUND + "[file]\ndelimiter = '\"'\n", "customers", "file.delimiter"),
        (SOUND + '[file]\ndecimal = ","\nthousands = ","\n', "customers", "the same sign"),
        (SOUND + CAMPAIGN, "customers", "only results belong to a campaign"),
        (RESULTS, "results", "needs a [campaign]"),
        (RESULTS + CAMPAIGN + '[[arms]]\nname = "a"\n', "results", "map arm and list"),
        (
            RESULTS + 'arm = "g"\n' + CAMPAIGN + '[[arms]]\nname = "a"\ncontrol = true\n',
            "results",
            "has no treated arm",
        ),
        (
            RESULTS + 'arm = "g"\n' + CAMPAIGN + 2 * '[[arms]]\nname = "a"\ncontrol = true\n',
            "results",
            "more than one control arm",
        ),
        (
            RESULTS + CAMPAIGN + '[attributes]\na = { column = "a", type = "text" }\n',
            "results",
            "only customers have any",
        ),
    ],
)
def test_refuses_what_it_cannot_mean(text, kind, told):
    with pytest.raises(Invalid) as refusal:
        parse_mapping(text, IntakeKind(kind), name="m.toml")
    assert str(refusal.value).startswith("m.toml")
    assert told in str(refusal.value)


def test_reads_what_windows_writes(tmp_path):
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert read_mapping(tmp_path / "marked.toml", IntakeKind.CUSTOMERS).source == "x"


def test_refuses_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(Invalid, match="can't be read"):
        read_mapping(tmp_path / "none.toml", IntakeKind.CUSTOMERS)
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="isn't UTF-8"):
        read_mapping(tmp_path / "odd.toml", IntakeKind.CUSTOMERS)


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ('"a"', Origin.SOURCE),
        ('{ join = ["a", "b"] }', Origin.SOURCE),
        ('{ template = "{a}" }', Origin.INFERRED),
        ("{ row_number = true }", Origin.INFERRED),
        ('{ wave = { day = "d", month = "m", start_year = 2008 } }', Origin.INFERRED),
        ('{ constant = "a" }', Origin.SYNTHETIC),
        ('{ spread = ["a"] }', Origin.SYNTHETIC),
        ('{ column = "a", origin = "inferred" }', Origin.INFERRED),
    ],
)
def test_knows_where_a_value_comes_from(source, origin):
    mapping = parse_mapping(f"{SOUND}name = {source}\n", IntakeKind.CUSTOMERS)
    assert mapping.fields["name"].where_from is origin
