"""Lines of redis.conf, and files that include files."""

from pathlib import Path

import pytest

from dflite.settings.conf_file import FileProblem, read_conf_file, split_line, split_text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", []),
        (b"  a   b\t c ", [b"a", b"b", b"c"]),
        (b'a "b c" d', [b"a", b"b c", b"d"]),
        (b'"a\\"b\\\\c"', [b'a"b\\c']),
        (b'"\\n\\r\\t\\a\\b\\x41\\xfF\\q"', [b"\n\r\t\a\bA\xffq"]),
        (b'"\\x4"', [b"x4"]),
        (b"'a \\' \\n b'", [b"a ' \\n b"]),
        (b"''", [b""]),
        (b'""', [b""]),
        (b'a"b c"', [b"ab c"]),
        (b"a'b'", [b"ab"]),
        (b'"a', None),
        (b"'a", None),
        (b'"a"b', None),
        (b'"a\\"', None),
        (b"'a'b", None),
        (b"a#b", [b"a#b"]),
        ("é".encode(), ["é".encode()]),
    ],
)
def test_words_are_split_as_redis_does(line: bytes, words: list[bytes] | None) -> None:
    assert split_line(line) == words


def test_text_keeps_bytes_that_are_no_utf8() -> None:
    assert split_text('"\\xff"') == ["\udcff"]
    assert split_text('"') is None


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_file_gives_directives_with_their_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conf", "# one\n\n  PORT 7 \r\nsave 900 1\n")
    lines = read_conf_file(path)
    assert [line.words for line in lines] == [["port", "7"], ["save", "900", "1"]]
    assert [line.place for line in lines] == [f"{path}, line 3", f"{path}, line 4"]


def test_included_files_stand_where_they_are_included(tmp_path: Path) -> None:
    inner = write(tmp_path / "inner.conf", "b 2\n")
    outer = write(tmp_path / "outer.conf", f'a 1\ninclude "{inner}"\nc 3\n')
    assert [line.words[0] for line in read_conf_file(outer)] == ["a", "b", "c"]


def test_a_pattern_includes_what_it_matches_in_order(tmp_path: Path) -> None:
    for name in ("2", "1"):
        write(tmp_path / f"{name}.inc", f"x{name} 1\n")
    outer = write(tmp_path / "outer.conf", f"include {tmp_path}/*.inc\ninclude {tmp_path}/*.no\n")
    assert [line.words[0] for line in read_conf_file(outer)] == ["x1", "x2"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('a "b\n', "line 1: the quotes do not match"),
        ("\ninclude a b\n", "line 2: include takes one path"),
        ("include /no/such/file\n", "/no/such/file cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(FileProblem, match=why):
        read_conf_file(write(tmp_path / "a.conf", text))


def test_files_that_include_themselves_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conf", f"include {tmp_path}/a.conf\n")
    with pytest.raises(FileProblem, match="include each other"):
        read_conf_file(path)
