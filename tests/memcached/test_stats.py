"""stats and its sections."""

from tests.support.mc_node import McClient
from tests.support.node import NodeClient


def stats(mc: McClient, section: str = "") -> dict[str, str]:
    *lines, end = mc.lines(f"stats {section}".strip())
    assert end == "END"
    assert all(line.startswith("STAT ") for line in lines)
    words = [line.split(" ", 2) for line in lines]
    return {name: value for _, name, value in words}


def test_figures_are_true(mc: McClient, resp: NodeClient) -> None:
    mc.run("set a 0 0 1\r\n1\r\nget a x\r\nincr a 1\r\ndecr x 1\r\ntouch a 0\r\ndelete x")
    resp.run("SET b 1")
    found = stats(mc)
    assert (found["cmd_set"], found["cmd_get"]) == ("1", "2")
    assert (found["get_hits"], found["get_misses"]) == ("1", "1")
    assert (found["incr_hits"], found["decr_misses"]) == ("1", "1")
    assert (found["touch_hits"], found["delete_misses"]) == ("1", "1")
    assert (found["curr_items"], found["total_items"]) == ("2", "1")
    assert found["curr_connections"] == "1"
    assert int(found["bytes"]) > 0
    assert int(found["bytes_read"]) == mc.conn.bytes_in
    assert found["threads"] == "1"


def test_reset(mc: McClient) -> None:
    mc.run("set a 0 0 1\r\n1")
    assert mc.run("stats reset") == "RESET"
    assert stats(mc)["cmd_set"] == "0"


def test_sections(mc: McClient) -> None:
    assert mc.run("stats items") == "END"
    mc.run("set a 0 0 1\r\n1")
    assert stats(mc, "items")["items:1:number"] == "1"
    assert stats(mc, "slabs")["active_slabs"] == "1"
    assert stats(mc, "settings")["item_size_max"] == "1048576"
    assert stats(mc, "settings")["inter"] == "127.0.0.1,::1"
    assert stats(mc, "sizes") == {"sizes_status": "disabled"}
    assert stats(mc, "conns")[f"{mc.state.fd}:addr"] == f"tcp:{mc.state.addr}"
    assert mc.run("stats bogus") == "ERROR"


def test_detail_counts_nothing(mc: McClient) -> None:
    assert mc.run("stats detail on") == mc.run("stats detail off") == "OK"
    assert mc.run("stats detail dump") == "END"
    assert mc.run("stats detail") == "CLIENT_ERROR usage: stats detail on|off|dump"


def test_tools_may_list_keys(mc: McClient, resp: NodeClient) -> None:
    mc.run("set a 0 0 3\r\nabc")
    resp.run("RPUSH l x")
    assert mc.lines("stats cachedump 1 0") == ["ITEM a [3 b; 0 s]", "END"]
    assert mc.run("stats cachedump 2 0") == "END"
    assert mc.run("stats cachedump 1") == "CLIENT_ERROR bad command line"
    assert mc.run("stats cachedump x 1") == "CLIENT_ERROR bad command line format"
    assert mc.run("stats cachedump 64 1") == "CLIENT_ERROR Illegal slab id"
