"""A primary's stream: what runs it holds the same, is as far as it says, and goes on from there."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.replication import roles
from dflite.replication.stream import BrokenStream, StreamEnded
from tests.against.arguments import key
from tests.against.families import ALL
from tests.against.families.hashes import field
from tests.against.programs import CALL, Family, Step, Words
from tests.against.sources import Source
from tests.support.contents import contents
from tests.support.following import Following
from tests.support.node import Node
from tests.support.programs import programs
from tests.support.resp import encode


def stick(source: Source) -> Words:
    return [b"STICK", key(source)]


def expire_soon(source: Source) -> Words:
    return [b"HPEXPIRE", key(source), source.pick((b"1", b"2")), b"FIELDS", b"1", field(source)]


def add_expiring(source: Source) -> Words:
    return [b"SADDEX", key(source), b"1", source.pick((b"a", b"b", b"1"))]


OURS: Final = Family("ours", [(2, stick), (3, expire_soon), (3, add_expiring)])
PAUSES: Final = (1, 2, 100, 1_000, 100_000)
FAMILIES: Final = (*ALL.values(), ALL["hashes"], ALL["sets"], OURS, OURS)


@pytest.mark.parametrize("shards", [1, 3])
@settings(deadline=None)
@given(program=programs(FAMILIES, PAUSES), cuts=st.lists(st.integers(1, 400), max_size=20))
def test_a_replica_holds_what_its_primary_holds(
    program: list[Step | int], cuts: list[int], shards: int
) -> None:
    primary = Node(shards=shards, lane=True)
    following = Following(primary, shards)
    clients = [primary.client() for _ in range(4)]
    for step in program:
        if isinstance(step, int) and step < 5:
            primary.clock.advance(step)  # nobody has looked for what is due
        elif isinstance(step, int):
            primary.advance(step)
        elif step.kind == CALL:
            clients[step.connection].run(*step.requests[0])
        for client in clients:
            client.read_all()
        if cuts:
            following.catch_up(cuts.pop())
            following.reconnect()
    following.catch_up()
    primary.expire_actively()
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
    assert len(primary.db) == len(following.node.db), "an expired key that nobody told of"
    assert following.node.executor.backlog.offset == primary.executor.backlog.offset
    assert following.node.host.logged == []


@pytest.fixture
def primary() -> Node:
    return Node(lane=True)


@pytest.fixture
def following(primary: Node) -> Following:
    return Following(primary)


def test_bytes_count_when_their_request_has_run(primary: Node, following: Following) -> None:
    client = primary.client()
    start = following.node.executor.backlog.offset
    client.run("SET a 1")
    following.catch_up(30)
    applied = following.node.executor.backlog.offset
    assert applied - start == 23  # SELECT 0
    assert following.node.client().run("GET a") is None
    following.catch_up()
    assert following.node.client().run("GET a") == b"1"
    assert following.node.executor.backlog.offset == primary.executor.backlog.offset


def test_a_transaction_counts_as_a_whole(primary: Node, following: Following) -> None:
    client = primary.client()
    reader = following.node.client()
    client.run("SET before 1")
    client.run_all("MULTI", "INCR n", "INCR n", "EXEC")
    size = following.cursor.lag()
    for n in range(size):
        following.catch_up(1)
        assert reader.run("GET n") == (b"2" if n == size - 1 else None)
    assert following.node.executor.backlog.offset == primary.executor.backlog.offset


def test_a_link_that_is_cut_anywhere_does_nothing_twice(primary: Node) -> None:
    following = Following(primary)
    client = primary.client()
    for n in range(20):
        client.run("INCR n")
        client.run_all("MULTI", "RPUSH list x", "INCRBY n 3", "EXEC")
        following.catch_up(17 + n)
        following.reconnect()
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
    assert following.node.client().run("GET n") == b"80"


def test_the_selected_database_outlives_a_cut(primary: Node, following: Following) -> None:
    client = primary.client()
    client.run("SELECT 5")
    client.run("SET a 1")
    following.catch_up()
    following.reconnect()
    client.run("SET b 1")
    following.catch_up()
    reader = following.node.client()
    reader.run("SELECT 5")
    assert reader.run("EXISTS a b") == 2


def test_bytes_are_passed_on_as_they_came(primary: Node, following: Following) -> None:
    passed_on = following.node.executor.backlog.cursor(following.node.executor.backlog.offset)
    original = primary.executor.backlog.cursor(primary.executor.backlog.offset)
    client = primary.client()
    client.run("SET a 1 PX 500")
    client.run_all("MULTI", "DEL a", "SPOP b", "LPUSH l 1", "EXEC")
    while following.cursor.lag():
        following.catch_up(7)
    assert passed_on.take(1 << 20) == original.take(1 << 20)


def test_what_is_due_stays_until_the_primary_says_so(primary: Node, following: Following) -> None:
    client = primary.client()
    client.run("SET n 5 PX 100")
    client.run("HSET h f 1 g 2")
    client.run("HPEXPIRE h 100 FIELDS 1 f")
    following.catch_up()
    node = following.node
    reader = node.client()
    node.advance(1000)
    node.expire_actively()
    assert reader.run("GET n") is None
    assert reader.run("EXISTS n") == 0
    assert reader.run("TTL n") == -2
    assert reader.run("KEYS *") == [b"h"]
    assert reader.run("SCAN 0") == [b"0", [b"h"]]
    assert reader.run("HGETALL h") == [b"g", b"2"]
    assert reader.run("DBSIZE") == 2
    # the primary's clock is behind: to it they are not due
    client.run("INCR n")
    client.run("HINCRBY h f 1")
    client.run("PERSIST n")
    following.catch_up()
    assert reader.run("GET n") == b"6"
    assert contents(node.keyspace) == contents(primary.keyspace)


def test_a_set_with_a_deadline_in_the_past_is_kept(following: Following) -> None:
    node = following.node
    past = str(node.clock.now_ms - 5)
    for words in (
        ["SET", "a", "1", "PXAT", past],
        ["RPUSH", "b", "1"],
        ["PEXPIREAT", "b", past],
        ["HSET", "c", "f", "1"],
        ["HPEXPIREAT", "c", past, "FIELDS", "1", "f"],
    ):
        following.stream.feed(encode(words))
    assert len(node.db) == 3
    assert node.client().run("KEYS *") == [b"c"]
    following.stream.feed(encode(["PERSIST", "a"]))
    assert node.client().run("GET a") == b"1"


def test_no_client_may_write(primary: Node, following: Following) -> None:
    client = following.node.client()
    text = "READONLY You can't write against a read only replica."
    assert client.run("SET a 1") == text
    assert client.run("FLUSHALL") == text
    assert client.run("BLPOP a 0") == text
    assert client.run("MULTI") == "OK"
    assert client.run("SET a 1") == text
    assert client.run("EXEC").code == "EXECABORT"  # type: ignore[attr-defined]
    assert client.run("EVAL", "return redis.pcall('set', 'a', 1)", "0") == text
    assert client.run("EVAL", "return redis.call('get', 'a')", "0") is None
    flagged = "#!lua\nreturn 1"
    assert client.run("EVAL", flagged, "0") == (
        "READONLY Can not run script with write flag on readonly replica."
    )
    assert client.run("EVAL", "#!lua flags=no-writes\nreturn 1", "0") == 1
    assert client.run("PUBLISH c m") == 0
    primary.client().run("EVAL", "redis.call('incr', 'a')", "0")
    following.catch_up()
    assert client.run("GET a") == b"1"


def test_writable_replicas_are_for_who_wants_them(primary: Node, following: Following) -> None:
    node = following.node
    node.executor.read_only = False
    node.executor.observers_changed()
    client = node.client()
    offset = node.executor.backlog.offset
    assert client.run("SET a 1") == "OK"
    assert node.executor.backlog.offset == offset


def writable(following: Following) -> Node:
    node = following.node
    node.executor.read_only = False
    node.executor.observers_changed()
    return node


def pass_time(node: Node, ms: int) -> None:
    node.clock.advance(ms)
    node.expire_actively()


@pytest.mark.parametrize(
    "line",
    ["SET k v PX 50", "PSETEX k 50 v", "GETEX old PX 50", "PEXPIRE old 50"],
)
def test_what_clients_of_a_writable_replica_let_expire_goes(
    primary: Node, following: Following, line: str
) -> None:
    owner = primary.client()
    owner.run("SET old v")
    owner.run("SET theirs v PX 60")
    following.catch_up()
    node = writable(following)
    client = node.client()
    client.run("SET timed v PX 90")
    client.run("SELECT 3")
    client.run("SWAPDB 0 3")
    client.run(line)
    assert sum(len(db.own_deadlines) for db in node.keyspace.dbs) == 2
    pass_time(node, 55)
    assert client.run("DBSIZE") == 3 - (" old" in line)
    assert client.run("EXISTS theirs timed") == 2
    pass_time(node, 40)
    assert client.run("DBSIZE") == 2 - (" old" in line), "that of the primary is for it to delete"
    assert client.run("EXISTS theirs timed") == 0


def test_a_deadline_that_has_moved_on_a_writable_replica_counts(following: Following) -> None:
    node = writable(following)
    client = node.client()
    client.run("SET a v PX 50")
    client.run("PEXPIRE a 500")
    client.run("SET b v PX 50")
    client.run("PERSIST b")
    client.run("SET c v PX 50")
    client.run("RENAME c d")
    client.run("SET e v PX 50")
    client.run("COPY e f")
    pass_time(node, 60)
    assert client.run("DBSIZE") == 2
    pass_time(node, 500)
    assert client.run("DBSIZE") == 1


def test_to_who_writes_to_a_replica_what_is_due_is_gone(
    primary: Node, following: Following
) -> None:
    owner = primary.client()
    owner.run("SET a 5 PX 10")
    owner.run("SET b 5 PX 10")
    owner.run("HSET h f 1")
    owner.run("PEXPIRE h 10")
    following.catch_up()
    node = writable(following)
    node.clock.advance(20)
    client = node.client()
    assert client.run("DBSIZE") == 3
    assert client.run("INCR a") == 1
    assert client.run("TTL a") == -1
    assert client.run("EVAL", "return redis.call('hset', 'h', 'g', 1)", "0") == 1
    assert client.run("HLEN h") == 1
    assert client.run("GET b") is None
    assert client.run("DBSIZE") == 3


def test_a_promoted_replica_tells_of_what_its_clients_let_expire(following: Following) -> None:
    node = writable(following)
    client = node.client()
    client.run("SET a v PX 50")
    node.executor.replication.primary = None
    roles.let_expire(node.executor, True)
    node.executor.observers_changed()
    pass_time(node, 60)
    assert client.run("DBSIZE") == 0


def test_stale_data_are_not_served_unless_they_may_be(following: Following) -> None:
    executor = following.node.executor
    executor.stale = True
    executor.observers_changed()
    client = following.node.client()
    assert client.run("GET a").code == "MASTERDOWN"  # type: ignore[attr-defined]
    assert client.run("PING").code == "MASTERDOWN"  # type: ignore[attr-defined]
    assert client.run("INFO") is not None
    assert client.run("EVAL", "return redis.pcall('get', 'a')", "0") == (
        "ERR Can not execute the command on a stale replica"
    )
    assert client.run("EVAL", "#!lua flags=no-writes\nreturn 1", "0").code == "MASTERDOWN"  # type: ignore[attr-defined]


def test_memory_and_pauses_are_no_reason_to_lag(primary: Node, following: Following) -> None:
    node = following.node
    node.executor.max_memory = 1
    client = node.client()
    client.run("CLIENT PAUSE 10000")
    writer = primary.client()
    for n in range(100):
        writer.run(f"SET k{n} v")
    writer.run("RPUSH l 1 2 3")
    following.catch_up()
    assert contents(node.keyspace) == contents(primary.keyspace)
    node.executor.pausing.end()
    assert node.client().run("GET k1") == b"v"
    assert not node.keyspace.dbs[0].expires_itself


def test_readers_that_wait_are_served(primary: Node, following: Following) -> None:
    reader = following.node.client()
    reader.send("XREAD BLOCK 0 STREAMS s $")
    primary.client().run("XADD s 1-1 f v")
    following.catch_up()
    following.node.pump()
    assert reader.read() == [[b"s", [[b"1-1", [b"f", b"v"]]]]]


def test_what_has_failed_halfway_fails_nowhere_else(primary: Node, following: Following) -> None:
    client = primary.client()
    client.run("SET", "a", b"HYLL\x01" + bytes(10) + b"\x80\x7f\xfe", "EX", "100")
    assert client.run("PFADD", "a", *[f"e{n}" for n in range(3000)]).code == "INVALIDOBJ"  # type: ignore[attr-defined]
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
    assert following.node.host.logged == []


def test_what_fails_here_is_told(following: Following) -> None:
    stream = following.stream
    stream.feed(encode(["SET", "a", "x"]) + encode(["INCR", "a"]) + encode(["NOSUCH", "secret"]))
    assert following.node.host.logged == [
        (
            "warning",
            "== CRITICAL == the primary's 'incr' (1 arguments) failed here: "
            "ERR value is not an integer or out of range",
        ),
        (
            "warning",
            "== CRITICAL == the primary's 'nosuch' (1 arguments) failed here: "
            "ERR unknown command 'NOSUCH', with args beginning with: 'secret' ",
        ),
    ]


def test_a_database_that_is_not_here_ends_it(following: Following) -> None:
    with pytest.raises(BrokenStream, match="dbnum"):
        following.stream.feed(encode(["SELECT", "400"]) + encode(["SET", "a", "1"]))
    assert following.node.client().run("EXISTS a") == 0


def test_what_is_before_a_database_that_is_not_here_counts(following: Following) -> None:
    begun = following.node.executor.backlog.offset
    before = encode(["SET", "a", "1"])
    with pytest.raises(BrokenStream, match="dbnum"):
        following.stream.feed(before + encode(["SELECT", "400"]) + encode(["SET", "b", "1"]))
    assert following.node.client().run("EXISTS a b") == 1
    assert following.node.executor.backlog.offset == begun + len(before)


def test_a_transaction_with_such_a_database_is_not_done_at_all(following: Following) -> None:
    begun = following.node.executor.backlog.offset
    requests = [["MULTI"], ["SET", "a", "1"], ["SELECT", "400"], ["SET", "b", "1"], ["EXEC"]]
    with pytest.raises(BrokenStream, match="dbnum"):
        following.stream.feed(b"".join(encode(words) for words in requests))
    assert following.node.client().run("EXISTS a b") == 0
    assert following.node.executor.backlog.offset == begun


@pytest.mark.parametrize(
    "line",
    [
        "BLPOP none 0",
        "BLMOVE none other LEFT LEFT 0",
        "BRPOPLPUSH none other 0",
        "BZPOPMIN none 0",
        "XREAD BLOCK 0 STREAMS none $",
        "WAIT 5 0",
    ],
)
def test_nothing_waits_in_a_stream(following: Following, line: str) -> None:
    stream = following.stream
    behind = encode(["SET", "a", "1"])
    stream.feed(encode(line.split()) + behind)
    assert following.node.client().run("GET a") == b"1"
    stream.feed(encode(["MULTI"]) + behind + encode(["EXEC"]) + encode(line.split()))
    stream.feed(encode(["SET", "a", "2"]))
    assert following.node.client().run("GET a") == b"2"


@pytest.mark.parametrize("data", [b"*1\r\nPING\r\n", b"*-x\r\n"])
def test_what_is_no_request_ends_it(following: Following, data: bytes) -> None:
    with pytest.raises(BrokenStream, match="no sequence"):
        following.stream.feed(data)


def test_empty_lines_are_nothing(following: Following) -> None:
    following.stream.feed(b"\n\n" + encode(["SET", "a", "1"]))
    assert following.node.client().run("GET a") == b"1"


def test_the_primary_may_ask_how_far_we_are(following: Following) -> None:
    stream = following.stream
    assert not stream.take_asked()
    stream.feed(encode(["REPLCONF", "GETACK", "*"]))
    assert stream.take_asked()
    assert not stream.take_asked()


def test_clients_see_the_primary_among_them(following: Following) -> None:
    client = following.node.client()
    lines = client.run("CLIENT LIST TYPE master")
    assert isinstance(lines, bytes)
    assert b"addr=127.0.0.1:1 " in lines
    assert b" flags=Me " in lines
    assert client.run("CLIENT KILL TYPE master") == 1
    with pytest.raises(StreamEnded, match="killed"):
        following.stream.feed(encode(["SET", "a", "1"]))


def test_a_long_value_comes_in_pieces(primary: Node, following: Following) -> None:
    value = b"x" * 3_000_000
    primary.client().run("SET", "long", value)
    while following.cursor.lag():
        following.catch_up(100_000)
    assert following.node.client().run("GET long") == value


def test_deadlines_of_elements_that_are_gone_are_forgotten(
    primary: Node, following: Following
) -> None:
    client = primary.client()
    for n in range(50):
        client.run(f"HSET h{n} f 1 g 2")
        client.run(f"HPEXPIRE h{n} 100 FIELDS 1 f")
    client.run("HSET late f 1 g 2")
    client.run("HPEXPIRE late 60000 FIELDS 1 f")
    following.catch_up()
    primary.advance(20_000)
    primary.expire_actively()
    following.catch_up()
    node = following.node
    node.expire_actively()
    deadlines = node.keyspace.dbs[0].element_deadlines
    assert set(deadlines.first) == {b"late"}
    deadlines.check()


def test_what_comes_for_a_killed_client_does_not_count(primary: Node, following: Following) -> None:
    primary.client().run("SET k 1")
    following.catch_up()
    offset = following.node.executor.backlog.offset
    assert following.node.client().run("CLIENT KILL TYPE master") == 1
    primary.client().run("SET k 2")
    with pytest.raises(StreamEnded):
        following.catch_up()
    assert following.node.executor.backlog.offset == offset
    following.reconnect()
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
