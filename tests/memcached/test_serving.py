"""version, verbosity, flush_all, cache_memlimit, quit, shutdown."""

import pytest

from dflite import __version__
from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


def test_fixed_answers(mc: McClient) -> None:
    assert mc.run("version") == f"VERSION 1.6.18-dflite-{__version__}"
    assert mc.run("verbosity 1") == "OK"
    assert mc.run("verbosity 1 noreply") == ""
    assert mc.run("verbosity x") == "CLIENT_ERROR bad command line format"
    assert mc.run("verbosity") == mc.run("bogus") == mc.run("VERSION") == mc.run("") == "ERROR"
    assert mc.run("watch") == "CLIENT_ERROR watch commands not allowed"
    assert mc.run("slabs automove 1") == mc.run("lru_crawler enable") == "OK"
    assert mc.run("lru tune 1 2 3 4") == mc.run("lru_crawler crawl all") == "OK"
    assert mc.run("slabs") == mc.run("lru foo") == mc.run("lru_crawler") == "ERROR"
    assert mc.run("slabs reassign 1 2") == "CLIENT_ERROR slab reassignment disabled"
    assert mc.run("lru_crawler metadump all") == "ERROR metadump not allowed"


def test_flush_all_empties_the_database_of_resp(mc: McClient, resp: NodeClient) -> None:
    resp.run("RPUSH l a")
    resp.run("SET k 1")
    assert mc.run("flush_all") == "OK"
    assert resp.run("DBSIZE") == 0
    assert mc.run("flush_all noreply") == mc.run("flush_all 0 noreply") == ""
    assert mc.run("flush_all x") == "CLIENT_ERROR invalid exptime argument"
    assert mc.service.figures.cmd_flush == 4


def test_flush_all_may_wait(node: Node, mc: McClient, resp: NodeClient) -> None:
    mc.run("set k 0 0 1\r\na")
    assert mc.run("flush_all 10") == "OK"
    node.advance(9000)
    assert mc.lines("get k")[1] == "a"
    node.advance(1000)
    assert mc.run("get k") == "END"
    mc.run("set k 0 0 1\r\na")
    node.advance(60_000)
    assert mc.lines("get k")[1] == "a"


def test_a_later_flush_takes_the_place_of_one_that_waits(node: Node, mc: McClient) -> None:
    mc.run("flush_all 10\r\nflush_all 20\r\nset k 0 0 1\r\na")
    node.advance(15_000)
    assert mc.lines("get k")[1] == "a"
    mc.run("flush_all")
    mc.run("set k 0 0 1\r\na")
    node.advance(15_000)
    assert mc.lines("get k")[1] == "a"


@pytest.mark.parametrize("node", ["handlers"], indirect=True)
def test_a_flush_is_for_the_journal(node: Node, mc: McClient) -> None:
    mc.run("set k 0 0 1\r\na\r\nflush_all 5")
    assert node.take_journal() == ["SET k a"]
    node.advance(5000)
    assert node.take_journal() == ["FLUSHDB"]


def test_cache_memlimit_is_maxmemory(node: Node, mc: McClient) -> None:
    assert mc.run("cache_memlimit 64") == "OK"
    assert node.host.setting("maxmemory") == 64 * 1024 * 1024
    assert mc.run("cache_memlimit 4").startswith("MEMLIMIT_TOO_SMALL ")
    assert mc.run("cache_memlimit 2000000000").startswith("MEMLIMIT_ADJUST_FAILED ")
    assert mc.run("cache_memlimit x") == "ERROR"


def test_quit_ends_the_connection(mc: McClient) -> None:
    assert mc.raw(b"version\r\nquit\r\nversion\r\n").count(b"VERSION") == 1
    assert mc.closed


def test_shutdown_is_refused_unless_allowed(node: Node, mc: McClient) -> None:
    assert mc.run("shutdown") == "ERROR: shutdown not enabled"
    node.host.settings.memcached_shutdown = True
    assert mc.run("shutdown now") == "CLIENT_ERROR invalid shutdown mode"
    assert node.host.shutdowns == []
    mc.run("shutdown graceful")
    assert node.host.shutdowns == [(None, False, False)]
    assert mc.closed
