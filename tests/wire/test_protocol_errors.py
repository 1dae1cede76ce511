"""Faults in the protocol: what is said, that the connection then ends, and nobody else notices."""

import contextlib
from collections.abc import Callable
from typing import Final

import pytest

from tests.support.servers import Server, start_valkey

PING: Final = b"*1\r\n$4\r\nPING\r\n"
PONG: Final = b"+PONG\r\n"


def fault(text: bytes) -> bytes:
    return b"-ERR Protocol error: " + text + b"\r\n"


COUNT: Final = fault(b"invalid multibulk length")
LENGTH: Final = fault(b"invalid bulk length")
QUOTES: Final = fault(b"unbalanced quotes in request")
INLINE: Final = fault(b"too big inline request")

# What is sent before our half is closed, and every byte that comes back.
EXAMPLES: Final = {
    "a count of nothing": (b"*\r\n", COUNT),
    "a count of letters": (b"*abc\r\n", COUNT),
    "a count with a space": (b"* 1\r\n$4\r\nPING\r\n", COUNT),
    "a count with a plus": (b"*+1\r\n$4\r\nPING\r\n", COUNT),
    "a count with a leading zero": (b"*01\r\n$4\r\nPING\r\n", COUNT),
    "a count past 31 bits": (b"*2147483648\r\n", COUNT),
    "a count past 64 bits": (b"*99999999999999999999\r\n", COUNT),
    "a count ended by LF alone": (b"*1\n$4\nPING\r\n", COUNT),
    "a count that never ends": (b"*" + b"1" * 70_000, fault(b"too big mbulk count string")),
    "a count of zero": (b"*0\r\n" + PING, PONG),
    "a count of minus one": (b"*-1\r\n" + PING, PONG),
    "a count of minus five": (b"*-5\r\n" + PING, PONG),
    "the largest count and no more": (b"*2147483647\r\n", b""),
    "a word without its dollar": (b"*1\r\n4\r\nPING\r\n", fault(b"expected '$', got '4'")),
    "a number for a word": (b"*1\r\n:4\r\n", fault(b"expected '$', got ':'")),
    "an array for a word": (b"*1\r\n*1\r\n", fault(b"expected '$', got '*'")),
    "an empty line for a word": (b"*1\r\n\r\n", fault(b"expected '$', got ' '")),
    "a null byte for a word": (b"*1\r\n\x00\r\n", fault(b"expected '$', got '\x00'")),
    "a length of nothing": (b"*1\r\n$\r\n", LENGTH),
    "a length of letters": (b"*1\r\n$abc\r\n", LENGTH),
    "a negative length": (b"*1\r\n$-1\r\n", LENGTH),
    "a length with a plus": (b"*1\r\n$+4\r\nPING\r\n", LENGTH),
    "a length with a leading zero": (b"*1\r\n$04\r\nPING\r\n", LENGTH),
    "a length with a space": (b"*1\r\n$4 \r\nPING\r\n", LENGTH),
    "a length ended by LF alone": (b"*1\r\n$4\nPING\r\n", LENGTH),
    "a length past 512 MB": (b"*1\r\n$536870913\r\n", LENGTH),
    "a length past 64 bits": (b"*1\r\n$99999999999999999999\r\n", LENGTH),
    "a length that never ends": (
        b"*1\r\n$" + b"1" * 70_000,
        fault(b"too big bulk count string"),
    ),
    "an inline request that never ends": (b"a" * 70_000, INLINE),
    "an inline request of 64 KB and one": (b"a" * 65_537, INLINE),
    "an inline request of 64 KB": (b"a" * 65_536, b""),
    "an open double quote": (b'SET a "b\r\n', QUOTES),
    "an open single quote": (b"SET a 'b\r\n", QUOTES),
    "a good request before a bad one": (
        PING + b"*1\r\n!\r\n" + PING,
        PONG + fault(b"expected '$', got '!'"),
    ),
    "a body cut short": (b"*2\r\n$4\r\nECHO\r\n$3\r\nab", b""),
    "no name": (b"*1\r\n$0\r\n\r\n", b"-ERR unknown command '', with args beginning with: \r\n"),
    "an answer for a request": (
        b"%1\r\n",
        b"-ERR unknown command '%1', with args beginning with: \r\n",
    ),
    "a word without its array": (
        b"$4\r\nPING\r\n",
        b"-ERR unknown command '$4', with args beginning with: \r\n" + PONG,
    ),
    "nothing after QUIT": (PING + b"QUIT\r\n" + PING, PONG + b"+OK\r\n"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_fault_is_answered_and_ends_the_connection(shared_dflite: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_dflite.connect() as connection:
        assert connection.exchange(sent) == expected
    assert shared_dflite.answers()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_what_valkey_says(shared_valkey: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_valkey.connect() as connection:
        assert connection.exchange(sent) == expected


@pytest.mark.parametrize("name", [name for name in EXAMPLES if len(EXAMPLES[name][0]) < 200])
def test_a_fault_byte_by_byte_is_answered_alike(shared_dflite: Server, name: str) -> None:
    sent, expected = EXAMPLES[name]
    with shared_dflite.connect() as connection:
        # It may close while we are still sending; what it said is there to read.
        with contextlib.suppress(OSError):
            for at in range(len(sent)):
                connection.send_raw(sent[at : at + 1])
            connection.end_sending()
        assert connection.read_to_end() == expected


@pytest.mark.parametrize(
    "sent", [b'SET a "b"c\r\n', b"SET a 'b'c\r\n"], ids=["double quotes", "single quotes"]
)
def test_text_after_a_closing_quote_is_refused_as_by_redis(
    shared_dflite: Server, sent: bytes
) -> None:
    with shared_dflite.connect() as connection:
        assert connection.exchange(sent) == QUOTES


UNAUTHENTICATED: Final = {
    "ten words": (b"*10\r\n", b""),
    "eleven words": (b"*11\r\n", fault(b"unauthenticated multibulk length")),
    "a word of 16 KB": (b"*2\r\n$16384\r\n", b""),
    "a word of 16 KB and one": (b"*2\r\n$16385\r\n", fault(b"unauthenticated bulk length")),
    "a command": (PING, b"-NOAUTH Authentication required.\r\n"),
    "QUIT": (b"QUIT\r\n", b"+OK\r\n"),
    "RESET": (b"RESET\r\n", b"+RESET\r\n"),
    "the password": (b"AUTH sesame\r\nPING\r\n", b"+OK\r\n+PONG\r\n"),
    "user and password": (b"AUTH default sesame\r\nPING\r\n", b"+OK\r\n+PONG\r\n"),
    "a wrong password": (
        b"AUTH x\r\nPING\r\n",
        b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        b"-NOAUTH Authentication required.\r\n",
    ),
    "HELLO without AUTH": (
        b"HELLO 3\r\n",
        b"-NOAUTH HELLO must be called with the client already authenticated, otherwise the"
        b" HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and"
        b" select the RESP protocol version at the same time\r\n",
    ),
}


@pytest.mark.parametrize("start", ["dflite", "valkey"])
def test_before_the_password_little_is_allowed(
    run_dflite: Callable[..., Server], start: str
) -> None:
    flags = ("--requirepass", "sesame")
    server = run_dflite(*flags) if start == "dflite" else start_valkey(*flags)
    with server:
        for name, (sent, expected) in UNAUTHENTICATED.items():
            with server.connect() as connection:
                assert connection.exchange(sent) == expected, name
        with server.connect() as connection:
            connection.call("AUTH", "sesame")
            connection.send_raw(b"*12\r\n$4\r\nMGET\r\n" + b"$1\r\na\r\n" * 11)
            assert len(connection.read().items) == 11
