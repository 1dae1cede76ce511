"""mg, mn, me."""

from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


def test_flags_are_answered_in_their_order(mc: McClient) -> None:
    mc.run("set k 5 100 3\r\nabc")
    assert mc.run("mg k") == "HD"
    assert mc.lines("mg k k s v t f Oxy h l") == ["VA 3 kk s3 t100 f5 Oxy h1 l0", "abc"]
    number = mc.lines("gets k")[0].split()[-1]
    assert mc.run("mg k c q") == f"HD c{number}"


def test_a_miss(mc: McClient) -> None:
    assert mc.run("mg k v k O1") == "EN kk O1"
    assert mc.run("mg k v q") == ""
    assert mc.run("mn") == "MN"


def test_whether_it_was_fetched_and_when(node: Node, mc: McClient) -> None:
    mc.run("set k 0 0 1\r\na")
    node.advance(5000)
    assert mc.run("mg k h l u") == "HD h0 l5"
    assert mc.run("mg k h l") == "HD h0 l5"
    assert mc.run("mg k h l") == "HD h1 l0"


def test_a_missing_item_is_made_for_one_client(mc: McClient) -> None:
    assert mc.lines("mg k v t N30") == ["VA 0 t-1 W", ""]
    assert mc.lines("mg k v t N30") == ["VA 0 t30 Z", ""]
    assert mc.run("ms k 1\r\na") == "HD"
    assert mc.lines("mg k v") == ["VA 1", "a"]


def test_who_comes_shortly_before_the_end_is_told_to_renew(mc: McClient) -> None:
    mc.run("set k 0 10 1\r\na")
    assert mc.run("mg k R5") == "HD"
    assert mc.run("mg k R30") == "HD W"
    assert mc.run("mg k R30") == "HD Z"


def test_a_stale_item_is_won_once(mc: McClient) -> None:
    mc.run("set k 0 0 1\r\na")
    assert mc.run("md k I T30") == "HD"
    assert mc.lines("mg k v t") == ["VA 1 t30 X W", "a"]
    assert mc.lines("mg k v") == ["VA 1 Z X", "a"]
    number = mc.run("mg k c").split()[1][1:]
    assert mc.run(f"ms k 1 C{number}\r\nb") == "HD"
    assert mc.lines("mg k v") == ["VA 1", "b"]


def test_a_flag_gives_a_deadline(mc: McClient) -> None:
    mc.run("set k 0 0 1\r\na")
    assert mc.run("mg k t T30 t") == "CLIENT_ERROR duplicate flag"
    assert mc.run("mg k T30 t") == "HD t30"
    assert mc.run("mg k T-1") == "HD"
    assert mc.run("mg k") == "EN"


def test_keys_may_be_in_base64(mc: McClient, resp: NodeClient) -> None:
    assert mc.run("ms YSBi 1 b\r\nx") == "HD"
    assert resp.run("GET", "a b") == b"x"
    assert mc.lines("mg YSBi b v k") == ["VA 1 kYSBi b", "x"]
    assert mc.run("mg a b") == "CLIENT_ERROR error decoding key"


def test_errors_have_memcacheds_texts(mc: McClient) -> None:
    assert mc.run("mg") == "ERROR"
    assert mc.run("mg " + "k" * 251) == "CLIENT_ERROR bad command line format"
    assert mc.run("mg k z") == "CLIENT_ERROR invalid flag"
    assert mc.run("mg k Tx") == "CLIENT_ERROR bad token in command line format"
    assert mc.run("mg k " + "v " * 30) == "CLIENT_ERROR options flags are too long"
    assert mc.run("mg k O" + "1" * 32) == "CLIENT_ERROR opaque token too long"


def test_what_is_no_string_is_a_miss(mc: McClient, resp: NodeClient) -> None:
    resp.run("RPUSH l a")
    assert mc.run("mg l v N30") == mc.run("me l") == "EN"
    assert resp.run("TYPE l") == "list"


def test_me_tells_people(node: Node, mc: McClient) -> None:
    assert mc.run("me k") == "EN"
    mc.run("set k 0 100 1\r\na")
    words = mc.run("me k").split()
    assert words[:4] == ["ME", "k", "exp=-100", "la=0"]
    assert words[5:7] == ["fetch=no", "cls=1"]
    assert mc.run("me") == "CLIENT_ERROR bad command line format"
    assert mc.run("me aw== b").startswith("ME aw== ")
