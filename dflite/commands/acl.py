"""ACL: users and their rules, and what was refused."""

import secrets
from typing import Final

from dflite.base.conversation_errors import (
    BadPasswordBits,
    BadUserName,
    CommandNotFound,
    DefaultUserStays,
    UnknownCategory,
    UserFileProblem,
    UserNotFound,
)
from dflite.base.errors import CommandError, WrongArity
from dflite.base.server_errors import SubcommandOrArity
from dflite.engine.acl import check
from dflite.engine.acl_changes import (
    delete_user,
    describe_users,
    read_lines,
    replace_users,
    set_user,
)
from dflite.engine.acl_log import REASONS
from dflite.engine.acl_rules import has_spaces
from dflite.engine.acl_selector import Selector
from dflite.engine.acl_users import DEFAULT
from dflite.engine.args import Args
from dflite.engine.command import (
    ADMIN,
    CATEGORIES,
    CATEGORY_BITS,
    LOADING,
    NOSCRIPT,
    ROWS,
    STALE,
    Family,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.lookup import find

SERVER: Final = Family("server")
ANYTIME: Final = NOSCRIPT | LOADING | STALE
EVERY_NODE: Final = ["request_policy:all_nodes", "response_policy:all_succeeded"]
QUOTED: Final = 128  # bytes of a category that an error quotes
USUAL_BITS: Final = 256
MOST_BITS: Final = 4096
USUAL_COUNT: Final = 10

ACL: Final = SERVER.container("ACL", since="6.0.0", summary="About users and what they may do.")


# -- users -----------------------------------------------------------------------------------------


@SERVER.command(
    "ACL SETUSER username [rule [rule ...]]",
    arity=-3,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of rules",
    summary="Make a user, or change one: all of the rules or none. See docs/acl.md for rules.",
    tips=EVERY_NODE,
)
def cmd_acl_setuser(ctx: Context, args: Args) -> None:
    name = args.next()
    if has_spaces(name):
        raise BadUserName
    set_user(ctx.engine, name, args.rest())
    ctx.reply.ok()


@SERVER.command(
    "ACL GETUSER username",
    arity=3,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of the user's rules",
    summary="A user's flags, hashes of passwords, and rules; null if there is no such user.",
)
def cmd_acl_getuser(ctx: Context, args: Args) -> None:
    reply = ctx.reply
    user = ctx.engine.users.named(args.next())
    if user is None:
        reply.null()
        return
    flags = [b"on" if user.enabled else b"off"] + ([b"nopass"] if user.nopass else [])
    reply.map(7)
    reply.bulk(b"flags")
    reply.set(len(flags))
    for flag in flags:
        reply.bulk(flag)
    reply.bulk(b"passwords")
    reply.bulks(user.hashes)
    write_selector(ctx, user.root)
    reply.bulk(b"selectors")
    reply.array(len(user.selectors) - 1)
    for selector in user.selectors[1:]:
        reply.map(4)
        write_selector(ctx, selector)


def write_selector(ctx: Context, selector: Selector) -> None:
    """The four fields of what a set of rules allows."""
    databases = selector.describe_databases()
    for field, text in (
        (b"commands", selector.describe_commands()),
        (b"keys", selector.describe_keys()),
        (b"channels", selector.describe_channels()),
        (b"databases", b"" if databases == b"resetdbs" else databases),
    ):
        ctx.reply.bulk(field)
        ctx.reply.bulk(text)


@SERVER.command(
    "ACL DELUSER username [username ...]",
    arity=-3,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of clients",
    summary="Delete users and cut their connections off; how many there were.",
    tips=EVERY_NODE,
)
def cmd_acl_deluser(ctx: Context, args: Args) -> None:
    names = args.rest()
    if DEFAULT in names:
        raise DefaultUserStays
    ctx.reply.integer(sum([delete_user(ctx.engine, name) for name in names]))


@SERVER.command(
    "ACL USERS",
    arity=2,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of users",
    summary="The names of all users.",
)
def cmd_acl_users(ctx: Context, args: Args) -> None:
    ctx.reply.bulks([user.name for user in ctx.engine.users.in_order()])


@SERVER.command(
    "ACL LIST",
    arity=2,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of users",
    summary="All users, each as a line of the file of users.",
)
def cmd_acl_list(ctx: Context, args: Args) -> None:
    ctx.reply.bulks(describe_users(ctx.engine))


@SERVER.command(
    "ACL WHOAMI",
    arity=2,
    flags=ANYTIME,
    since="6.0.0",
    complexity="O(1)",
    summary="The name of the user that this connection is.",
)
def cmd_acl_whoami(ctx: Context, args: Args) -> None:
    ctx.reply.bulk(ctx.client.user.name)


@SERVER.command(
    "ACL DRYRUN username command [arg [arg ...]]",
    arity=-4,
    flags=ADMIN | ANYTIME,
    since="7.0.0",
    complexity="O(1)",
    summary="Whether a user may run a request, which is not run; if not, why.",
)
def cmd_acl_dryrun(ctx: Context, args: Args) -> None:
    name = args.next()
    user = ctx.engine.users.named(name)
    if user is None:
        raise UserNotFound(name)
    argv = args.rest()
    try:
        command = find(argv)
    except CommandError:
        raise CommandNotFound(argv[0]) from None
    if not command.fits(len(argv)):
        raise WrongArity(command.name.encode())
    refusal = check(user, command, argv, ctx.db.index, len(ctx.keyspace.dbs))
    if refusal is None:
        ctx.reply.ok()
    else:
        ctx.reply.bulk(refusal.full_reason(user, command, argv))


# -- the file --------------------------------------------------------------------------------------


@SERVER.command(
    "ACL LOAD",
    arity=2,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of users and clients",
    summary="Read the file of users: all of it or, if something is wrong, nothing.",
)
def cmd_acl_load(ctx: Context, args: Args) -> None:
    engine = ctx.engine
    text = ctx.host.read_users()
    path = str(ctx.host.setting("aclfile"))
    drafts, problems = read_lines(text, path, engine.users.all_channels)
    if problems:
        whole = "".join(problems) + (
            "WARNING: ACL errors detected, no change to the previously active ACL rules was "
            "performed"
        )
        raise UserFileProblem(b"ERR " + whole.encode(errors="surrogateescape"))
    replace_users(engine, drafts)
    ctx.reply.ok()


@SERVER.command(
    "ACL SAVE",
    arity=2,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of users",
    summary="Write all users to the file of users.",
    tips=EVERY_NODE,
)
def cmd_acl_save(ctx: Context, args: Args) -> None:
    ctx.host.write_users(b"".join([line + b"\n" for line in describe_users(ctx.engine)]))
    ctx.reply.ok()


# -- what was refused ------------------------------------------------------------------------------


@SERVER.command(
    "ACL LOG [count | RESET]",
    arity=-2,
    flags=ADMIN | ANYTIME,
    since="6.0.0",
    complexity="O(N) in the number of entries answered",
    summary="The newest refusals, 10 unless told; or forget all of them.",
)
def cmd_acl_log(ctx: Context, args: Args) -> None:
    log = ctx.engine.acl_log
    reply = ctx.reply
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    count = USUAL_COUNT
    if args.more():
        if args.peek().upper() == b"RESET":
            log.entries.clear()
            reply.ok()
            return
        count = args.integer()
    count = max(0, min(count, len(log.entries)))
    now_ms = ctx.engine.clock.now_ms
    reply.array(count)
    for i in range(count):
        entry = log.entries[i]
        reply.map(10)
        reply.bulk(b"count")
        reply.integer(entry.count)
        for name, text in (
            (b"reason", REASONS[entry.kind].encode()),
            (b"context", entry.context),
            (b"object", entry.subject),
            (b"username", entry.user),
        ):
            reply.bulk(name)
            reply.bulk(text)
        reply.bulk(b"age-seconds")
        reply.double((now_ms - entry.updated_ms) / 1000)
        reply.bulk(b"client-info")
        reply.bulk(entry.client)
        for name, number in (
            (b"entry-id", entry.number),
            (b"timestamp-created", entry.created_ms),
            (b"timestamp-last-updated", entry.updated_ms),
        ):
            reply.bulk(name)
            reply.integer(number)


# -- what there is ---------------------------------------------------------------------------------


@SERVER.command(
    "ACL CAT [category]",
    arity=-2,
    flags=ANYTIME,
    since="6.0.0",
    complexity="O(1)",
    summary="The categories of commands, or the commands of one.",
)
def cmd_acl_cat(ctx: Context, args: Args) -> None:
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    if not args.more():
        ctx.reply.bulks([name.encode() for name in CATEGORIES])
        return
    name = args.next()
    bit = CATEGORY_BITS.get(name.decode("latin-1").lower())
    if bit is None:
        raise UnknownCategory(name[:QUOTED])
    ctx.reply.bulks([row.name.encode() for row in ROWS if row.acl & bit])


@SERVER.command(
    "ACL GENPASS [bits]",
    arity=-2,
    flags=ANYTIME,
    since="6.0.0",
    complexity="O(1)",
    summary="A password that nobody guesses, of 256 bits unless told, in hex.",
)
def cmd_acl_genpass(ctx: Context, args: Args) -> None:
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    bits = args.integer() if args.more() else USUAL_BITS
    if not 0 < bits <= MOST_BITS:
        raise BadPasswordBits
    digits = (bits + 3) // 4
    ctx.reply.bulk(secrets.token_hex((digits + 1) // 2)[:digits].encode())


@SERVER.command(
    "ACL HELP",
    arity=2,
    flags=LOADING | STALE,
    since="6.0.0",
    complexity="O(1)",
    summary="How ACL can be called.",
)
def cmd_acl_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, ACL)
