"""CONFIG: the commands; what settings do stands in tests/settings."""

from dflite.base.errors import BadSyntax, WrongArity
from tests.support.node import Error, Node, NodeClient
from tests.support.resp import ARRAY, MAP


def test_get_answers_a_map_of_names_and_texts(client: NodeClient) -> None:
    assert client.run_exactly("CONFIG GET timeout").kind == ARRAY
    client.run("HELLO 3")
    assert client.run_exactly("CONFIG GET timeout").kind == MAP
    assert client.run("CONFIG GET timeout MAXMEMORY") == {b"timeout": b"0", b"MAXMEMORY": b"0"}


def test_get_takes_patterns_and_passes_over_what_it_does_not_know(client: NodeClient) -> None:
    client.run("HELLO 3")
    found = client.run("CONFIG GET slowlog-* nosuch time?ut")
    assert isinstance(found, dict)
    assert set(found) == {b"slowlog-log-slower-than", b"slowlog-max-len", b"timeout"}
    assert client.run("CONFIG GET nosuch") == {}


def test_set_changes_all_or_nothing(client: NodeClient) -> None:
    client.run("HELLO 3")
    assert client.run("CONFIG SET timeout 5 maxclients 20") == "OK"
    failed = client.run("CONFIG SET timeout 7 maxclients many")
    assert isinstance(failed, Error)
    assert client.run("CONFIG GET timeout maxclients") == {b"timeout": b"5", b"maxclients": b"20"}


def test_set_refuses_in_redis_words(client: NodeClient) -> None:
    assert client.run("CONFIG SET nosuch 1") == (
        "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"
    )
    assert client.run("CONFIG SET timeout 1 maxclients") == BadSyntax
    assert client.run("CONFIG SET timeout") == WrongArity
    assert client.run("CONFIG SET timeout abc") == (
        "ERR CONFIG SET failed (possibly related to argument 'timeout') - "
        "argument couldn't be parsed into an integer"
    )


def test_words_that_are_no_utf8_go_through(client: NodeClient) -> None:
    assert client.run("CONFIG", "SET", "masterauth", b"\xff\xfe") == "OK"
    assert client.run("CONFIG GET masterauth") == [b"masterauth", b"\xff\xfe"]


def test_a_protected_setting_is_not_for_strangers(node: Node) -> None:
    node.host.settings.enable_protected_configs = "local"
    near, far = node.client(), node.client()
    far.state.addr = "192.0.2.7:4000"
    assert near.run("CONFIG SET dbfilename a.rdb") == "OK"
    refusal = far.run("CONFIG SET dbfilename b.rdb")
    assert isinstance(refusal, Error)
    assert b"can't set protected config" in refusal.text


def test_resetstat_and_rewrite_are_the_hosts(node: Node, client: NodeClient) -> None:
    assert client.run("CONFIG RESETSTAT") == "OK"
    assert client.run("CONFIG REWRITE") == "OK"
    assert (node.host.resets, node.host.rewrites) == (1, 1)
    assert client.run("CONFIG RESETSTAT now") == WrongArity


def test_help_names_every_subcommand(client: NodeClient) -> None:
    lines = client.run("CONFIG HELP")
    assert isinstance(lines, list)
    words = {line.split(" ")[0] for line in lines}
    assert {"GET", "SET", "RESETSTAT", "REWRITE", "HELP"} <= words
    assert client.run("CONFIG NOSUCH") == "ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP."
