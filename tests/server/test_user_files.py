"""Users at the start, and where they are kept."""

from pathlib import Path

import pytest

from dflite.base.conversation_errors import NoUserFile, UserFileProblem
from dflite.server.user_files import UsersProblem, lines_of_users, load_users, read_user_file
from dflite.settings.settings import Settings
from tests.support.node import Node


def started(settings: Settings) -> Node:
    """A node as these settings make it."""
    node = Node()
    if settings.requirepass:
        node.executor.users.require([settings.requirepass.encode()])
    load_users(node.executor, settings)
    return node


def with_file(tmp_path: Path, text: str) -> Settings:
    settings = Settings()
    path = tmp_path / "users.acl"
    path.write_text(text)
    settings.aclfile = str(path)
    return settings


def test_users_come_from_lines_of_the_config_file() -> None:
    settings = Settings()
    settings.acl_users = [["alice", "on", ">x", "~*", "(+get", "~a)"], ["default", "off"]]
    node = started(settings)
    assert [user.name for user in node.executor.users.in_order()] == [b"alice", b"default"]
    assert not node.executor.users.default.enabled


def test_users_come_from_a_file(tmp_path: Path) -> None:
    node = started(with_file(tmp_path, "user bob on nopass +@all\n"))
    assert node.executor.users.named(b"bob") is not None


def test_both_at_once_are_refused(tmp_path: Path) -> None:
    settings = with_file(tmp_path, "")
    settings.acl_users = [["alice"]]
    with pytest.raises(UsersProblem, match="both in the config file and in --aclfile"):
        started(settings)


def test_a_file_without_the_default_user_leaves_it_the_password(tmp_path: Path) -> None:
    settings = with_file(tmp_path, "user bob on nopass +@all\n")
    settings.requirepass = "secret"
    users = started(settings).executor.users
    assert not users.is_open()
    assert users.default.has_password(b"secret")


def test_a_file_that_names_the_default_user_decides_about_it(tmp_path: Path) -> None:
    settings = with_file(tmp_path, "user default on >other ~* &* +@all\n")
    settings.requirepass = "secret"
    default = started(settings).executor.users.default
    assert default.has_password(b"other")
    assert not default.has_password(b"secret")


def test_a_public_endpoint_does_not_start_open(tmp_path: Path) -> None:
    node = Node()
    node.executor.users.never_open = True
    with pytest.raises(UsersProblem, match="needs a passkey"):
        load_users(node.executor, with_file(tmp_path, "user default on nopass +@all\n"))


@pytest.mark.parametrize("text", ["user a >secret foo", "nonsense", "user a\nuser a"])
def test_a_wrong_file_stops_the_start_without_a_password_in_its_words(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(UsersProblem) as raised:
        started(with_file(tmp_path, text))
    assert "secret" not in str(raised.value)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    settings = Settings()
    settings.aclfile = str(tmp_path / "nothing")
    with pytest.raises(UsersProblem, match="No such file"):
        started(settings)
    with pytest.raises(UserFileProblem):
        read_user_file(settings)
    settings.aclfile = ""
    with pytest.raises(NoUserFile):
        read_user_file(settings)


def test_the_config_file_gets_users_but_not_what_it_says_already() -> None:
    settings = Settings()
    settings.requirepass = "secret"
    node = started(settings)
    assert lines_of_users(node.executor, settings) == []
    client = node.client()
    client.run("AUTH secret")
    client.run(b"ACL", b"SETUSER", b"u", b"on", b'~"x', b"(+get ~a)")
    client.run("ACL SETUSER default >other")
    default, other = lines_of_users(node.executor, settings)
    assert default.startswith("user default on #")
    assert other == r'user u on "~\"x" resetchannels -@all (~a resetchannels -@all +get)'


def kept(settings: Settings, *passwords: str) -> Node:
    """A node that keeps its passkeys in a file of their own."""
    node = Node()
    settings.requirepass = passwords[0]
    settings.older_passkeys = list(passwords[1:])
    settings.passkey_kept = True
    node.executor.users.never_open = node.executor.users.passwords_kept = True
    node.executor.users.require([word.encode() for word in passwords])
    load_users(node.executor, settings)
    return node


def test_a_passkey_that_is_kept_rules_over_the_file_of_users(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = with_file(tmp_path, "user default on >old ~a* &* +@all\n")
    default = kept(settings, "new").executor.users.default
    assert default.has_password(b"new")
    assert not default.has_password(b"old")
    assert default.root.describe_keys() == b"~a*"
    assert "dflite.passkey" in caplog.text
    caplog.clear()
    kept(with_file(tmp_path, "user default on ~* &* +@all\n"), "new")
    assert caplog.text == ""


def test_a_passkey_that_is_kept_is_not_written_among_users() -> None:
    settings = Settings()
    node = kept(settings, "new", "old")
    assert lines_of_users(node.executor, settings) == []
    client = node.client()
    client.run("AUTH new")
    client.run("ACL SETUSER default >other -flushall")
    (line,) = lines_of_users(node.executor, settings)
    assert "#" not in line
    assert line.startswith("user default on ~* ")
