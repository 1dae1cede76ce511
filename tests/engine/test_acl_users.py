"""Users and their passwords."""

from dflite.engine.acl_rules import new_user, with_rules
from dflite.engine.acl_users import Users, password_hash


def test_each_of_a_users_passwords_fits() -> None:
    user = with_rules(new_user(b"u", False), [b">old", b">new"], False)
    assert user.has_password(b"old")
    assert user.has_password(b"new")
    assert not user.has_password(b"other")
    assert not user.has_password(password_hash(b"old"))


def test_without_a_password_none_fits_and_with_nopass_any() -> None:
    user = new_user(b"u", False)
    assert not user.has_password(b"")
    assert with_rules(user, [b"nopass"], False).has_password(b"whatever")


def test_a_user_keeps_hashes_only() -> None:
    user = with_rules(new_user(b"u", False), [b">secret-word"], False)
    assert b"secret-word" not in b" ".join(user.hashes) + user.describe()


def test_users_are_listed_by_name() -> None:
    users = Users()
    for name in (b"z", b"\xff", b"A"):
        users.by_name[name] = new_user(name, False)
    assert [user.name for user in users.in_order()] == [b"A", b"default", b"z", b"\xff"]
    assert users.named(b"nobody") is None


def test_the_server_is_open_while_the_default_user_needs_no_password() -> None:
    users = Users()
    assert users.is_open()
    users.require([b"secret"])
    assert not users.is_open()
    assert users.default.has_password(b"secret")
    users.require([])
    assert users.is_open()
    users.default.enabled = False
    assert not users.is_open()
