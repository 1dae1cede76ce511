"""delete, touch, incr, decr."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import NodeClient


def test_delete(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("delete k") == "NOT_FOUND"
    mc.run("set k 0 0 1\r\na")
    assert mc.run("delete k") == "DELETED"
    mc.run("set k 0 0 1\r\na")
    assert mc.run("delete k 0 noreply") == mc.run("delete k noreply") == ""
    assert mc.run("get k") == "END"
    usage = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]"
    assert mc.run("delete k 1") == mc.run("delete k 0 x") == usage
    resp.run("RPUSH l a")
    assert mc.run("delete l") == "NOT_FOUND"
    assert resp.run("EXISTS l") == 1


def test_touch(mc: McClient) -> None:
    assert mc.run("touch k 5") == "NOT_FOUND"
    mc.run("set k 0 0 1\r\na")
    assert mc.run("touch k 5") == "TOUCHED"
    assert mc.run("mg k t") == "HD t5"
    assert mc.run("touch k 0") == "TOUCHED"
    assert mc.run("mg k t") == "HD t-1"
    assert mc.run("touch k x") == "CLIENT_ERROR invalid exptime argument"
    assert mc.run("touch k -1") == "TOUCHED"
    assert mc.run("get k") == "END"
    figures = mc.service.figures
    assert (figures.cmd_touch, figures.touch_hits, figures.touch_misses) == (4, 3, 1)


def test_counting_wraps_upwards_and_ends_at_nothing(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("incr n 1") == mc.run("decr n 1") == "NOT_FOUND"
    mc.run("set n 3 100 2\r\n10")
    assert mc.run("incr n 5") == "15"
    assert mc.run("decr n 20") == "0"
    assert mc.run("incr n 18446744073709551615") == "18446744073709551615"
    assert mc.run("incr n 2") == "1"
    assert mc.lines("get n") == ["VALUE n 3 1", "1", "END"]
    assert mc.run("mg n t") == "HD t100"
    assert resp.run("INCR n") == 2


@pytest.mark.parametrize("text", ["x", "-1", "", "x1"])
def test_what_is_no_number_is_not_counted(mc: McClient, text: str) -> None:
    mc.run(f"set n 0 0 {len(text)}\r\n{text}")
    error = "CLIENT_ERROR cannot increment or decrement non-numeric value"
    assert mc.run("incr n 1") == error
    assert mc.run("decr n 1") == error


@pytest.mark.parametrize("text", ["7", "007", "+7", " 7", "7 and more"])
def test_a_number_may_have_company(mc: McClient, text: str) -> None:
    mc.run(f"set n 0 0 {len(text)}\r\n{text}")
    assert mc.run("incr n 1") == "8"


@pytest.mark.parametrize("delta", ["x", "-1", "1.5", "18446744073709551616"])
def test_a_wrong_delta_is_an_error(mc: McClient, delta: str) -> None:
    mc.run("set n 0 0 1\r\n1")
    assert mc.run(f"incr n {delta}") == "CLIENT_ERROR invalid numeric delta argument"
    assert mc.run(f"incr n {delta} noreply") == ""
    assert mc.lines("get n")[1] == "1"


@pytest.mark.parametrize("verb", ["delete %s", "touch %s 1", "incr %s 1", "decr %s 1"])
def test_a_long_key_is_an_error(mc: McClient, verb: str) -> None:
    assert mc.run(verb % ("k" * 251)) == "CLIENT_ERROR bad command line format"
