"""set, add, replace, append, prepend, cas."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient, forget_other_nodes


def test_what_is_set_is_read_with_its_flags(mc: McClient) -> None:
    assert mc.run("set k 7 0 5\r\nhello") == "STORED"
    assert mc.lines("get k") == ["VALUE k 7 5", "hello", "END"]


def test_both_protocols_have_the_same_keys(mc: McClient, resp: NodeClient) -> None:
    mc.run("set k 7 0 5\r\nhello")
    assert resp.run("GET k") == b"hello"
    assert resp.run("SET n 12") == "OK"
    assert mc.lines("get n") == ["VALUE n 0 2", "12", "END"]
    resp.run("SET k other")
    assert mc.lines("get k") == ["VALUE k 0 5", "other", "END"]


def test_a_condition_decides(mc: McClient) -> None:
    assert mc.run("replace k 0 0 1\r\na") == "NOT_STORED"
    assert mc.run("add k 0 0 1\r\nb") == "STORED"
    assert mc.run("add k 0 0 1\r\nc") == "NOT_STORED"
    assert mc.run("replace k 0 0 1\r\nd") == "STORED"
    assert mc.lines("get k")[1] == "d"


def test_appending_keeps_flags_and_deadline(node: Node, mc: McClient) -> None:
    assert mc.run("append k 0 0 1\r\nb") == "NOT_STORED"
    mc.run("set k 5 100 1\r\nb")
    assert mc.run("append k 9 0 1\r\nc") == "STORED"
    assert mc.run("prepend k 9 0 1\r\na") == "STORED"
    assert mc.lines("get k") == ["VALUE k 5 3", "abc", "END"]
    assert mc.run("mg k t") == "HD t100"


def test_a_value_that_would_be_too_long_is_not_appended(mc: McClient) -> None:
    mc.service.figures.max_item_size = 4
    mc.run("set k 0 0 3\r\nabc")
    assert mc.run("append k 0 0 2\r\nde") == "NOT_STORED"


def test_cas_stores_for_who_knows_the_number(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("cas k 0 0 1 5\r\na") == "NOT_FOUND"
    mc.run("set k 0 0 1\r\na")
    assert mc.run("cas k 0 0 1 5\r\nb") == "EXISTS"
    number = mc.lines("gets k")[0].split()[-1]
    assert mc.lines("gets k")[0].split()[-1] == number
    assert mc.run(f"cas k 0 0 1 {number}\r\nb") == "STORED"
    assert mc.run(f"cas k 0 0 1 {number}\r\nc") == "EXISTS"
    figures = mc.service.figures
    assert (figures.cas_hits, figures.cas_badval, figures.cas_misses) == (1, 2, 1)


@pytest.mark.parametrize(
    "change",
    ["SET k 1", "INCR k", "APPEND k 1", "SETRANGE k 0 5", "SETBIT k 0 0", "INCRBYFLOAT k 1.5"],
)
def test_each_write_of_resp_changes_the_number(mc: McClient, resp: NodeClient, change: str) -> None:
    mc.run("set k 0 0 1\r\n1")
    number = mc.lines("gets k")[0].split()[-1]
    resp.run(change)
    assert mc.run(f"cas k 0 0 1 {number}\r\nb") == "EXISTS"


def test_quiet_requests_answer_nothing(mc: McClient) -> None:
    assert mc.raw(b"set k 0 0 1 noreply\r\na\r\nadd k 0 0 1 noreply\r\nb\r\n") == b""
    assert mc.run("set k x 0 1 noreply") == ""
    assert mc.lines("get k")[1] == "a"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("set k 0 0", "ERROR"),
        ("set k 0 0 1 noreply x", "ERROR"),
        ("set k 0 0 x", "CLIENT_ERROR bad command line format"),
        ("set k 0 0 -1", "CLIENT_ERROR bad command line format"),
        ("set k -1 0 1", "CLIENT_ERROR bad command line format"),
        ("set k 4294967296 0 1", "CLIENT_ERROR bad command line format"),
        ("set k 0 x 1", "CLIENT_ERROR bad command line format"),
        ("set " + "k" * 251 + " 0 0 1", "CLIENT_ERROR bad command line format"),
        ("cas k 0 0 1", "ERROR"),
        ("cas k 0 0 1 x", "CLIENT_ERROR bad command line format"),
    ],
)
def test_a_wrong_line_has_no_block(mc: McClient, line: str, answer: str) -> None:
    assert mc.lines(f"{line}\r\nversion")[0] == answer
    assert mc.run("mn") == "MN"


def test_a_block_that_ends_elsewhere_is_refused(mc: McClient) -> None:
    assert mc.lines("set k 0 0 3\r\nabcdemn") == ["CLIENT_ERROR bad data chunk", "MN"]
    assert mc.run("get k") == "END"


def test_the_block_of_a_refused_item_is_skipped(mc: McClient) -> None:
    mc.service.figures.max_item_size = 10
    mc.run("set k 0 0 1\r\na")
    assert mc.raw(b"set k 0 0 100\r\n" + b"x" * 50) == (
        b"SERVER_ERROR object too large for cache\r\n"
    )
    assert mc.conn.input_length == 0
    assert mc.raw(b"x" * 50 + b"\r\nget k\r\n") == b"END\r\n"  # better nothing than what is old
    assert mc.service.figures.store_too_large == 1


def test_without_memory_nothing_is_stored(node: Node, mc: McClient) -> None:
    mc.run("set k 0 0 1\r\na")
    node.executor.max_memory = 1
    assert mc.run("set k 0 0 1\r\nb") == "SERVER_ERROR out of memory storing object"
    assert mc.run("add n 0 0 1 noreply\r\nb") == ""
    assert mc.run("ms n 1\r\nb") == "SERVER_ERROR out of memory storing object"
    node.executor.max_memory = 0
    mc.run("set n 0 0 1\r\n1")
    node.executor.max_memory = 1
    assert mc.run("incr n 1") == "SERVER_ERROR out of memory"
    assert mc.run("get k") == "END"
    assert node.executor.rejected_for_memory == 4


def test_what_is_no_string_is_left_alone(mc: McClient, resp: NodeClient) -> None:
    resp.run("RPUSH l a")
    assert mc.run("get l") == mc.run("gets l") == "END"
    for verb in ("set", "add", "replace", "append", "prepend"):
        assert mc.run(f"{verb} l 0 0 1\r\na") == "NOT_STORED"
    assert mc.run("cas l 0 0 1 1\r\na") == "NOT_FOUND"
    assert resp.run("LRANGE l 0 -1") == [b"a"]


def test_times_are_seconds_or_a_point_in_time(node: Node, mc: McClient) -> None:
    mc.run("set a 0 10 1\r\na")
    mc.run(f"set b 0 {node.clock.now_ms // 1000 + 10} 1\r\nb")
    mc.run("set c 0 2592001 1\r\nc")
    assert mc.run("set d 0 -1 1\r\nd") == "STORED"
    assert mc.lines("mg a t\r\nmg b t\r\nmg c t\r\nmg d t") == ["HD t10", "HD t10", "EN", "EN"]
    node.advance(10_000)
    assert mc.run("get a b") == "END"


def test_a_block_longer_than_the_memory_limit_is_refused_and_no_key_goes(
    node: Node, mc: McClient
) -> None:
    forget_other_nodes()
    node.lane.evictor.set_policy("allkeys-lru")
    for number in range(200):
        mc.run(f"set key:{number} 0 0 1000\r\n" + "x" * 1000)
    node.executor.max_memory = 600_000
    refused = "SERVER_ERROR out of memory storing object"
    assert mc.run("set huge 0 0 700000\r\n" + "x" * 700_000) == refused
    assert mc.run("ms huge 700000\r\n" + "x" * 700_000) == refused
    assert node.executor.eviction.evicted == 0
    assert len(node.db) == 200
    assert mc.run("set small 0 0 1\r\na") == "STORED"
