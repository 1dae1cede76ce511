"""The gate to the hot lane says the same as the check of each request."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from dflite.engine.acl_gate import gate_for, layout_of
from dflite.engine.acl_rules import new_user, with_rules
from dflite.engine.lookup import find
from tests.support.node import Node

RULES: Final = [
    b"+@all", b"+@read", b"-get", b"+set", b"-@write", b"+mget", b"+incr", b"-@all", b"+ping",
    b"~a", b"%R~*", b"%W~a*", b"~b?", b"~*", b"allkeys", b"resetkeys", b"%R~[ab]", b"db=0",
    b"db=1", b"alldbs", b"(+get ~a)", b"(+@all ~b*)", b"+select|0",
]  # fmt: skip
REQUESTS: Final = [
    "GET a", "SET a 1", "SET ab 1", "ECHO a", "MGET a b1", "MSET a 1 ab 2", "INCR a", "DEL a b1",
    "EXISTS a ab", "TTL a", "EXPIRE a 100", "PING", "GET", "MSET a", "LPUSH l 1", "HSET h f v",
    "ZADD z 1 m", "LRANGE a 0 -1", "SADD a 1", "ECHO a", "SELECT 1", "SELECT 0",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(RULES), max_size=6), st.lists(st.sampled_from(REQUESTS), max_size=20)
)
def test_the_lane_answers_a_restricted_user_as_the_handlers_do(
    rules: list[bytes], requests: list[str]
) -> None:
    replies = []
    for lane in (True, False):
        node = Node(lane=lane, journal=False)
        client = node.client()
        user = new_user(b"u", False)
        for rule in rules:
            if rule.startswith((b"~", b"%")) and user.root.all_keys:
                continue
            user = with_rules(user, [rule], False)
        client.state.user = user
        client.state.update_lane()
        replies.append([client.run(request) for request in requests])
    assert repr(replies[0]) == repr(replies[1])


def test_what_the_lane_answers_has_keys_where_gates_look() -> None:
    assert layout_of(find([b"GET"])) == "one"
    assert layout_of(find([b"DEL"])) == "each"
    assert layout_of(find([b"MSET"])) == "second"
    assert layout_of(find([b"PING"])) == "none"
    assert layout_of(find([b"SORT"])) == ""
    assert layout_of(find([b"LMPOP"])) == ""


def test_who_may_nothing_has_a_gate_that_is_shut() -> None:
    Node(lane=True)
    gate = gate_for(new_user(b"u", False))
    assert not any(gate.opens(code) for code in range(96))
