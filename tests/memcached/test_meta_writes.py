"""ms, md, ma."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import NodeClient


def test_ms_stores_with_flags_and_deadline(mc: McClient) -> None:
    assert mc.run("ms k 3 F5 T100 k O1\r\nabc") == "HD kk O1"
    assert mc.lines("mg k v f t") == ["VA 3 f5 t100", "abc"]
    number = mc.run("ms k 1 c\r\na").split()[1][1:]
    assert mc.run("mg k c") == f"HD c{number}"
    assert mc.run("ms k 1 q\r\nb") == ""


def test_modes(mc: McClient) -> None:
    assert mc.run("ms k 1 MR\r\na") == mc.run("ms k 1 MA\r\na") == "NS"
    assert mc.run("ms k 1 ME\r\nb") == "HD"
    assert mc.run("ms k 1 ME q\r\nb") == "NS"
    assert mc.lines("ms k 1 MA\r\nc\r\nms k 1 MP\r\na\r\nmg k v") == ["HD", "HD", "VA 3", "abc"]
    assert mc.run("ms k 1 MS\r\nx") == mc.run("ms k 1 MR\r\nx") == "HD"
    assert mc.run("ms n 1 MA N30\r\nx") == "HD"
    assert mc.run("mg n t") == "HD t30"
    assert mc.run("ms k 1 MX\r\nx") == "CLIENT_ERROR invalid mode for ms M token"
    assert mc.run("ms k 1 MSS\r\nx") == "CLIENT_ERROR incorrect length for M token"


def test_comparing_and_setting(mc: McClient) -> None:
    assert mc.run("ms k 1 C5\r\na") == "NF"
    mc.run("ms k 1\r\na")
    assert mc.run("ms k 1 C5\r\nb") == mc.run("ms k 1 C5 MA\r\nb") == "EX"
    number = mc.run("mg k c").split()[1][1:]
    assert mc.run(f"ms k 1 C{number} MA\r\nb") == "HD"
    assert mc.run("ms k 1 E77\r\nc") == "HD"
    assert mc.run("mg k c") == "HD c77"
    assert mc.run("ms k 1 C77\r\nd") == "HD"


def test_an_older_value_may_be_stored_as_stale(mc: McClient) -> None:
    mc.run("ms k 1 T100\r\na")
    assert mc.run("ms k 1 C1 I\r\nb") == "HD"
    assert mc.lines("mg k v t") == ["VA 1 t100 X W", "b"]


def test_lines_and_blocks_that_are_wrong(mc: McClient) -> None:
    assert mc.run("ms") == "ERROR"
    assert mc.run("ms k") == mc.run("ms k x") == "CLIENT_ERROR bad command line format"
    assert mc.run("ms k 1 z\r\na") == "CLIENT_ERROR invalid flag"
    assert mc.lines("ms k 1 q\r\nabc\r\nmn") == ["CLIENT_ERROR bad data chunk", "ERROR", "MN"]
    assert mc.lines("ms " + "k" * 251 + " 1\r\na")[0] == "CLIENT_ERROR bad command line format"
    assert mc.run("ms k 1 " + "F1 " * 30) == "CLIENT_ERROR options flags too long"
    mc.service.figures.max_item_size = 10
    assert mc.run("ms k 11 q\r\n" + "x" * 11) == "SERVER_ERROR object too large for cache"
    assert mc.run("ms k 11 z\r\n" + "x" * 11) == "CLIENT_ERROR invalid flag"


def test_md(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("md k") == mc.run("md k q") == "NF"
    mc.run("ms k 1\r\na")
    assert mc.run("md k C1 k O5") == "EX kk O5"
    assert mc.run("md k k O5") == "HD kk O5"
    mc.run("ms k 1\r\na")
    assert mc.run("md k q") == ""
    assert mc.run("md k z") == mc.run("md k q q") == "CLIENT_ERROR invalid or duplicate flag"
    assert mc.run("md") == "ERROR"
    resp.run("RPUSH l a")
    assert mc.run("md l") == "NF"


def test_ma_counts(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("ma n") == mc.run("ma n q") == "NF"
    assert mc.lines("ma n N30 J13 v t") == ["VA 2 t30", "13"]
    assert mc.lines("ma n v D7") == ["VA 2", "20"]
    assert mc.lines("ma n MD D50 v") == ["VA 1", "0"]
    assert mc.run("ma n q") == ""
    assert mc.run("ma n t T90 k Oa") == "HD t30 kn Oa"
    assert mc.run("mg n t") == "HD t90"
    assert mc.run("ma n C5") == "EX"
    assert resp.run("GET n") == b"2"
    assert mc.run("ma n MX") == "CLIENT_ERROR invalid mode for ma M token"
    assert mc.run("ma n Dx") == "CLIENT_ERROR invalid or duplicate flag"


@pytest.mark.parametrize("value", ["", "x"])
def test_ma_of_what_is_no_number(mc: McClient, value: str) -> None:
    mc.run(f"ms n {len(value)}\r\n{value}")
    error = "CLIENT_ERROR cannot increment or decrement non-numeric value"
    assert mc.run("ma n") == mc.run("ma n q") == error
