"""Whether a user may run a request."""

import pytest

from dflite.engine.acl import check, may_use_every_key
from dflite.engine.acl_patterns import READS
from dflite.engine.acl_rules import new_user, with_rules
from dflite.engine.acl_users import User
from dflite.engine.lookup import find


def made(rules: str) -> User:
    return with_rules(new_user(b"u", False), rules.encode().split(), False)


def said(rules: str, request: str, database: int = 0) -> str | None:
    """What ACL DRYRUN would say; None if the request is allowed."""
    user = made(rules)
    argv = request.encode().split()
    command = find(argv)
    refusal = check(user, command, argv, database)
    return None if refusal is None else refusal.full_reason(user, command, argv).decode()[7:]


NO_COMMAND = "has no permissions to run the '%s' command"
NO_KEY = "has no permissions to access the '%s' key"
NO_CHANNEL = "has no permissions to access the '%s' channel"
NO_DATABASE = "has no permissions to access database %s"


@pytest.mark.parametrize(
    ("rules", "request_", "expected"),
    [
        ("+get ~a", "GET a", None),
        ("+get ~a", "GET b", NO_KEY % "b"),
        ("+get ~a", "SET a x", NO_COMMAND % "set"),
        ("~a", "PING", NO_COMMAND % "ping"),
        ("", "AUTH x", None),
        ("", "HELLO 3", None),
        ("+config", "CONFIG GET x", None),
        ("+config|get", "CONFIG GET x", None),
        ("+config|get", "CONFIG SET x y", NO_COMMAND % "config|set"),
        ("+@all -config|set", "CONFIG SET x y", NO_COMMAND % "config|set"),
        ("+select|0", "SELECT 0", None),
        ("+select|0", "SELECT 1", NO_COMMAND % "select"),
        ("+@all %R~a", "GET a", None),
        ("+@all %R~a", "SET a x", NO_KEY % "a"),
        ("+@all %W~a", "SET a x", None),
        ("+@all %W~a", "SET a x GET", NO_KEY % "a"),
        ("+@all %W~a", "GET a", NO_KEY % "a"),
        ("+@all %W~a", "INCR a", NO_KEY % "a"),
        ("+@all %RW~a", "INCR a", None),
        ("+@all %R~a %W~b", "COPY a b", None),
        ("+@all %R~a %W~b", "COPY b a", NO_KEY % "b"),
        ("+@all ~a", "MSET a 1 b 2", NO_KEY % "b"),
        ("+@all ~a", "ZUNIONSTORE a 2 a b", NO_KEY % "b"),
        ("+@all ~a", "XREAD STREAMS a b 0 0", NO_KEY % "b"),
        ("+@all ~a", "SORT a STORE b", NO_KEY % "b"),
        ("+@all %R~a %W~b", "SORT a STORE b", None),
        ("+@all ~a", "EXISTS", None),  # no keys can be told: the handler says what is wrong
        ("+@all &a", "PUBLISH a x", None),
        ("+@all &a", "PUBLISH b x", NO_CHANNEL % "b"),
        ("+@all &a", "SUBSCRIBE a b", NO_CHANNEL % "b"),
        ("+@all &a*", "PSUBSCRIBE a*", None),
        ("+@all &a*", "PSUBSCRIBE ab*", NO_CHANNEL % "ab*"),
        ("+@all &a", "SSUBSCRIBE b", NO_CHANNEL % "b"),
        ("+@all &a", "UNSUBSCRIBE b", None),
        ("+get ~a (+set ~b)", "SET b x", None),
        ("+get ~a (+set ~b)", "GET b", NO_KEY % "b"),
        ("+@all (~a) (~b)", "MGET a b", NO_KEY % "a"),
        ("+@all db=1 ~*", "GET a", NO_DATABASE % "GET"),
        ("+@all db=0 ~*", "GET a", None),
        ("+@all db=1 ~*", "PING", None),
        ("+@all db=1 ~*", "SELECT 1", None),
        ("+@all db=0 ~*", "SELECT 1", NO_DATABASE % "1"),
        ("+@all db=0 ~*", "SELECT x", None),
        ("+@all db=0 ~*", "MOVE a 1", NO_DATABASE % "1"),
        ("+@all db=0 ~*", "COPY a b DB 1", NO_DATABASE % "1"),
        ("+@all db=0 ~*", "COPY a b REPLACE DB 1", NO_DATABASE % "1"),
        ("+@all db=0 ~*", "COPY a b DB 1 x", None),  # the handler says what is wrong
        ("+@all db=0 ~*", "COPY a b DB 1 DB -1", None),
        ("+@all db=1 ~*", "SWAPDB a 0", None),
        ("+@all db=0,1 ~*", "SWAPDB 1 2", NO_DATABASE % "2"),
        ("+@all db=0,1 ~*", "FLUSHALL", NO_DATABASE % "FLUSHALL"),
        ("+@all db=0,1 ~*", "FLUSHDB", None),
        ("db=1", "GET a", NO_DATABASE % "GET"),
        ("+@all ~* &*", "FLUSHALL", None),
    ],
)
def test_a_request_must_be_allowed_whole(rules: str, request_: str, expected: str | None) -> None:
    assert said(rules, request_) == expected


def test_a_refusal_does_not_quote_the_request() -> None:
    user = made("+get")
    argv = [b"GET", b"key"]
    refusal = check(user, find(argv), argv, 0)
    assert refusal is not None
    assert refusal.reason(user, find(argv)) == b"No permissions to access a key"
    assert refusal.later_reason() == b"no permission to touch the specified keys"
    assert refusal.subject(find(argv), argv) == b"key"


def test_reading_every_key_is_asked_of_one_selector() -> None:
    argv = [b"SORT", b"a", b"BY", b"x*"]
    assert may_use_every_key(made("+@all %R~*"), READS, find(argv), argv, 0)
    assert not may_use_every_key(made("+@all ~a (~*)"), READS, find(argv), argv, 0)
