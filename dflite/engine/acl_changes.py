"""Changing users while clients are connected: all of them have their new rights at once.

Whoever listens to a channel that was taken away is cut off, and so is whoever is no user any more;
nobody else notices.
"""

from typing import Final

from dflite.base.conversation_errors import BadUserRule, PasskeyNeeded, SelectorNotEnded
from dflite.engine.acl_rules import (
    BadRule,
    UnmatchedParenthesis,
    has_spaces,
    join_selectors,
    new_user,
    with_rules,
)
from dflite.engine.acl_users import DEFAULT, User, password_hash
from dflite.engine.client import Client
from dflite.engine.context import Engine
from dflite.engine.pubsub import CHANNEL, PATTERN, SHARD, names_of

USER: Final = b"user"
NO_PASSWORD: Final = password_hash(b"")  # which is none


def set_user(engine: Engine, name: bytes, words: list[bytes]) -> None:
    """ACL SETUSER: all of the rules or none."""
    users = engine.users
    user = users.named(name) or new_user(name, users.all_channels)
    try:
        draft = with_rules(user, words, users.all_channels)
    except BadRule as problem:
        raise BadUserRule(problem.rule, problem.reason) from None
    except UnmatchedParenthesis as unmatched:
        raise SelectorNotEnded(unmatched.start) from None
    put_user(engine, draft)


def put_user(engine: Engine, draft: User) -> None:
    """The user is as the draft from now on."""
    users = engine.users
    demand_password(engine, draft)
    user = users.named(draft.name)
    if user is None:
        users.by_name[draft.name] = draft
        return
    cut_off_listeners(engine, user, draft)
    user.become(draft)
    for client in engine.clients.values():
        if client.user is user:
            client.update_lane()


def demand_password(engine: Engine, draft: User) -> None:
    """A public endpoint lets in nobody without a password, as whichever user."""
    if engine.users.never_open and (
        draft.lets_in_all() or (draft.enabled and NO_PASSWORD in draft.hashes)
    ):
        raise PasskeyNeeded


def delete_user(engine: Engine, name: bytes) -> bool:
    """Was there one of that name? Whoever is connected as that user is cut off."""
    user = engine.users.by_name.pop(name, None)
    if user is None:
        return False
    for client in list(engine.clients.values()):
        if client.user is user:
            engine.kill(client)
    return True


def replace_users(engine: Engine, drafts: dict[bytes, User]) -> None:
    """These are the users from now on; the default user stays as it is unless it is among them."""
    for draft in drafts.values():
        demand_password(engine, draft)
        engine.users.keep_passwords(draft)
    for name in list(engine.users.by_name):
        if name not in drafts and name != DEFAULT:
            delete_user(engine, name)
    for draft in drafts.values():
        put_user(engine, draft)


def cut_off_listeners(engine: Engine, user: User, draft: User) -> None:
    """End the connections of those who listen to what the draft does not allow."""
    if draft.allows_every_channel() or not user.has_channels():
        return
    for client in list(engine.clients.values()):
        if client.user is user and client.listening is not None and not may_listen(client, draft):
            engine.kill(client)


def may_listen(client: Client, draft: User) -> bool:
    """Does it allow all that the client listens to?"""
    names = names_of(client, CHANNEL) + names_of(client, SHARD)
    return all(draft.allows_channel(name, False) for name in names) and all(
        draft.allows_channel(name, True) for name in names_of(client, PATTERN)
    )


# -- files -----------------------------------------------------------------------------------------


def describe_users(engine: Engine) -> list[bytes]:
    """A line for each user, as files have them."""
    return describe_all(engine.users.in_order())


def describe_all(users: list[User]) -> list[bytes]:
    return [b"user %b %b" % (user.name, user.describe()) for user in users]


def read_lines(text: bytes, path: str, all_channels: bool) -> tuple[dict[bytes, User], list[str]]:
    """The users of a file, and what is wrong with it, without its passwords.

    Each line is `user name rules`; `USER` is Dragonfly's spelling. Empty lines and comments may be.
    """
    drafts: dict[bytes, User] = {}
    problems: list[str] = []
    for number, line in enumerate(text.split(b"\n"), 1):
        words = [word for word in line.strip(b" \t\r\n").split(b" ") if word]
        if not words or words[0].startswith(b"#"):
            continue
        place = f"{path}:{number}"
        if words[0].lower() != USER or len(words) < 2:
            problems.append(f"{place} should start with user keyword followed by the username. ")
            continue
        name = words[1]
        shown = name.decode(errors="backslashreplace")
        if has_spaces(name):
            problems.append(f"'{place}: username '{shown}' contains invalid characters. ")
        elif name in drafts:
            problems.append(f"WARNING: Duplicate user '{shown}' found on line {number}. ")
        else:
            drafts[name] = new_user(name, all_channels)
            problems += apply_line(drafts, name, words[2:], place, all_channels)
    return drafts, problems


def apply_line(
    drafts: dict[bytes, User], name: bytes, words: list[bytes], place: str, all_channels: bool
) -> list[str]:
    """Give the user the rules of its line; what is wrong with them."""
    try:
        rules = join_selectors([word.strip(b"\t\r\n") for word in words])
    except UnmatchedParenthesis:
        return [f"{place}: Unmatched parenthesis in selector definition."]
    problems: list[str] = []
    first = True
    for rule in rules:
        try:
            drafts[name] = with_rules(drafts[name], [rule], all_channels)
        except BadRule as problem:
            reason = problem.reason.decode()
            if rule[:1] in (b"+", b"-"):
                shown = rule.decode(errors="backslashreplace")
                problems.append(f"{place}: Error in applying operation '{shown}': {reason}. ")
            elif first:  # it may hold a password: it is not shown, nor what follows from it
                problems.append(f"{place}: {reason}. ")
                first = False
    return problems
