"""EVAL and its kin, SCRIPT."""

from hashlib import sha1

import pytest

from dflite.base.script_errors import NegativeKeyCount, NoScript
from tests.support.node import Error, Node, NodeClient

BODY = "return {KEYS[1], ARGV[1]}"
DIGEST = sha1(BODY.encode()).hexdigest()


@pytest.fixture
def client() -> NodeClient:
    return Node().client()


def test_a_script_by_its_text_and_by_its_digest(client: NodeClient) -> None:
    assert client.run("EVALSHA", DIGEST, "1", "k", "a") == NoScript
    assert client.run("EVAL", BODY, "1", "k", "a") == [b"k", b"a"]
    assert client.run("EVALSHA", DIGEST, "1", "k", "a") == [b"k", b"a"]
    assert client.run("EVALSHA_RO", DIGEST, "1", "k", "a") == [b"k", b"a"]
    assert client.run("EVALSHA", "short", "0") == NoScript


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ("x", b"ERR value is not an integer or out of range"),
        ("2", b"ERR Number of keys can't be greater than number of args"),
        ("-1", NegativeKeyCount.text),
    ],
)
def test_the_number_of_keys_is_checked(client: NodeClient, keys: str, error: bytes) -> None:
    assert client.run("EVAL", "return 1", keys, "k") == Error(error)


def test_an_error_names_script_and_line(client: NodeClient) -> None:
    body = "return redis.call('incr', 'a', 'b')"
    digest = sha1(body.encode()).hexdigest()
    assert client.run("EVAL", body, "0") == (
        "ERR Wrong number of args calling Redis command from script script: "
        f"{digest}, on @user_script:1."
    )
    assert client.run("EVAL", "return (", "0") == Error(
        b"ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'"
    )


def test_the_cache(client: NodeClient) -> None:
    assert client.run("SCRIPT", "LOAD", BODY) == DIGEST.encode()
    assert client.run("SCRIPT", "SHOW", DIGEST) == BODY.encode()
    assert client.run("SCRIPT", "SHOW", "0" * 40) == Error(b"NOSCRIPT No matching script.")
    assert client.run("SCRIPT", "EXISTS", DIGEST, "x") == [1, 0]
    assert client.run("SCRIPT FLUSH ASYNC") == "OK"
    assert client.run("SCRIPT FLUSH LATER") == Error(
        b"ERR SCRIPT FLUSH only support SYNC|ASYNC option"
    )
    assert client.run("SCRIPT", "EXISTS", DIGEST) == [0]


def test_there_is_nothing_to_kill_and_no_debugger(client: NodeClient) -> None:
    assert client.run("SCRIPT KILL") == Error(b"NOTBUSY No scripts in execution right now.")
    assert isinstance(client.run("SCRIPT DEBUG YES"), Error)
    assert client.run("SCRIPT DEBUG NO") == "OK"
    assert isinstance(client.run("SCRIPT DEBUG MAYBE"), Error)
    assert "SCRIPT <subcommand>" in str(client.run("SCRIPT HELP"))


def test_resp3_reaches_the_client(client: NodeClient) -> None:
    client.run("HELLO 3")
    client.run("HSET h a 1")
    script = "redis.setresp(3) return redis.call('hgetall', 'h')"
    assert client.run("EVAL", script, "0") == {b"a": b"1"}
    assert client.run("EVAL", "return redis.call('hgetall', 'h')", "0") == [b"a", b"1"]
