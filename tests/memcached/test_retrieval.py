"""get, gets, gat, gats."""

from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


def test_many_keys_are_answered_in_order(mc: McClient) -> None:
    mc.run("set a 0 0 1\r\n1\r\nset b 5 0 2\r\n22")
    assert mc.lines("get b x a") == ["VALUE b 5 2", "22", "VALUE a 0 1", "1", "END"]
    figures = mc.service.figures
    assert (figures.cmd_get, figures.get_hits, figures.get_misses) == (3, 2, 1)


def test_gat_gives_another_deadline(node: Node, mc: McClient) -> None:
    mc.run("set a 0 0 1\r\n1")
    assert mc.lines("gat 10 a x") == ["VALUE a 0 1", "1", "END"]
    assert len(mc.lines("gats 20 a")[0].split()) == 5
    assert mc.run("mg a t") == "HD t20"
    assert mc.lines("gat 0 a")[1] == "1"
    assert mc.run("mg a t") == "HD t-1"
    assert mc.lines("gat -1 a")[1] == "1"
    assert mc.run("get a") == "END"


def test_errors_have_memcacheds_texts(mc: McClient) -> None:
    long = "k" * 251
    assert mc.run("get") == mc.run("gat") == "ERROR"
    assert mc.run("gat 0") == "END"
    assert mc.run("gat x a") == mc.run("gat x") == "CLIENT_ERROR invalid exptime argument"
    assert mc.run(f"gat x {long}") == "CLIENT_ERROR invalid exptime argument"
    assert mc.run(f"get a {long}") == "CLIENT_ERROR bad command line format"


def test_hits_and_misses_are_those_of_resp_too(node: Node, mc: McClient) -> None:
    mc.run("set a 0 0 1\r\n1\r\nget a\r\nget x")
    assert node.db.hits + node.lane.hits == 1
    assert node.db.misses + node.lane.misses == 1


def test_integers_and_long_values_are_read_as_they_are(mc: McClient, resp: NodeClient) -> None:
    resp.run("SET n -12")
    assert mc.lines("get n") == ["VALUE n 0 3", "-12", "END"]
    resp.run("SETRANGE long 99999 x")
    head, value, end = mc.lines("get long")
    assert (head, len(value), end) == ("VALUE long 0 100000", 100_000, "END")
