"""One test a command: who may not run it, or may not touch its key, is refused and changes nothing.

A sample request is made of the command's usage line: a word for each argument that must be there.
"""

from typing import Final

import pytest

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.engine.command import NO_AUTH, NOT_KEY, Command, every_command
from tests.support.node import Error, Node

# Requests whose keys a few words do not make.
SAMPLES: Final[dict[str, str]] = {
    "bitop": "BITOP AND key key",
    "blmpop": "BLMPOP 0 1 key LEFT",
    "blpop": "BLPOP key 0",
    "brpop": "BRPOP key 0",
    "bzmpop": "BZMPOP 0 1 key MIN",
    "bzpopmax": "BZPOPMAX key 0",
    "bzpopmin": "BZPOPMIN key 0",
    "eval": "EVAL script 1 key",
    "eval_ro": "EVAL_RO script 1 key",
    "evalsha": "EVALSHA sha 1 key",
    "evalsha_ro": "EVALSHA_RO sha 1 key",
    "fcall": "FCALL function 1 key",
    "fcall_ro": "FCALL_RO function 1 key",
    "georadius": "GEORADIUS key 1 1 1 m",
    "georadiusbymember": "GEORADIUSBYMEMBER key a 1 m",
    "lmpop": "LMPOP 1 key LEFT",
    "migrate": "MIGRATE host 1 key 0 1",
    "msetex": "MSETEX 1 key value",
    "sintercard": "SINTERCARD 1 key",
    "xread": "XREAD STREAMS key 0",
    "xreadgroup": "XREADGROUP GROUP group consumer STREAMS key >",
    "zdiff": "ZDIFF 1 key",
    "zdiffstore": "ZDIFFSTORE key 1 key",
    "zinter": "ZINTER 1 key",
    "zintercard": "ZINTERCARD 1 key",
    "zinterstore": "ZINTERSTORE key 1 key",
    "zmpop": "ZMPOP 1 key MIN",
    "zunion": "ZUNION 1 key",
    "zunionstore": "ZUNIONSTORE key 1 key",
}
PUBSUB: Final = {
    "publish": "PUBLISH channel x",
    "spublish": "SPUBLISH channel x",
    "subscribe": "SUBSCRIBE channel",
    "psubscribe": "PSUBSCRIBE channel",
    "ssubscribe": "SSUBSCRIBE channel",
}
ALWAYS_ALLOWED: Final = {"auth", "hello", "quit", "reset"}
ROWS: Final = [row for row in every_command() if row.handler is not None]
WITH_KEYS: Final = [
    row for row in ROWS if row.find_keys is not None or any(not s.flags & NOT_KEY for s in row.keys)
]


def sample(row: Command) -> list[bytes]:
    """A request that is long enough; every word behind the name is `key` unless it must not be."""
    if row.name in SAMPLES:
        return SAMPLES[row.name].encode().split()
    if row.name in PUBSUB:
        return PUBSUB[row.name].encode().split()
    words = row.name.upper().split("|")
    words += ["key"] * (abs(row.arity) - len(words))
    return [word.encode() for word in words]


def state(node: Node) -> object:
    return (
        [
            (client.id, client.conn.database, client.listening, client.queue)
            for client in node.executor.clients.values()
        ],
        node.db.exists(b"key"),
        len(node.executor.users.by_name),
    )


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_a_user_without_the_command_is_refused(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    node = Node(journal=False)
    node.host.settings.enable_debug_command = "yes"
    node.host.settings.enable_module_command = "yes"
    admin, client = node.client(), node.client()
    admin.run("SET key value")
    admin.run(f"ACL SETUSER u on nopass +@all ~* &* -{name}")
    client.run("AUTH u x")
    before = state(node)
    if row.flags & NO_AUTH:
        assert name in ALWAYS_ALLOWED
        return
    reply = client.run(*sample(row))
    aborted = "EXECABORT Transaction discarded because of: " if name == "exec" else ""
    assert reply == f"{aborted}NOPERM User u has no permissions to run the '{name}' command"
    assert state(node) == before
    assert admin.run("GET key") == b"value"


@pytest.mark.parametrize("name", [row.name for row in WITH_KEYS])
def test_a_user_without_the_key_is_refused(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    argv = sample(row)
    assert row.key_positions(argv) or name == "pfmerge", f"{name} needs a sample that names a key"
    node = Node(journal=False)
    admin, client = node.client(), node.client()
    admin.run("SET key value")
    admin.run("ACL SETUSER u on nopass +@all ~other &*")
    client.run("AUTH u x")
    before = state(node)
    assert client.run(*argv) == "NOPERM No permissions to access a key"
    assert state(node) == before
    assert admin.run("GET key") == b"value"
    # and with the key alone: whatever the answer is, it is not that
    admin.run("ACL SETUSER u ~*")
    last = admin.run("ACL", "DRYRUN", "u", *argv)
    assert last == "OK"


@pytest.mark.parametrize("name", sorted(PUBSUB))
def test_a_user_without_the_channel_is_refused(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    node = Node(journal=False)
    admin, client = node.client(), node.client()
    admin.run("ACL SETUSER u on nopass +@all ~* &other")
    client.run("AUTH u x")
    assert client.run(*sample(row)) == "NOPERM No permissions to access a channel"
    assert client.state.listening is None


def test_every_command_with_channels_is_among_those_tried() -> None:
    assert {row.name for row in ROWS if row.channels} == set(PUBSUB)


def test_who_may_is_not_refused_by_his_own_keys() -> None:
    node = Node(journal=False)
    admin, client = node.client(), node.client()
    admin.run("ACL SETUSER u on nopass +@all ~key ~a* &c")
    client.run("AUTH u x")
    for request in ("SET key 1", "GET key", "MSET key 1 a1 2", "PUBLISH c x", "DEL key a1"):
        assert not isinstance(client.run(request), Error)
