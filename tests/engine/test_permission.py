"""What a client must be allowed before its request is run."""

from dflite.engine.acl_rules import new_user, with_rules
from tests.support.node import WAITING, Node

LATER = (
    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
    "call. This command is no longer allowed for the following reason: "
)


def test_a_user_is_refused_what_its_rules_do_not_allow() -> None:
    node = Node()
    client = node.client()
    client.run("SET a 1")
    client.state.user = with_rules(new_user(b"u", False), [b"+get", b"~b"], False)
    assert client.run("GET b") is None
    assert client.run("GET a") == "NOPERM No permissions to access a key"
    assert client.run("DEL a") == "NOPERM User u has no permissions to run the 'del' command"


def test_what_was_queued_is_checked_again_by_exec() -> None:
    node = Node()
    client = node.client()
    user = with_rules(new_user(b"u", False), [b"+@all", b"~*", b"&*"], False)
    client.state.user = user
    client.run("MULTI")
    client.run("GET a")
    client.run("SET a 1")
    client.run("PUBLISH c x")
    user.become(with_rules(user, [b"-get", b"resetkeys", b"resetchannels"], False))
    assert client.run("EXEC") == [
        LATER + "no permission to execute the command or subcommand",
        LATER + "no permission to touch the specified keys",
        LATER + "no permission to access one of the channels used as arguments",
    ]
    assert not node.db.exists(b"a")


def test_what_may_not_be_queued_breaks_the_transaction() -> None:
    node = Node()
    client = node.client()
    client.state.user = with_rules(new_user(b"u", False), [b"+@all", b"-get"], False)
    client.run("MULTI")
    assert client.run("GET a") == "NOPERM User u has no permissions to run the 'get' command"
    assert client.run("EXEC") == "EXECABORT Transaction discarded because of previous errors."


def test_who_waits_is_checked_again_when_served() -> None:
    node = Node()
    admin, client = node.client(), node.client()
    admin.run("ACL SETUSER u on nopass +@all ~*")
    client.run("AUTH u x")
    assert client.run("BLPOP l 0") is WAITING
    admin.run("ACL SETUSER u resetkeys")
    admin.run("RPUSH l a")
    assert client.read_all() == ["NOPERM No permissions to access a key"]
    assert admin.run("LLEN l") == 1
    assert client.run("PING") == "PONG"


def test_sorting_by_other_keys_is_for_those_who_may_read_all() -> None:
    node = Node()
    client = node.client()
    client.run("RPUSH l 1 2")
    client.state.user = with_rules(new_user(b"u", False), [b"+@all", b"~l", b"~w*"], False)
    refused = "ERR BY option of SORT denied due to insufficient ACL permissions."
    assert client.run("SORT l BY w*") == refused
    assert client.run("SORT_RO l BY w*") == refused
    assert client.run("SORT l GET #") == refused.replace("BY", "GET")
    assert client.run("SORT l BY nosort") == [b"1", b"2"]
    client.state.user = with_rules(new_user(b"u", False), [b"+@all", b"%R~*"], False)
    assert client.run("SORT_RO l BY w*") == [b"1", b"2"]
