"""Between a connection that speaks memcached's protocol and the engine: each request is a step."""

from typing import Final

from dflite.base.conversation_errors import Loading, Misconfigured
from dflite.engine.acl import check
from dflite.engine.command import COMMANDS, DENYOOM, READONLY, WRITE
from dflite.engine.executor import Executor
from dflite.engine.secrets import describe_bug
from dflite.engine.session import Conversation
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
from dflite.native.clock import monotonic_us
from dflite.native.connection import HELD_PAUSED

INTERNAL: Final = b"SERVER_ERROR internal error\r\n"
NO_ROOM: Final = b"SERVER_ERROR out of memory\r\n"
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
        if verb is None or not verb.least <= len(argv) <= verb.most:
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
        forbidden = self.state_of_node(row.flags)
        if not forbidden and not client.user.unrestricted and verb.like and reason != BAD_LINE:
            forbidden = self.refusal(verb, argv)
        if not reason and row.flags & DENYOOM and not executor.make_room():
            executor.rejected_for_memory += 1
            reason = NO_MEMORY
            if refused is not None:
                argv = argv[:-1]
        effects = executor.effects
        effects.replaced = False
        executor.pushes.running = client
        started = NOW_US()
        if executor.noting_new and row.flags & WRITE and len(argv) > 1:
            executor.notifications.note_absent(ctx.db, [argv[1]])
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

    def state_of_node(self, flags: int) -> bytes:
        """What the node cannot do now, whoever asks; empty if it can."""
        executor = self.executor
        if executor.loading and flags & (READONLY | WRITE):
            return b"SERVER_ERROR " + Loading.text + b"\r\n"
        if executor.misconfigured and flags & WRITE:
            return b"SERVER_ERROR " + Misconfigured.text + b"\r\n"
        return b""

    def refusal(self, verb: Verb, argv: list[bytes]) -> bytes:
        """What the rules of the user say against it: they are those of a like command of RESP."""
        words = verb.like.split()
        like = COMMANDS[words[0]]
        if len(words) > 1:
            like = like.subcommands[words[1]]
        elif like.has_keys():
            words.append(argv[1])
        refusal = check(self.ctx.client.user, like, words, 0)
        if refusal is None:
            return b""
        return b"CLIENT_ERROR %b\r\n" % refusal.reason(self.ctx.client.user, like)
