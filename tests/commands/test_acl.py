"""ACL: users, what was refused, files."""

import pytest

from dflite.base.conversation_errors import (
    BadPasswordBits,
    BadUserName,
    DefaultUserStays,
    NoUserFile,
    WrongPass,
)
from dflite.engine.acl_users import password_hash
from tests.support.node import Node, NodeClient

HASH = password_hash(b"p").decode()


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def admin(node: Node) -> NodeClient:
    return node.client()


def login(node: Node, name: str = "u", password: str = "p") -> NodeClient:
    client = node.client()
    assert client.run(f"AUTH {name} {password}") == "OK"
    return client


def entry_of(admin: NodeClient) -> dict[bytes, object]:
    """The newest entry of ACL LOG."""
    admin.run("HELLO 3")
    entries = admin.run("ACL LOG 1")
    assert isinstance(entries, list)
    entry = entries[0]
    assert isinstance(entry, dict)
    return entry


# -- users -----------------------------------------------------------------------------------------


def test_setuser_makes_a_user_and_changes_it(node: Node, admin: NodeClient) -> None:
    assert admin.run("ACL SETUSER u") == "OK"
    assert admin.run("ACL SETUSER u on >p ~a* (+set ~b)") == "OK"
    assert admin.run("ACL LIST") == [
        b"user default on nopass ~* &* +@all",
        f"user u on #{HASH} ~a* resetchannels -@all (~b resetchannels -@all +set)".encode(),
    ]
    assert admin.run("ACL USERS") == [b"default", b"u"]


def test_setuser_takes_all_rules_or_none(admin: NodeClient) -> None:
    assert admin.run("ACL SETUSER u on +nosuch") == (
        "ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL"
    )
    assert admin.run("ACL SETUSER u on (+get") == (
        "ERR Unmatched parenthesis in acl selector starting at '(+get'."
    )
    assert admin.run(b"ACL", b"SETUSER", b"a b") == BadUserName
    assert admin.run("ACL USERS") == [b"default"]


def test_getuser_tells_all_of_a_user(admin: NodeClient) -> None:
    admin.run("HELLO 3")
    admin.run("ACL SETUSER u on nopass ~a %R~b &c +get db=1 (+@all resetdbs)")
    assert admin.run("ACL GETUSER u") == {
        b"flags": {b"on", b"nopass"},
        b"passwords": [],
        b"commands": b"-@all +get",
        b"keys": b"~a %R~b",
        b"channels": b"&c",
        b"databases": b"db=1",
        b"selectors": [
            {b"commands": b"+@all", b"keys": b"", b"channels": b"", b"databases": b""},
        ],
    }
    assert admin.run("ACL GETUSER nobody") is None


def test_changes_reach_connected_clients_at_once(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on >p +@all ~*")
    client = login(node)
    assert client.run("GET a") is None
    admin.run("ACL SETUSER u -get")
    assert client.run("GET a") == "NOPERM User u has no permissions to run the 'get' command"
    admin.run("ACL SETUSER u +get resetkeys")
    assert client.run("GET a") == "NOPERM No permissions to access a key"


def test_a_rotation_works_with_both_passwords_and_then_with_the_new_one(
    node: Node, admin: NodeClient
) -> None:
    admin.run("ACL SETUSER default resetpass >old")
    assert admin.run("ACL SETUSER default ON >old >new ~* +@ALL") == "OK"
    assert node.client().run("AUTH old") == "OK"
    assert node.client().run("AUTH new") == "OK"
    admin.run("ACL SETUSER default <old")
    assert node.client().run("AUTH old") == WrongPass
    assert node.client().run("AUTH default new") == "OK"
    assert node.client().run("PING") == "NOAUTH Authentication required."
    assert admin.run("PING") == "PONG"


def test_who_is_off_cannot_come_in_but_stays(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on nopass +ping")
    client = login(node)
    admin.run("ACL SETUSER u off")
    assert client.run("PING") == "PONG"
    assert node.client().run("AUTH u x") == WrongPass


def test_deluser_cuts_off_those_who_were_that_user(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on nopass +@all")
    admin.run("ACL SETUSER v on nopass +@all")
    gone, other = login(node, "u"), login(node, "v")
    assert admin.run("ACL DELUSER u nobody") == 1
    assert gone.closed
    assert other.run("PING") == "PONG"
    assert admin.run("ACL DELUSER v default") == DefaultUserStays
    assert admin.run("ACL USERS") == [b"default", b"v"]


def test_who_deletes_himself_hears_so(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on nopass +@all")
    client = login(node)
    assert client.run("ACL DELUSER u") == 1
    assert client.closed


def test_subscribers_are_cut_off_when_their_channel_is_taken_away(
    node: Node, admin: NodeClient
) -> None:
    admin.run("ACL SETUSER u on nopass +@all &a &b* &c")
    one, pattern, shard, idle = [login(node) for _ in range(4)]
    one.run("SUBSCRIBE a")
    pattern.run("PSUBSCRIBE b*")
    shard.run("SSUBSCRIBE c")
    admin.run("ACL SETUSER u ~x &d")
    admin.run("ACL SETUSER u resetchannels &a &b* &c")
    assert not any(client.closed for client in (one, pattern, shard))
    admin.run("ACL SETUSER u resetchannels &b &c")
    assert (one.closed, pattern.closed, shard.closed) == (True, True, False)
    admin.run("ACL SETUSER u resetchannels")
    assert shard.closed
    assert not idle.closed


def test_whoami(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on nopass +acl")
    assert admin.run("ACL WHOAMI") == b"default"
    client = login(node)
    assert client.run("ACL WHOAMI") == b"u"
    client.run("RESET")
    assert client.run("ACL WHOAMI") == b"default"


def test_a_user_of_one_database_begins_there(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on nopass +@all ~* $3")
    client = login(node)
    client.run("SET k v")
    assert node.keyspace.dbs[3].exists(b"k")
    assert client.run("SELECT 0") == "NOPERM No permissions to access database"


def test_dryrun_says_what_a_request_would_meet(admin: NodeClient) -> None:
    admin.run("ACL SETUSER u +get +publish ~a &c")
    assert admin.run("ACL DRYRUN u GET a") == "OK"
    assert admin.run("ACL DRYRUN u GET b") == (b"User u has no permissions to access the 'b' key")
    assert admin.run("ACL DRYRUN u PUBLISH d x") == (
        b"User u has no permissions to access the 'd' channel"
    )
    assert admin.run("ACL DRYRUN u SET a x") == (
        b"User u has no permissions to run the 'set' command"
    )
    assert admin.run("ACL DRYRUN u GET") == "ERR wrong number of arguments for 'get' command"
    assert admin.run("ACL DRYRUN u nosuch") == "ERR Command 'nosuch' not found"
    assert admin.run("ACL DRYRUN nobody GET a") == "ERR User 'nobody' not found"


# -- what was refused ------------------------------------------------------------------------------


def test_the_log_tells_who_was_refused_what(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on >p +get ~a")
    client = login(node)
    client.run("GET b")
    node.advance(1500)
    client.run("GET b")
    node.advance(250)
    entry = entry_of(admin)
    info = entry.pop(b"client-info")
    assert isinstance(info, bytes)
    assert info.startswith(b"id=%d addr=" % client.id)
    assert b" user=u " in info
    assert entry == {
        b"count": 2,
        b"reason": b"key",
        b"context": b"toplevel",
        b"object": b"b",
        b"username": b"u",
        b"age-seconds": 0.25,
        b"entry-id": 0,
        b"timestamp-created": node.clock.now_ms - 1750,
        b"timestamp-last-updated": node.clock.now_ms - 250,
    }


@pytest.mark.parametrize(
    ("request_", "reason", "subject"),
    [
        ("SET a x", b"command", b"set"),
        ("CONFIG GET x", b"command", b"config|get"),
        ("GET b", b"key", b"b"),
        ("PUBLISH d x", b"channel", b"d"),
        ("SELECT 1", b"database", b"1"),
        ("AUTH nobody secret-word", b"auth", b"AUTH"),
        ("HELLO 3 AUTH nobody secret-word", b"auth", b"HELLO"),
    ],
)
def test_the_log_knows_each_reason(
    node: Node, admin: NodeClient, request_: str, reason: bytes, subject: bytes
) -> None:
    admin.run("ACL SETUSER u on >p +get +publish +select ~a &c db=0")
    login(node).run(request_)
    entry = entry_of(admin)
    assert (entry[b"reason"], entry[b"object"]) == (reason, subject)
    assert b"secret-word" not in repr(entry).encode()


def test_the_log_tells_of_transactions(node: Node, admin: NodeClient) -> None:
    admin.run("ACL SETUSER u on >p +@all ~*")
    client = login(node)
    client.run("MULTI")
    client.run("GET b")
    admin.run("ACL SETUSER u resetkeys")
    client.run("EXEC")
    entry = entry_of(admin)
    assert (entry[b"context"], entry[b"object"]) == (b"multi", b"b")


def test_the_log_is_forgotten_when_asked(node: Node, admin: NodeClient) -> None:
    node.client().run("AUTH nobody x")
    assert len(admin.run("ACL LOG")) == 1  # type: ignore[arg-type]
    assert admin.run("ACL LOG 0") == []
    assert admin.run("ACL LOG -1") == []
    assert admin.run("ACL LOG RESET") == "OK"
    assert admin.run("ACL LOG") == []


# -- files -----------------------------------------------------------------------------------------


def test_without_a_file_there_is_nothing_to_load_or_save(admin: NodeClient) -> None:
    assert admin.run("ACL LOAD") == NoUserFile
    assert admin.run("ACL SAVE") == NoUserFile


def test_what_is_saved_can_be_loaded(node: Node, admin: NodeClient) -> None:
    node.host.users_file = b""
    admin.run("ACL SETUSER u on >p ~a %R~b &c +@read -get +select|0 db=1,2 (+set ~d) ($3)")
    before = admin.run("ACL LIST")
    assert admin.run("ACL SAVE") == "OK"
    admin.run("ACL SETUSER u reset")
    admin.run("ACL SETUSER v")
    assert admin.run("ACL LOAD") == "OK"
    assert admin.run("ACL LIST") == before


def test_load_takes_dragonflys_spelling(node: Node, admin: NodeClient) -> None:
    node.host.users_file = b"# a comment\n\nUSER default ON >old >new ~* +@ALL\n"
    assert admin.run("ACL LOAD") == "OK"
    assert node.client().run("AUTH old") == "OK"
    assert node.client().run("AUTH new") == "OK"
    assert node.client().run("PING") == "NOAUTH Authentication required."


def test_a_file_with_something_wrong_changes_nothing(node: Node, admin: NodeClient) -> None:
    node.host.users_file = (
        b"user u on >secret-word +@all\nuser u on\nfoo\nuser v >secret-word <secret-wort foo\n"
        b"user w +nosuch\nuser x (+get\n"
    )
    reply = admin.run("ACL LOAD")
    text = repr(reply)
    for part in (
        "Duplicate user 'u' found on line 2",
        ":3 should start with user keyword",
        ":4: The password you are trying to remove from the user does not exist. ",
        ":5: Error in applying operation '+nosuch': Unknown command or category name in ACL. ",
        ":6: Unmatched parenthesis in selector definition.",
        "WARNING: ACL errors detected, no change",
    ):
        assert part in text
    assert "secret-wor" not in text
    assert admin.run("ACL USERS") == [b"default"]


def test_load_cuts_off_only_those_concerned(node: Node, admin: NodeClient) -> None:
    for name in ("a", "b", "c", "d"):
        admin.run(f"ACL SETUSER {name} on nopass +@all &x")
    gone, kept, listener, other = [login(node, name) for name in ("a", "b", "c", "d")]
    listener.run("SUBSCRIBE x")
    other.run("SUBSCRIBE x")
    node.host.users_file = (
        b"user b on nopass +get\nuser c on nopass +@all\nuser d on nopass &x +@all"
    )
    assert admin.run("ACL LOAD") == "OK"
    assert (gone.closed, kept.closed, listener.closed, other.closed) == (True, False, True, False)
    assert kept.run("PING") == "NOPERM User b has no permissions to run the 'ping' command"
    assert admin.run("PING") == "PONG"


def test_a_file_without_the_default_user_does_not_open_the_server(
    node: Node, admin: NodeClient
) -> None:
    admin.run("ACL SETUSER default resetpass >secret")
    node.host.users_file = b"user u on nopass +@all\n"
    assert admin.run("ACL LOAD") == "OK"
    assert node.client().run("PING") == "NOAUTH Authentication required."


def test_a_public_endpoint_is_never_opened(node: Node, admin: NodeClient) -> None:
    node.executor.users.require([b"secret"])
    node.executor.users.never_open = True
    node.host.users_file = b"user default on nopass\nuser u on\n"
    client = node.client()
    client.run("AUTH secret")
    refusal = "ERR a public endpoint needs a passkey: each user must have a password, or be off"
    assert client.run("ACL SETUSER default nopass") == refusal
    assert client.run("ACL SETUSER guest on nopass +@all") == refusal
    assert client.run("ACL LOAD") == refusal
    assert client.run("ACL SETUSER default off nopass") == "OK"
    assert client.run("ACL USERS") == [b"default"]


# -- what there is ---------------------------------------------------------------------------------


def test_cat_lists_categories_and_their_commands(admin: NodeClient) -> None:
    categories = admin.run("ACL CAT")
    assert isinstance(categories, list)
    assert categories[:2] == [b"keyspace", b"read"]
    commands = admin.run("ACL CAT String")
    assert isinstance(commands, list)
    assert b"get" in commands
    assert b"lpush" not in commands
    assert b"config|set" in admin.run("ACL CAT dangerous")  # type: ignore[operator]
    assert admin.run("ACL CAT nosuch") == "ERR Unknown category 'nosuch'"


@pytest.mark.parametrize(("bits", "digits"), [("", 64), ("1", 1), ("5", 2), ("4096", 1024)])
def test_genpass_makes_as_many_digits_as_the_bits_need(
    admin: NodeClient, bits: str, digits: int
) -> None:
    made = admin.run(f"ACL GENPASS {bits}")
    assert isinstance(made, bytes)
    assert len(made) == digits
    assert int(made, 16) >= 0


def test_genpass_knows_its_limits(admin: NodeClient) -> None:
    assert admin.run("ACL GENPASS 0") == BadPasswordBits
    assert admin.run("ACL GENPASS 4097") == BadPasswordBits


def test_too_many_words_are_told(admin: NodeClient) -> None:
    for request in ("ACL CAT a b", "ACL GENPASS 1 2", "ACL LOG 1 2"):
        word = request.split()[1]
        assert admin.run(request) == (
            f"ERR unknown subcommand or wrong number of arguments for '{word}'. Try ACL HELP."
        )


def test_help_lists_the_subcommands(admin: NodeClient) -> None:
    lines = admin.run("ACL HELP")
    assert isinstance(lines, list)
    assert "DELUSER username [username ...]" in lines
