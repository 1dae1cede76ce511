"""The reader of replies that all wire tests rely on."""

import pytest

from tests.support.resp import Framer, Incomplete, NotResp, Reply, encode, parse, parse_all

WHOLE = [
    (b"+OK\r\n", Reply("simple", b"OK")),
    (b"-ERR no\r\n", Reply("error", b"ERR no")),
    (b":-5\r\n", Reply("integer", -5)),
    (b"$3\r\na\r\n\r\n", Reply("bulk", b"a\r\n")),
    (b"$0\r\n\r\n", Reply("bulk", b"")),
    (b"$-1\r\n", Reply("null bulk")),
    (b"*-1\r\n", Reply("null array")),
    (b"_\r\n", Reply("null")),
    (b"*2\r\n:1\r\n*0\r\n", Reply("array", [Reply("integer", 1), Reply("array", [])])),
    (b"%1\r\n+a\r\n:1\r\n", Reply("map", [(Reply("simple", b"a"), Reply("integer", 1))])),
    (b"~1\r\n+a\r\n", Reply("set", [Reply("simple", b"a")])),
    (b">1\r\n+a\r\n", Reply("push", [Reply("simple", b"a")])),
    (b",1.50\r\n", Reply("double", b"1.50")),
    (b"(123\r\n", Reply("big number", b"123")),
    (b"#t\r\n", Reply("boolean", True)),
    (b"=7\r\ntxt:abc\r\n", Reply("verbatim", b"txt:abc")),
    (b"!5\r\nERR x\r\n", Reply("bulk error", b"ERR x")),
]


@pytest.mark.parametrize(("raw", "expected"), WHOLE)
def test_each_kind_is_read_and_told_apart(raw: bytes, expected: Reply) -> None:
    assert parse(raw) == (expected, len(raw))
    assert parse(raw + b"+more\r\n") == (expected, len(raw))


@pytest.mark.parametrize(("raw", "expected"), WHOLE)
def test_what_is_cut_short_is_incomplete(raw: bytes, expected: Reply) -> None:
    for end in range(1, len(raw)):
        with pytest.raises(Incomplete):
            parse(raw[:end])


@pytest.mark.parametrize(("raw", "expected"), WHOLE)
def test_the_end_is_found_byte_by_byte(raw: bytes, expected: Reply) -> None:
    framer, buffer = Framer(), bytearray()
    ends = []
    for code in raw + b"+":
        buffer.append(code)
        ends.append(framer.end(buffer))
    assert ends == [0] * (len(raw) - 1) + [len(raw)] * 2


@pytest.mark.parametrize(
    "raw", [b"$01\r\na\r\n", b":1.0\r\n", b"$1\r\nab\r\n", b"?\r\n", b"_x\r\n"]
)
def test_sloppy_replies_are_refused(raw: bytes) -> None:
    with pytest.raises(NotResp):
        parse(raw)


def test_spellings_of_one_number_differ() -> None:
    assert parse(b",1\r\n")[0] != parse(b",1.0\r\n")[0]


def test_requests_are_written_as_clients_write_them() -> None:
    assert encode(["SET", b"a", 1]) == b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
    assert [reply.value for reply in parse_all(b"+a\r\n:1\r\n")] == [b"a", 1]
