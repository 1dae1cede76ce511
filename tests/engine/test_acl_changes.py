"""Changing users, and files of them."""

from dflite.engine.acl_changes import describe_users, put_user, read_lines
from dflite.engine.acl_rules import new_user, with_rules
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
