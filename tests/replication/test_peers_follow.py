"""Real Redis and Valkey as replicas: after anything at all they hold what their primary holds."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.against.families import ALL
from tests.against.programs import CALL, draw_step
from tests.against.sources import SeededSource
from tests.support.connection import Connection
from tests.support.resp import Reply
from tests.support.servers import Server, start_dflite, start_redis, start_valkey, wait_until

REQUESTS: Final = 3000
BATCH: Final = 200
FAMILIES: Final = [
    ALL[name]
    for name in (
        "strings", "bitmaps", "hyperloglog", "geo", "hashes", "lists", "sets", "zsets", "streams",
        "keys", "dumps", "sort", "scripts",
    )
]  # fmt: skip
# Would wait, end the server, or change what others see of it.
NOT_HERE: Final = (b"SHUTDOWN", b"CONFIG", b"DEBUG", b"WAIT", b"CLIENT", b"FUNCTION", b"FCALL")
BLOCKING: Final = (
    b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BLMPOP", b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP",
)  # fmt: skip


@pytest.fixture
def primary() -> Iterator[Server]:
    with start_dflite("--enable_debug_command=yes", "--repl_diskless_sync_delay=0") as server:
        yield server


def requests(seed: int, count: int, known: set[bytes]) -> list[list[bytes]]:
    """Requests of all families that a server which knows these commands can repeat."""
    source = SeededSource(seed)
    found: list[list[bytes]] = []
    while len(found) < count:
        step = draw_step(source, FAMILIES)
        if step.kind != CALL:
            continue
        argv = list(step.requests[0])
        name = argv[0].upper()
        if b"HEXPIRE" not in known and (
            name == b"RESTORE" or b"BYPOLYGON" in [word.upper() for word in argv]
        ):
            continue  # the payload, or the option, is of a younger version
        if name in known and name not in NOT_HERE and name not in BLOCKING:
            if name in (b"XREAD", b"XREADGROUP"):
                argv = [word for word in argv if word.upper() != b"BLOCK" or word in argv[:1]]
            found.append(argv)
    return found


def text_of(reply: Reply) -> bytes:
    """A bulk string's, as an item of a list."""
    return reply.data


def commands_of(server: Server) -> set[bytes]:
    names = server.call("COMMAND", "LIST")
    assert isinstance(names, list)
    return {text_of(name).upper() for name in names}


def info(server: Server, section: str) -> dict[str, str]:
    text = server.call("INFO", section)
    assert isinstance(text, bytes)
    return dict(line.split(":", 1) for line in text.decode().splitlines() if ":" in line)


def caught_up(primary: Server, replica: Server) -> bool:
    mine, theirs = info(primary, "replication"), info(replica, "replication")
    return (
        theirs["master_link_status"] == "up"
        and mine["master_repl_offset"] == theirs["slave_repl_offset"]
    )


def follow(replica: Server, primary: Server) -> None:
    replica.call("REPLICAOF", "127.0.0.1", primary.port)
    wait_until(lambda: info(replica, "replication")["master_link_status"] == "up", 30)


def play(primary: Server, program: list[list[bytes]]) -> None:
    with primary.connect(30) as client:
        for at in range(0, len(program), BATCH):
            client.pipeline(program[at : at + BATCH])


def value_at(client: Connection, key: bytes) -> object:
    """What is at key, as something to compare: each spells scores in its own way."""
    if client.call("TYPE", key).value == b"zset":
        words = client.call("ZRANGE", key, 0, -1, "WITHSCORES").value
        assert isinstance(words, list)
        texts = [text_of(word) for word in words]
        return list(zip(texts[::2], map(float, texts[1::2]), strict=True))
    return client.call("DEBUG", "DIGEST-VALUE", key).value


def assert_same(primary: Server, replica: Server) -> None:
    wait_until(lambda: caught_up(primary, replica), 30, "the replica catches up")
    for database in range(16):
        keys = []
        for server in (primary, replica):
            with server.connect(30) as client:
                client.call("SELECT", database)
                found = client.call("KEYS", "*").value
                assert isinstance(found, list)
                keys.append(sorted(text_of(key) for key in found))
        assert keys[0] == keys[1], f"database {database}"
        with primary.connect(30) as one, replica.connect(30) as other:
            for client in (one, other):
                client.call("SELECT", database)
            for key in keys[0]:
                values = [str(value_at(client, key)) for client in (one, other)]
                assert values[0] == values[1], (database, key)
                deadlines = [c.call("PEXPIRETIME", key).value for c in (one, other)]
                assert deadlines[0] == deadlines[1], (database, key)


@pytest.mark.parametrize("start", [start_redis, start_valkey], ids=["redis", "valkey"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_peer_that_follows_holds_the_same(
    primary: Server, start: Callable[..., Server], seed: int
) -> None:
    with start() as replica:
        known = commands_of(replica)
        play(primary, requests(seed, REQUESTS, known))
        follow(replica, primary)  # a full sync of what is there
        assert_same(primary, replica)
        play(primary, requests(seed + 100, REQUESTS, known))  # the stream
        assert_same(primary, replica)


@pytest.mark.parametrize("start", [start_redis, start_valkey], ids=["redis", "valkey"])
def test_a_peer_that_was_cut_off_goes_on(primary: Server, start: Callable[..., Server]) -> None:
    with start() as replica:
        known = commands_of(replica)
        follow(replica, primary)
        for seed in range(5):
            play(primary, requests(seed, 300, known))
            primary.call("CLIENT", "KILL", "TYPE", "replica")
            play(primary, requests(seed + 50, 300, known))
        wait_until(lambda: info(replica, "replication")["master_link_status"] == "up", 30)
        assert_same(primary, replica)
        stats = info(primary, "stats")
        assert int(stats["sync_full"]) == 1
        assert int(stats["sync_partial_ok"]) >= 1
