"""Inline requests: quoting, blank lines, binary escapes, and mixtures with ordinary ones."""

from typing import Final

import pytest

from tests.support.servers import Server

EXAMPLES: Final = {
    "a bare command": (b"PING\r\n", b"+PONG\r\n"),
    "LF alone ends a line": (b"PING\nECHO a\n", b"+PONG\r\n$1\r\na\r\n"),
    "blank lines are skipped": (b"\r\n\r\n\nPING\r\n", b"+PONG\r\n"),
    "a line of spaces is skipped": (b"   \r\nPING\r\n", b"+PONG\r\n"),
    "tabs separate": (b"ECHO\ta\r\n", b"$1\r\na\r\n"),
    "many spaces separate": (b"  ECHO    a   \r\n", b"$1\r\na\r\n"),
    "CR alone separates": (b"PING\rx\r\n", b"$1\r\nx\r\n"),
    "double quotes know escapes": (
        b'ECHO "a\\x41\\n\\r\\t\\a\\b\\"\\\\b\\q"\r\n',
        b'$11\r\naA\n\r\t\x07\x08"\\bq\r\n',
    ),
    "a broken hex escape is text": (b'ECHO "\\xg1"\r\n', b"$3\r\nxg1\r\n"),
    "single quotes know one escape": (b"ECHO 'it\\'s \\n'\r\n", b"$7\r\nit's \\n\r\n"),
    "an empty word": (b'ECHO ""\r\n', b"$0\r\n\r\n"),
    "a quote inside a word starts a quotation": (b'ECHO a"b c"\r\n', b"$4\r\nab c\r\n"),
    "a star inside a line is text": (b"PING *1\r\n", b"$2\r\n*1\r\n"),
    "inline and ordinary requests mix": (
        b"PING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\n",
        b"+PONG\r\n$1\r\na\r\n$1\r\nb\r\n",
    ),
    "control characters are text": (
        b"ECHO \x01\x02\x7f\r\n",
        b"$3\r\n\x01\x02\x7f\r\n",
    ),
    "a long line": (b"PING " + b"a" * 65_000 + b"\r\n", b"$65000\r\n" + b"a" * 65_000 + b"\r\n"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_inline_requests_are_read(shared_dflite: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_dflite.connect() as connection:
        assert connection.exchange(sent) == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_what_valkey_says(shared_valkey: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_valkey.connect() as connection:
        assert connection.exchange(sent) == expected


@pytest.mark.parametrize("name", [name for name in EXAMPLES if len(EXAMPLES[name][0]) < 200])
def test_inline_requests_may_come_byte_by_byte(shared_dflite: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_dflite.connect() as connection:
        for at in range(len(sent)):
            connection.send_raw(sent[at : at + 1])
        connection.end_sending()
        assert connection.read_to_end() == expected


def test_bytes_past_ascii_are_text(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        assert connection.exchange(b"ECHO \xff\xfe\xc3\xa9\r\n") == b"$4\r\n\xff\xfe\xc3\xa9\r\n"


def test_a_megabyte_of_inline_garbage_ends_the_connection_and_nothing_else(
    shared_dflite: Server,
) -> None:
    with shared_dflite.connect() as other, shared_dflite.connect() as connection:
        before = shared_dflite.resident()
        answer = connection.exchange(b"\xc3\x28garbage" * 120_000)
        assert answer == b"-ERR Protocol error: too big inline request\r\n"
        assert other.call("PING").text == "PONG"
        assert shared_dflite.resident() - before < 8 * 1024 * 1024
