"""Where users come from at the start: `user` lines of the config file, or the file of users.

A file that does not name the default user leaves it as it is: what `requirepass` closed stays
closed.
"""

from typing import Final

from dflite.base.conversation_errors import NoUserFile, PasskeyNeeded, UserFileProblem
from dflite.engine.acl_changes import demand_password, describe_all, read_lines
from dflite.engine.acl_users import DEFAULT, make_default_user
from dflite.engine.context import Engine
from dflite.native.base.bytesops import quote
from dflite.server.logs import LOG, NOTICE
from dflite.settings.settings import Settings

IN_NEED_OF_QUOTES: Final = b" \t\"'\\"


class UsersProblem(Exception):
    """Why the node cannot start with these users."""


def load_users(engine: Engine, settings: Settings) -> None:
    """Have the users that the files name."""
    if settings.acl_users and settings.aclfile:
        raise UsersProblem(
            "there are users both in the config file and in --aclfile: it must be one of them, "
            "or nobody could tell who may come in"
        )
    if settings.acl_users:
        lines = [encoded(" ".join(["user", *words])) for words in settings.acl_users]
        drafts, problems = read_lines(
            b"\n".join(lines),
            f"{settings.config_file}, user",
            engine.users.all_channels,
        )
    elif settings.aclfile:
        try:
            text = read_user_file(settings)
        except UserFileProblem as problem:
            raise UsersProblem(problem.wire().decode(errors="replace")[4:]) from None
        drafts, problems = read_lines(text, settings.aclfile, engine.users.all_channels)
    else:
        return
    if problems:
        raise UsersProblem("".join(problems).strip())
    for draft in drafts.values():
        try:
            demand_password(engine, draft)
        except PasskeyNeeded as problem:
            raise UsersProblem(problem.wire().decode()[4:]) from None
        if engine.users.keep_passwords(draft):
            LOG.warning(
                "the default user's passwords are those of dflite.passkey; others, in %s, "
                "are not taken",
                settings.aclfile or settings.config_file,
            )
        known = engine.users.named(draft.name)
        if known is None:
            engine.users.by_name[draft.name] = draft
        else:
            known.become(draft)
        if not draft.enabled:
            LOG.log(
                NOTICE,
                "the user '%s' is off: nobody can be this user",
                draft.name.decode(errors="backslashreplace"),
            )


def read_user_file(settings: Settings) -> bytes:
    """What stands in the file of users."""
    if not settings.aclfile:
        raise NoUserFile
    try:
        with open(settings.aclfile, "rb") as file:
            return file.read()
    except OSError as error:
        raise UserFileProblem(
            b"ERR Error loading ACLs, opening file '%b': %b"
            % (encoded(settings.aclfile), (error.strerror or str(error)).encode())
        ) from None


def lines_of_users(engine: Engine, settings: Settings) -> list[str]:
    """Lines for the config file. The default user has none while requirepass says all of it."""
    usual = make_default_user()
    users = [user.copy() for user in engine.users.in_order()]
    if settings.passkey_kept:
        usual.nopass = False
        for user in users:
            if user.name == DEFAULT:
                user.hashes = []  # the passkey has its own file
    elif settings.requirepass:
        passwords = [settings.requirepass, *settings.older_passkeys]
        usual.require([encoded(word) for word in passwords])
    obvious = b"user default " + usual.describe()
    return [
        b" ".join([in_quotes(word) for word in line.split(b" ")]).decode(errors="surrogateescape")
        for line in describe_all(users)
        if line != obvious
    ]


def in_quotes(word: bytes) -> bytes:
    odd = any(byte < 33 or byte in IN_NEED_OF_QUOTES for byte in word)
    return quote(word) if odd else word


def encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
