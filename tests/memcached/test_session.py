"""Requests of memcached's clients as steps of the engine: seen by whoever looks on."""

import pytest

from dflite.engine.acl_rules import new_user, with_rules
from dflite.engine.command import FOREIGN
from dflite.memcached.session import NEEDS_PASSWORD, USER_IS_OFF
from dflite.memcached.verbs import VERBS
from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


def test_watch_sees_a_change(node: Node, mc: McClient, resp: NodeClient) -> None:
    resp.run("WATCH k")
    mc.run("set k 0 0 1\r\na")
    resp.run("MULTI")
    resp.run("GET k")
    assert resp.run("EXEC") is None


def test_notifications_tell_of_changes(node: Node, mc: McClient, resp: NodeClient) -> None:
    node.executor.notifications.configure("KEA")
    resp.run("PSUBSCRIBE __keyevent*")
    mc.run("set k 0 10 1\r\n1\r\nincr k 1\r\nappend k 0 0 1\r\n1\r\ntouch k 0\r\ndelete k")
    events = [push[2] for push in resp.read_all() if isinstance(push, list) and len(push) == 4]
    names = [event.split(b":")[1] for event in events if isinstance(event, bytes)]
    assert names == [b"set", b"expire", b"incrby", b"append", b"persist", b"del"]


def test_trackers_are_told(node: Node, mc: McClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING on")
    tracker.run("GET k")
    mc.run("set k 0 0 1\r\na")
    assert tracker.read_all() == [[b"invalidate", [b"k"]]]


def test_monitor_sees_requests(mc: McClient, resp: NodeClient) -> None:
    resp.run("MONITOR")
    mc.run("set k 0 0 1\r\na\r\nget k x")
    lines = [line.split("] ")[1] for line in resp.read_all() if isinstance(line, str)]
    assert lines == ['"set" "k" "0" "0" "1" "a"', '"get" "k"', '"get" "x"']


def test_the_slow_log_has_them(node: Node, mc: McClient, resp: NodeClient) -> None:
    node.executor.slowlog.threshold_us = 0
    node.executor.observers_changed()
    mc.run("set k 0 0 1\r\na")
    entries = resp.run("SLOWLOG GET 1")
    assert isinstance(entries, list)
    assert entries[0][3] == [b"set", b"k", b"0", b"0", b"1", b"a"]


def test_they_are_counted(node: Node, mc: McClient) -> None:
    rows = {row.name: row for row in FOREIGN}
    row = rows["memcached|set"]
    before = row.calls + node.lane.calls.count_of(row.lane)
    mc.run("set k 0 0 1\r\na")
    assert row.calls + node.lane.calls.count_of(row.lane) == before + 1


def test_a_client_shows_its_last_request(mc: McClient, resp: NodeClient) -> None:
    mc.run("set k 0 0 1\r\na")
    text = resp.run("CLIENT LIST")
    assert isinstance(text, bytes)
    mine = next(line for line in text.splitlines() if b"id=%d " % mc.state.id in line)
    assert b" cmd=memcached|set " in mine


@pytest.mark.parametrize("node", ["handlers"], indirect=True)
def test_the_journal_has_what_every_redis_knows(node: Node, mc: McClient) -> None:
    now = node.clock.now_ms
    mc.run("set k 0 10 1\r\n1")
    assert node.take_journal() == [f"SET k 1 PXAT {now + 10_000}"]
    mc.run("incr k 1\r\ngat 20 k\r\ntouch k 0\r\nappend k 0 0 1\r\n3\r\nprepend k 0 0 1\r\n1")
    assert node.take_journal() == [
        "SET k 2 KEEPTTL", f"PEXPIREAT k {now + 20_000}", "PERSIST k", "APPEND k 3",
        "SETRANGE k 0 123",
    ]  # fmt: skip
    mc.run("delete k\r\nset k 0 -1 1\r\na\r\nset k 5 0 1\r\na\r\ncas k 0 0 1 1\r\nb\r\nget k")
    assert node.take_journal() == ["DEL k", "SET k a", "ECHO memcached-flags 5 k"]
    mc.run("ma n N0 J5 q\r\nmd k I\r\nmd k q")
    assert node.take_journal() == ["SET n 5", "DEL k"]


def test_a_pause_holds_requests(node: Node, mc: McClient, resp: NodeClient) -> None:
    mc.run("set a 0 0 1\r\n1")
    resp.run("CLIENT PAUSE 1000 WRITE")
    assert mc.run("get a\r\nset b 0 0 1\r\n2\r\nget a b") == "VALUE a 0 1\r\n1\r\nEND"
    node.advance(1000)
    answer = b"STORED\r\nVALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n"
    assert mc.take() == answer


def test_a_pause_in_the_middle_of_many_keys(node: Node, mc: McClient, resp: NodeClient) -> None:
    mc.run("set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2")
    resp.run("CLIENT PAUSE 1000 ALL")
    assert mc.run("get a b x\r\nget b\r\nmn") == ""
    node.advance(1000)
    assert mc.take() == (
        b"VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\nVALUE b 0 1\r\n2\r\nEND\r\nMN\r\n"
    )


def test_a_bug_is_answered_and_logged(
    node: Node, mc: McClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(call: object) -> bytes:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(VERBS[b"version"], "handler", broken)
    assert mc.run("version") == "SERVER_ERROR internal error"
    assert node.executor.internal_errors == 1
    assert "a bug" in node.host.logged[-1][1]
    assert mc.run("mn") == "MN"


def test_a_waiting_client_is_served(node: Node, mc: McClient, resp: NodeClient) -> None:
    resp.run("RPUSH l a")
    resp.send("BLPOP", "x", "0")
    assert mc.run("set x 0 0 1\r\na") == "STORED"
    other = node.client()
    other.run("DEL x")
    other.run("RPUSH x v")
    assert resp.read() == [b"x", b"v"]


def test_who_has_left_is_forgotten(node: Node, mc: McClient) -> None:
    mc.conn.abort()
    assert mc.state.id not in node.executor.clients


def test_the_rules_of_a_user_hold(mc: McClient) -> None:
    mc.state.user = with_rules(
        new_user(b"u", False), b"on nopass +@all -flushdb ~c:*".split(), False
    )
    mc.state.update_lane()
    assert mc.run("set c:1 0 0 1\r\na") == "STORED"
    assert mc.lines("get c:1")[1] == "a"
    refusal = "CLIENT_ERROR No permissions to access a key"
    assert mc.run("set k 0 0 1\r\na") == mc.run("get k") == mc.run("md k") == refusal
    assert mc.run("flush_all").startswith("CLIENT_ERROR User u has no permissions")
    assert mc.run("cache_memlimit 64") == "OK"
    assert mc.run("version").startswith("VERSION ")


def test_who_cannot_say_a_password_is_refused_while_one_is_needed(
    node: Node, mc: McClient, resp: NodeClient
) -> None:
    mc.run("set k 0 0 1\r\na")
    resp.run("ACL SETUSER default >secret")
    for request in ("get k", "set k 0 0 1\r\nb", "delete k", "mg k v", "version", "flush_all"):
        assert mc.raw(request.encode() + b"\r\n") == NEEDS_PASSWORD
    mc.raw(b"set k 0 0 1 noreply\r\nb\r\n")
    resp.run("ACL SETUSER default nopass")
    assert mc.raw(b"get k\r\n") == b"VALUE k 0 1\r\na\r\nEND\r\n"
    resp.run("ACL SETUSER default off")
    assert mc.raw(b"get k\r\n") == USER_IS_OFF
    mc.raw(b"quit\r\n")
    assert mc.closed


def test_who_need_not_say_a_password_is_refused_only_if_the_user_is_off(
    node: Node, mc: McClient, resp: NodeClient
) -> None:
    mc.state.needs_no_password = True
    resp.run("ACL SETUSER default >secret")
    assert mc.raw(b"get k\r\n") == b"END\r\n"
    resp.run("ACL SETUSER default off")
    assert mc.raw(b"get k\r\n") == USER_IS_OFF
