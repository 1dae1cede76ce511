"""Changing users, and files of them."""

import pytest

from dflite.base.conversation_errors import PasskeyNeeded
from dflite.engine.acl_changes import (
    describe_users,
    put_user,
    read_lines,
    replace_users,
    set_user,
)
from dflite.engine.acl_rules import new_user, with_rules
from dflite.engine.acl_users import password_hash
from tests.support.node import Node


def test_lines_of_a_file_are_users() -> None:
    drafts, problems = read_lines(b"user a on +get\r\n\n user b (+set ~x )\n", "f", False)
    assert not problems
    assert [user.describe() for user in drafts.values()] == [
        b"on resetchannels -@all +get",
        b"off resetchannels -@all (~x resetchannels -@all +set)",
    ]


def test_new_users_of_a_file_may_have_all_channels() -> None:
    drafts, _ = read_lines(b"user a", "f", True)
    assert drafts[b"a"].describe() == b"off &* -@all"


def test_what_is_wrong_is_told_by_line() -> None:
    drafts, problems = read_lines(b"user\nuser a\0 on\nuser b >x foo bar", "f", False)
    assert problems == [
        "f:1 should start with user keyword followed by the username. ",
        "'f:2: username 'a\\x00' contains invalid characters. ".replace("\\x00", "\0"),
        "f:3: Syntax error. ",
    ]
    assert list(drafts) == [b"b"]


def test_a_user_that_is_there_is_changed_in_place() -> None:
    node = Node()
    put_user(node.executor, with_rules(new_user(b"u", False), [b"on"], False))
    user = node.executor.users.named(b"u")
    put_user(node.executor, with_rules(new_user(b"u", False), [b"+get"], False))
    assert node.executor.users.named(b"u") is user
    assert describe_users(node.executor)[1] == b"user u off resetchannels -@all +get"


def test_an_empty_password_is_none_where_each_user_needs_one() -> None:
    node = Node()
    node.executor.users.never_open = True
    for name in (b"default", b"u"):
        for word in (b">", b"#" + password_hash(b"")):
            with pytest.raises(PasskeyNeeded):
                set_user(node.executor, name, [b"resetpass", word, b"on"])
    set_user(node.executor, b"u", [b">", b"off"])
    with pytest.raises(PasskeyNeeded):
        set_user(node.executor, b"u", [b"on"])


def test_a_file_that_opens_a_public_endpoint_changes_nothing() -> None:
    node = Node()
    users = node.executor.users
    users.never_open = True
    set_user(node.executor, b"old", [b"on", b">x"])
    drafts, _ = read_lines(b"user first on >x\nuser open on nopass", "f", False)
    with pytest.raises(PasskeyNeeded):
        replace_users(node.executor, drafts)
    assert sorted(users.by_name) == [b"default", b"old"]


def test_passwords_that_are_kept_elsewhere_are_not_those_of_a_file() -> None:
    node = Node()
    users = node.executor.users
    users.never_open = users.passwords_kept = True
    users.require([b"new"])
    drafts, _ = read_lines(b"user default on >old +@all ~*\nuser u on >mine", "f", False)
    replace_users(node.executor, drafts)
    assert users.default.hashes == [password_hash(b"new")]
    assert users.by_name[b"u"].has_password(b"mine")
    assert users.default.enabled
