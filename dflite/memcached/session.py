"""Between a connection that speaks memcached's protocol and the engine: each request is a step."""

from typing import Final

from dflite.base.conversation_errors import Loading
from dflite.base.replication_errors import NotEnoughReplicas, PrimaryDown
from dflite.engine.acl import check
from dflite.engine.command import COMMANDS, DENYOOM, READONLY, WRITE
from dflite.engine.executor import Executor
from dflite.engine.secrets import describe_bug
from dflite.engine.session import ATTACKS, Conversation
from dflite.memcached.meta_flags import decoded
from dflite.memcached.numbers import read_int32
from dflite.memcached.retrieval import BAD_EXPTIME
from dflite.memcached.service import Call, Service
from dflite.memcached.verbs import (
    BAD_BLOCK,
    BAD_FORMAT,
    BAD_LINE,
    ERROR,
    NO_MEMORY,
    TOO_LARGE,
    VERBS,
    Verb,
)
from dflite.native.base.clock import monotonic_us
from dflite.native.wire.connection import HELD_PAUSED

TOUCHING: Final = (b"gat", b"gats")  # their key comes behind a time
META: Final = (b"mg", b"ms", b"md", b"ma", b"me")  # their key may be in base64
INTERNAL: Final = b"SERVER_ERROR internal error\r\n"
NO_ROOM: Final = b"SERVER_ERROR out of memory\r\n"
QUIT: Final = "memcached|quit"
USER_IS_OFF: Final = b"SERVER_ERROR the default user is off\r\n"
NEEDS_PASSWORD: Final = (
    b"SERVER_ERROR the default user needs a password, which this protocol cannot say\r\n"
)
READ_ONLY: Final = b"SERVER_ERROR this is a read-only replica: write to its primary\r\n"
NOREPLY: Final = b"noreply"
NOW_US: Final = monotonic_us


class McSession(Conversation):
    """What the native parser calls for each request, and at the end."""

    def __init__(self, executor: Executor, service: Service) -> None:
        super().__init__(executor)
        self.service = service
        self.postponed: Verb | None = None  # what the client's postponed words are for
        self.postponed_reason = 0
        self.postponed_quiet = False
        self.failed = False

    # -- requests ----------------------------------------------------------------------------------

    def fetch(self, argv: list[bytes]) -> bool:
        """One key of get and its like; False if the answer ends the request."""
        self.failed = False
        self.run(VERBS[argv[0]], 0, argv, False)
        return not self.failed

    def request(self, argv: list[bytes]) -> None:
        """A line without a block."""
        verb = VERBS.get(argv[0]) if argv else None
        if verb is None and argv and is_http(argv):
            self.refuse_http()
        elif verb is None or not verb.least <= len(argv) <= verb.most:
            self.say(ERROR)
        else:
            quiet = verb.quiet_word and argv[-1] == NOREPLY
            self.run(verb, 0 if verb.refused is None else BAD_LINE, argv, quiet)

    def store(self, argv: list[bytes]) -> None:
        """A line with its block, which is the last word."""
        verb = VERBS[argv[0]]
        self.run(verb, 0, argv, verb.quiet_word and argv[-2] == NOREPLY)

    def broken_block(self, argv: list[bytes]) -> None:
        """A line whose block does not end where it has to."""
        self.refuse(argv, BAD_BLOCK)

    def too_large(self, argv: list[bytes]) -> None:
        """A line whose block is longer than an item may be; it is skipped."""
        self.refuse(argv, TOO_LARGE)

    def refuse(self, argv: list[bytes], reason: int) -> None:
        verb = VERBS[argv[0]]
        self.run(verb, reason, argv, verb.quiet_word and argv[-1] == NOREPLY)

    def bad_keys(self, argv: list[bytes]) -> None:
        """A line of keys with one that is too long; `argv` is what stands before the keys."""
        self.say(BAD_EXPTIME if len(argv) > 1 and read_int32(argv[1]) is None else BAD_FORMAT)

    def say(self, text: bytes) -> None:
        """Answer what is no request of any verb."""
        self.executor.error_replies += 1
        self.ctx.reply.raw(text)

    def refuse_http(self) -> None:
        """A web page may have a browser send requests hither, with ours in their bodies."""
        self.ctx.host.log_of_many(
            "warning",
            "attack",
            f"possible attack: {self.ctx.client.addr} sends HTTP to memcached's port; "
            "connection closed",
        )
        self.ctx.client.conn.close_after_reply()

    def resume_postponed(self) -> None:
        """Run the request that CLIENT PAUSE held back."""
        client = self.ctx.client
        argv, verb = client.postponed, self.postponed
        if argv is not None and verb is not None and not client.conn.held & HELD_PAUSED:
            client.postponed = self.postponed = None
            self.run(verb, self.postponed_reason, argv, self.postponed_quiet)

    def closed(self) -> None:
        conn = self.ctx.client.conn
        self.service.gone_bytes_in += conn.bytes_in
        self.service.gone_bytes_out += conn.bytes_out
        super().closed()

    # -- a step ------------------------------------------------------------------------------------

    def run(self, verb: Verb, reason: int, argv: list[bytes], quiet: bool) -> None:
        """Run a request, or refuse it for a reason, and answer unless it is quiet."""
        executor = self.executor
        ctx = self.ctx
        client = ctx.client
        row = verb.row
        client.last_command = row.name
        if executor.pausing.active and executor.must_wait(client, row.flags):
            self.postponed = verb
            self.postponed_reason = reason
            self.postponed_quiet = quiet
            executor.pausing.postpone(client, argv)
            return
        refused = verb.refused
        key = key_in(argv, len(argv) - (refused is not None and not reason))
        forbidden = self.closed_to_user(verb) or self.state_of_node(row.flags)
        if not forbidden and not client.user.unrestricted and verb.like and reason != BAD_LINE:
            forbidden = self.refusal(verb, argv, key)
        if not reason and row.flags & DENYOOM and not executor.make_room_for(argv):
            executor.rejected_for_memory += 1
            reason = NO_MEMORY
            if refused is not None:
                argv = argv[:-1]
        effects = executor.effects
        effects.replaced = False
        executor.pushes.running = client
        started = NOW_US()
        if executor.noting_new and row.flags & WRITE and key:
            executor.notifications.note_absent(ctx.db, [key])
        call = Call(self.service, ctx, argv)
        try:
            if forbidden:
                answer = forbidden
            elif not reason:
                answer = verb.handler(call)
            elif refused is not None:
                answer = refused(call, reason)
            else:
                answer = NO_ROOM
        except Exception as bug:
            executor.internal_errors += 1
            executor.host.log("warning", describe_bug(argv, bug))
            answer = INTERNAL
            quiet = False
        if executor.announcing:
            executor.announce()
        if answer.startswith((b"CLIENT_ERROR", b"SERVER_ERROR", b"ERROR")):
            executor.error_replies += 1
            row.failed += 1
            self.failed = True
        if not quiet:
            ctx.reply.raw(answer)
        executor.finish(ctx, row, argv, NOW_US() - started)
        if executor.tracking.own:
            executor.tracking.tell_own(client)
        executor.pushes.running = None
        executor.end_step(client)

    def closed_to_user(self, verb: Verb) -> bytes:
        """What is said while one needs a password, or nobody can be the user; `quit` is heard."""
        client = self.ctx.client
        if client.authenticated or verb.row.name == QUIT:
            return b""
        return USER_IS_OFF if not client.user.enabled else NEEDS_PASSWORD

    def state_of_node(self, flags: int) -> bytes:
        """What the node cannot do now, whoever asks; empty if it can."""
        executor = self.executor
        if executor.loading and flags & (READONLY | WRITE):
            return b"SERVER_ERROR " + Loading.text + b"\r\n"
        if executor.misconfigured is not None and flags & WRITE:
            return b"SERVER_ERROR " + executor.misconfigured.wire() + b"\r\n"
        if flags & WRITE and executor.replication.too_few:
            return b"SERVER_ERROR " + NotEnoughReplicas.text + b"\r\n"
        if flags & WRITE and executor.read_only:
            return READ_ONLY
        if executor.stale and flags & (READONLY | WRITE):
            return b"SERVER_ERROR " + PrimaryDown.text + b"\r\n"
        return b""

    def refusal(self, verb: Verb, argv: list[bytes], key: bytes) -> bytes:
        """What the rules of the user say against it: they are those of like commands of RESP."""
        user = self.ctx.client.user
        for name in likes_of(verb, argv):
            words = name.split()
            like = COMMANDS[words[0]]
            if len(words) > 1:
                like = like.subcommands[words[1]]
            elif like.has_keys():
                if not key:
                    return b""  # no key at all is the handler's to refuse
                words.append(key)
            refusal = check(user, like, words, 0)
            if refusal is not None:
                return b"CLIENT_ERROR %b\r\n" % refusal.reason(user, like)
        return b""


def is_http(argv: list[bytes]) -> bool:
    """Does a line begin a request of HTTP's, or stand in its head?"""
    return argv[-1].startswith(b"HTTP/") or argv[0].upper() in ATTACKS


def key_in(argv: list[bytes], end: int) -> bytes:
    """The key that a request is about; its words of the line end at `end`."""
    name = argv[0]
    if name in TOUCHING:
        return argv[2] if end > 2 else b""
    if end < 2:
        return b""
    if name in META and any(word[:1] == b"b" for word in argv[2:end]):
        return decoded(argv[1])
    return argv[1]


def likes_of(verb: Verb, argv: list[bytes]) -> list[bytes]:
    """The commands of RESP that do together what the request does."""
    if argv[0] in TOUCHING:
        return [b"GET", b"GETEX"]
    if argv[0] == b"mg":
        letters = {word[:1] for word in argv[2:]}
        touching = [b"GETEX"] if b"T" in letters else []
        return [b"GET", *touching, b"SET"] if b"N" in letters else [b"GET", *touching]
    return [verb.like]
