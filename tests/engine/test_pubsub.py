"""Audiences: any coming and going leaves them in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.engine.pubsub import CHANNEL, PATTERN, SHARD, count_of, names_of
from tests.support.node import Node

ACTIONS = st.tuples(
    st.sampled_from(["join", "join", "leave", "forget"]),
    st.integers(0, 2),
    st.sampled_from([CHANNEL, PATTERN, SHARD]),
    st.sampled_from([b"a", b"ab", b"*"]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(ACTIONS, max_size=30))
def test_audiences_are_those_of_a_plain_model(actions: list[tuple[str, int, int, bytes]]) -> None:
    node = Node()
    clients = [node.client() for _ in range(3)]
    channels = node.executor.channels
    model: list[dict[tuple[int, bytes], None]] = [{}, {}, {}]
    for action, who, kind, name in actions:
        client = clients[who].state
        if action == "join":
            channels.subscribe(client, kind, name)
            model[who][kind, name] = None
        elif action == "leave":
            channels.unsubscribe(client, kind, name)
            model[who].pop((kind, name), None)
        else:
            channels.forget(client)
            model[who].clear()
        channels.check()
        for number, one in enumerate(clients):
            for each in (CHANNEL, PATTERN, SHARD):
                expected = [word for where, word in model[number] if where == each]
                assert names_of(one.state, each) == expected
                assert count_of(one.state, each) == len(expected)
    sent = sum((CHANNEL, b"a") in names for names in model)
    sent += sum((PATTERN, pattern) in names for names in model for pattern in (b"a", b"*"))
    assert channels.publish(b"a", b"x") == sent
    assert channels.publish_to_shard(b"a", b"x") == sum((SHARD, b"a") in m for m in model)


def test_the_hot_lane_is_left_to_who_only_listens_in_resp2() -> None:
    node = Node()
    old, new = node.client(), node.client(resp3=True)
    for client in (old, new):
        client.run("SUBSCRIBE a")
    assert (old.conn.plain, new.conn.plain) == (False, True)
    old.run("UNSUBSCRIBE")
    new.run("HELLO 2")
    assert (old.conn.plain, new.conn.plain) == (True, False)
