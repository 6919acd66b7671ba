"""Files are read whatever their delimiter, encoding and compression, or refused in a sentence."""

import gzip

import pytest

from core.intake.actions.requests import Rejection
from core.refusals import Invalid
from data.importers.files import open_table
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
    ],
)
def test_refuses_what_cannot_be_read(tmp_path, raw, settings, told):
    with pytest.raises(Invalid) as refusal:
        read(write(tmp_path, raw), **settings)
    assert told in str(refusal.value)


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


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-x", "\t=1"])
def test_a_formula_is_made_harmless(text):
    assert harmless(text) == f"'{text}"


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


def test_without_rejected_rows_there_is_no_file(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("of an earlier import")
    with rejected_file(path):
        pass
    assert not path.exists()
