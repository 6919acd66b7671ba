"""Files are read whatever their delimiter, encoding and compression, or refused in a sentence."""

import gzip

import pytest

from core.intake.actions.requests import Rejection
from core.refusals import Invalid
from data.importers.files import Folder, open_table
from data.importers.mapping import FileSettings
from data.importers.rejected import harmless, rejected_file

CZECH = "jméno;město\nJiří Dvořák;Plzeň\nŽofie Němcová;Třebíč\n" * 20


def write(folder, raw, name="file.csv"):
    path = folder / name
    path.write_bytes(raw)
    return path


def read(path, **settings):
    table = open_table(path, FileSettings(**settings))
    return table, table.whole()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter_out(tmp_path, delimiter):
    text = f'a{delimiter}b\n1{delimiter}"x, y; z"\n2{delimiter}3\n'
    table, rows = read(write(tmp_path, text.encode()))

    assert table.delimiter == delimiter
    assert rows.to_numpy().tolist() == [["1", "x, y; z"], ["2", "3"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
@pytest.mark.parametrize("packed", [False, True])
def test_finds_encoding_and_compression_out(tmp_path, encoding, packed):
    raw = CZECH.encode(encoding)
    path = write(tmp_path, gzip.compress(raw) if packed else raw)

    table, rows = read(path)

    assert table.header == ("jméno", "město")
    assert rows.iloc[0].tolist() == ["Jiří Dvořák", "Plzeň"]


def test_takes_the_given_delimiter_and_encoding(tmp_path):
    path = write(tmp_path, "á;b,c\n1;2,3\n".encode("iso-8859-2"))
    table, _ = read(path, delimiter=",", encoding="iso-8859-2")
    assert table.header == ("á;b", "c")


def test_reads_line_breaks_within_quotation_marks_as_part_of_a_value(tmp_path):
    _, rows = read(write(tmp_path, b'a,b\n1,"two\nlines"\n\n2,x\n'))
    assert rows.to_numpy().tolist() == [["1", "two\nlines"], ["2", "x"]]
    assert rows.index.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("raw", "settings", "told"),
    [
        (b"", {}, "file.csv is empty"),
        (b"  \n", {}, "file.csv is empty"),
        (b"a,b,a\n1,2,3\n", {}, "names the column a more than once"),
        (gzip.compress(b"a,b\n" + bytes(range(48, 58)) * 9999)[:-20], {}, "cut off or damaged"),
        (b"\x1f\x8bnonsense that is no gzip", {}, "cut off or damaged"),
        (b"a\n1\n", {"encoding": "klingon"}, "encoding klingon, which isn't known"),
        (b"a\n\xe1\n", {"encoding": "utf-8"}, "holds bytes that aren't utf-8"),
        (bytes(range(256)) * 40, {}, "encoding of file.csv can't be told"),
        (b"PK\x03\x04 sheet", {}, "is a spreadsheet or zip archive"),
        (b'a,b\n1,"never closed\n', {}, "Line 2 of file.csv can't be read"),
        (b"\xef\xbb\xbf", {}, "file.csv is empty"),
        (b"\na,b\n1,2\n", {}, "The first line of file.csv is empty"),
        (b"x" * 300_000, {}, "The first lines of file.csv can't be read as a table"),
        (b"a,b\n" + b"x" * 6_000_000, {}, "Line 2 of file.csv is longer than 5,000,000"),
        (b"a\n1\n", {"encoding": "hex"}, "encoding hex, which isn't known"),
        (b"a\n1\n", {"encoding": "utf-16"}, "holds bytes that aren't utf-16"),
    ],
)
def test_refuses_what_cannot_be_read(tmp_path, raw, settings, told):
    with pytest.raises(Invalid) as refusal:
        read(write(tmp_path, raw), **settings)
    assert told in str(refusal.value)


def test_refuses_what_unpacks_to_more_than_is_allowed(tmp_path):
    path = write(tmp_path, gzip.compress(b"a\n" + b"1\n" * 1_000_000))
    with pytest.raises(Invalid, match="has more than 1 MB once it is unpacked"):
        open_table(path, FileSettings(), most=1_000_000)


@pytest.mark.parametrize("name", ["../secrets.csv", "/etc/passwd", "a/../../secrets.csv", "a\0b"])
def test_files_that_a_mapping_names_stand_beside_the_imported_one(tmp_path, name):
    folder = tmp_path / "upload"
    folder.mkdir()
    write(tmp_path, b"password\nsecret\n", "secrets.csv")
    write(folder, b"a\n1\n", "other.csv")

    assert Folder(folder).table("other.csv").header == ("a",)
    with pytest.raises(Invalid) as refusal:
        Folder(folder).table(name)
    assert "isn't in the folder of the imported one" in str(refusal.value)


def test_wide_rows_are_taken_fewer_at_a_time_wherever_they_begin(tmp_path, monkeypatch):
    monkeypatch.setattr("data.importers.files.TEXT_AT_ONCE", 1_000)
    narrow, wide = "1,2\n" * 100, f"1,{'x' * 300}\n" * 10
    table = open_table(write(tmp_path, f"a,b\n{narrow}{wide}".encode()), FileSettings())
    sizes = [len(part) for part in table.parts()]
    assert sum(sizes) == 110
    assert max(sizes[1:]) <= 4


def test_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Invalid, match="There is no file"):
        read(tmp_path / "none.csv")


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path):
    table, _ = read(write(tmp_path, b"a,b\n1,2\n"))
    with pytest.raises(Invalid, match=r"file.csv has no column c, d\. It has: a, b\."):
        table.need(["a", "c", "d", "c"])


def test_rows_of_another_width_are_told_apart(tmp_path):
    table = open_table(write(tmp_path, b"a,b\n1,2\n3\n4,5,6\n7,8\n"), FileSettings())
    [part] = table.parts()
    assert part.rows.index.tolist() == [1, 4]
    assert part.misshapen == {
        2: "has 1 columns where the header has 2",
        3: "has 3 columns where the header has 2",
    }


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-x"])
def test_a_formula_is_made_harmless(text):
    assert harmless(text) == f"'{text}"


def test_a_formula_behind_a_separator_of_another_country_is_made_harmless():
    assert harmless("x;=1+1") == "x;'=1+1"
    assert harmless("\t=1") == "'\t'=1"


@pytest.mark.parametrize("text", ["+49 30 1234-5", "-12.50", "", "Nora", "a=b", "- 3"])
def test_other_text_is_left_as_it_is(text):
    assert harmless(text) == text


def test_rejected_rows_go_to_a_file_that_a_spreadsheet_can_open(tmp_path):
    path = tmp_path / "rejected.csv"
    with rejected_file(path) as write_rows:
        write_rows([Rejection(4711, "name", "begins like a formula", "=1+1")])
        write_rows([Rejection(4712, "balance", "isn't an amount", None)])
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "row,field,reason,value",
        "4711,name,begins like a formula,'=1+1",
        "4712,balance,isn't an amount,",
    ]


def test_rejected_rows_are_for_nobody_elses_eyes(tmp_path):
    path = tmp_path / "rejected.csv"
    with rejected_file(path) as write_rows:
        write_rows([Rejection(1, "name", "is empty")])
    assert path.stat().st_mode & 0o777 == 0o600


def test_rejected_rows_that_cannot_be_written_are_told(tmp_path):
    with pytest.raises(Invalid, match="can't be written to"), rejected_file(tmp_path):
        pass


def test_without_rejected_rows_there_is_no_file(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("of an earlier import")
    with rejected_file(path):
        pass
    assert not path.exists()
