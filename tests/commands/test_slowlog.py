"""SLOWLOG."""

import pytest

from dflite.base.errors import WrongArity
from dflite.base.server_errors import BadSlowlogCount, SubcommandOrArity
from tests.support.node import START_MS, Node, NodeClient


@pytest.fixture
def logged(node: Node, client: NodeClient) -> NodeClient:
    """A client whose every request is logged."""
    node.executor.slowlog.threshold_us = 0
    return client


def test_an_entry_tells_what_when_and_who(logged: NodeClient) -> None:
    logged.run("CLIENT SETNAME worker")
    logged.run("SET a 1")
    entries = logged.run("SLOWLOG GET 1")
    assert isinstance(entries, list)
    number, time_s, usec, argv, addr, name = entries[0]
    assert (number, time_s) == (1, START_MS // 1000)
    assert usec >= 0
    assert argv == [b"SET", b"a", b"1"]
    assert addr == logged.state.addr.encode()
    assert name == b"worker"


def test_get_answers_the_newest_ten_first(logged: NodeClient) -> None:
    for i in range(15):
        logged.run(f"GET key:{i}")
    entries = logged.run("SLOWLOG GET")
    assert isinstance(entries, list)
    assert [entry[0] for entry in entries] == list(range(14, 4, -1))
    every = logged.run("SLOWLOG GET -1")
    assert isinstance(every, list)
    assert len(every) == 16
    assert logged.run("SLOWLOG GET 0") == []


def test_len_and_reset(logged: NodeClient) -> None:
    logged.run("PING")
    assert logged.run("SLOWLOG LEN") == 1
    assert logged.run("SLOWLOG RESET") == "OK"
    assert logged.run("SLOWLOG LEN") == 1  # the RESET itself


@pytest.mark.parametrize("count", ["-2", "abc", "9223372036854775808", ""])
def test_get_refuses_odd_counts(client: NodeClient, count: str) -> None:
    assert client.run("SLOWLOG", "GET", count) == BadSlowlogCount


def test_arity(client: NodeClient) -> None:
    assert client.run("SLOWLOG GET 1 2") == SubcommandOrArity([b"SLOWLOG", b"GET"])
    assert client.run("SLOWLOG LEN x") == WrongArity
    assert client.run("SLOWLOG") == WrongArity


def test_help(client: NodeClient) -> None:
    lines = client.run("SLOWLOG HELP")
    assert isinstance(lines, list)
    assert {"GET [count]", "LEN", "RESET", "HELP"} <= set(lines)


def test_failed_requests_are_logged_refused_ones_are_not(logged: NodeClient) -> None:
    logged.run("SET a x")
    logged.run("SLOWLOG RESET")
    logged.run("INCR a")
    logged.run("INCR")
    entries = logged.run("SLOWLOG GET")
    assert isinstance(entries, list)
    assert [entry[3][0] for entry in entries] == [b"INCR", b"SLOWLOG"]


def test_passwords_are_not_logged(logged: NodeClient) -> None:
    logged.run("AUTH secret")
    logged.run("CONFIG SET masterauth secret timeout 1")
    entries = logged.run("SLOWLOG GET")
    assert b"secret" not in repr(entries).encode()
    assert isinstance(entries, list)
    assert entries[0][3][-2:] == [b"timeout", b"1"]
