"""ACL rules: what they make of a user, and how the user is described then."""

import pytest

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.engine import acl_rules
from dflite.engine.acl_rules import (
    BadRule,
    UnmatchedParenthesis,
    join_selectors,
    new_user,
    with_rules,
)
from dflite.engine.acl_users import User, password_hash

HASH = password_hash(b"p")
NOTHING = "off resetchannels -@all"


def made(*rules: str, all_channels: bool = False) -> User:
    words = [rule.encode() for rule in rules]
    return with_rules(new_user(b"u", all_channels), words, all_channels)


def described(*rules: str) -> str:
    return made(*rules).describe().decode()


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ("", "off resetchannels -@all"),
        ("ON NOPASS ~* &* +@all", "on nopass ~* &* +@all"),
        ("on allkeys allchannels allcommands", "on ~* &* +@all"),
        (">p", f"off #{HASH.decode()} resetchannels -@all"),
        (">p >p nopass", "off nopass resetchannels -@all"),
        (f"nopass #{HASH.decode()} <p", "off resetchannels -@all"),
        (f">p !{HASH.decode()}", "off resetchannels -@all"),
        (">p nopass resetpass", "off resetchannels -@all"),
        ("%rw~a %R~b %W~b %w~c %R", "off ~a ~b %W~c %R~ resetchannels -@all"),
        ("%RW~* ~b", "off %RW~* ~b resetchannels -@all"),
        ("~a ~b resetkeys ~c", "off ~c resetchannels -@all"),
        ("&a &b* &a", "off resetchannels &a &b* -@all"),
        ("+get +config|get +config|set -config -get", "off resetchannels -@all -config -get"),
        ("+select|0 +select|1", "off resetchannels -@all +select|0 +select|1"),
        ("+select|0 +select", "off resetchannels -@all +select"),
        ("+select|A -select", "off resetchannels -@all -select"),
        ("+@read -@write +@READ +GET", "off resetchannels -@all -@write +@read +get"),
        ("-get +@all -SET", "off resetchannels +@all -set"),
        ("+@all -@all", "off resetchannels -@all"),
        ("db=3,1,2,1", "off resetchannels db=1,2,3 -@all"),
        ("db=3 DB=+00", "off resetchannels db=0 -@all"),
        ("db=3 resetdbs", "off resetchannels resetdbs -@all"),
        ("db=3 alldbs", "off resetchannels -@all"),
        ("$3", "off resetchannels $3 -@all"),
        ("$3 $all", "off resetchannels -@all"),
        ("(+get ~a) ()", f"{NOTHING} (~a resetchannels -@all +get) (resetchannels -@all)"),
        ("(%R~q &c db=2 +@all -get)", f"{NOTHING} (%R~q resetchannels &c db=2 +@all -get)"),
        ("(+get) clearselectors", "off resetchannels -@all"),
        ("on nopass ~* &* +@all db=1 (+get) reset", "off resetchannels -@all"),
        ("sanitize-payload skip-sanitize-payload", "off resetchannels -@all"),
    ],
)  # fmt: skip
def test_rules_are_applied_in_order(rules: str, text: str) -> None:
    assert described(*rules.split()) == text
    assert described(*text.split()) == text, "the description does not make the same user"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("foo", acl_rules.SYNTAX),
        ("x)", acl_rules.SYNTAX),
        ("~a b", acl_rules.SYNTAX),
        ("&a\0", acl_rules.SYNTAX),
        ("%~a", acl_rules.SYNTAX),
        ("%RR~a", acl_rules.SYNTAX),
        ("%X~a", acl_rules.SYNTAX),
        ("(on)", acl_rules.SYNTAX),
        ('(")', acl_rules.SYNTAX),
        ("+select|", acl_rules.SYNTAX),
        ("db=", acl_rules.SYNTAX),
        ("db=1,", acl_rules.SYNTAX),
        ("db=1x", acl_rules.SYNTAX),
        ("$1,2", acl_rules.SYNTAX),
        ("$$1", acl_rules.SYNTAX),
        ("db=-1", acl_rules.BAD_DATABASE),
        ("db=99999999999999", acl_rules.BAD_DATABASE),
        ("+nosuch", acl_rules.UNKNOWN),
        ("-nosuch", acl_rules.UNKNOWN),
        ("+nosuch|x", acl_rules.UNKNOWN),
        ("+@nosuch", acl_rules.UNKNOWN),
        ("-select|0", acl_rules.UNKNOWN),
        ("+config|nosuch", acl_rules.UNKNOWN),
        ("+config|get|x", acl_rules.NO_FIRST_WORD),
        ("<p", acl_rules.NO_SUCH_PASSWORD),
        ("#abc", acl_rules.BAD_HASH),
        ("!" + "A" * 64, acl_rules.BAD_HASH),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(rule: str, reason: bytes) -> None:
    with pytest.raises(BadRule) as raised:
        made(rule)
    assert (raised.value.reason, raised.value.rule) == (reason, rule.encode())


def test_no_pattern_may_follow_all() -> None:
    with pytest.raises(BadRule) as raised:
        made("allkeys", "~a")
    assert raised.value.reason == acl_rules.AFTER_ALL_KEYS
    with pytest.raises(BadRule) as raised:
        made("&*", "&a")
    assert raised.value.reason == acl_rules.AFTER_ALL_CHANNELS


def test_a_selector_may_be_split_at_its_spaces() -> None:
    assert join_selectors([b"on", b"(+get", b"~a", b"~b)", b"off"]) == [
        b"on",
        b"(+get ~a ~b)",
        b"off",
    ]
    with pytest.raises(UnmatchedParenthesis) as raised:
        join_selectors([b"(+get", b"~a"])
    assert raised.value.start == b"(+get"


def test_a_wrong_rule_leaves_the_user_alone() -> None:
    user = made("on", ">p", "~a")
    before = user.describe()
    with pytest.raises(BadRule):
        with_rules(user, [b"nopass", b"~b", b"foo"], False)
    assert user.describe() == before


def test_new_users_and_selectors_may_have_all_channels() -> None:
    user = made("(+get)", all_channels=True)
    assert user.describe() == b"off &* -@all (&* -@all +get)"
    assert with_rules(user, [b"reset"], True).describe() == b"off &* -@all"


def test_who_may_do_everything_is_not_restricted() -> None:
    assert made("~*", "&*", "+@all").unrestricted
    assert made("(~* &* +@all)").unrestricted
    assert not made("~*", "&*", "+@all", "-get").unrestricted
    assert not made("~*", "&*", "+@all", "db=0").unrestricted
    assert not made("%RW~*", "&*", "+@all").unrestricted


@pytest.mark.parametrize(
    "rule", ["+get|a b", "+get|a\n", "(~a) ~b)", '(~"a\\"b")', "(+get|x) ~b)", "(+get|')"]
)
def test_what_could_not_be_read_from_a_file_is_refused(rule: str) -> None:
    with pytest.raises(BadRule, match="Syntax error"):
        made(rule)
