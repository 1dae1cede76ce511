"""An interpreter without a node: scripts that call no command."""

from time import monotonic

from dflite.native.base.clock import Clock
from dflite.native.lua.vm import LuaVM
from dflite.native.wire.lane import Lane
from dflite.native.wire.reply import Reply
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace
from tests.support.node import plain
from tests.support.resp import parse_all


class Commands:
    """Answers every command with a bulk, or what the test says."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.answer = b"$2\r\nok\r\n"
        self.asked: list[list[bytes]] = []
        self.noted: list[list[bytes]] = []
        self.registered: list[tuple[bytes, bytes | None, list[bytes]]] = []
        self.logged: list[tuple[int, bytes]] = []
        self.kill_after = 0
        self.takes = 0.0  # seconds of a command

    def call(self, argv: list[bytes]) -> bytes | None:
        self.asked.append(argv)
        over = monotonic() + self.takes
        while self.takes and monotonic() < over:
            continue
        if argv[0] == b"refused":
            return b"ERR refused"
        assert self.reply is not None
        self.reply.raw(self.answer)
        return None

    def note(self, argv: list[bytes]) -> None:
        self.noted.append(argv)

    def log(self, level: int, text: bytes) -> None:
        self.logged.append((level, text))

    def is_allowed(self, argv: list[bytes]) -> bool | None:
        return None if argv[0] == b"unknown" else argv[0] != b"forbidden"

    def set_replication(self, flags: int) -> None:
        self.asked.append([b"set_repl", b"%d" % flags])

    def register(
        self, name: bytes, description: bytes | None, flags: list[bytes], reference: int
    ) -> bytes | None:
        self.registered.append((name, description, flags))
        return b"ERR not this one" if name == b"bad" else None

    def let_others_speak(self, first: bool) -> bytes | None:
        self.kill_after -= 1
        return None if self.kill_after > 0 else b"ERR Killed"


class Interpreter:
    """`run(script)` is its result as a Python value."""

    def __init__(self, for_functions: bool = False) -> None:
        clock = Clock(0)
        self.lane = Lane(clock, Keyspace(clock, Effects(), 1, 1).tables)
        self.commands = Commands()
        self.vm = LuaVM(self.commands, self.lane, for_functions, b"7.4.0", 0x070400)
        self.commands.reply = self.vm.capture
        self.reply = Reply()
        self.errors: list[bytes] = []

    def raw(self, script: str) -> bytes:
        """What a script without arguments answers, or the text of its error."""
        reference = self.vm.compile(script.encode(), 0, b"@user_script")
        error = self.vm.run(reference, [], 0, 0, self.reply, b"sha", self.errors)
        self.vm.release(reference)
        return error or self.reply.take()

    def run(
        self, script: str | bytes, keys: tuple[bytes, ...] = (), args: tuple[bytes, ...] = ()
    ) -> object:
        text = script.encode("latin-1") if isinstance(script, str) else script
        reference = self.vm.compile(text, 0, b"@user_script")
        argv = [*keys, *args]
        error = self.vm.run(reference, argv, 0, len(keys), self.reply, b"sha", self.errors)
        self.vm.release(reference)
        data = self.reply.take()
        if error is not None:
            assert not data
            return "error: " + error.decode("latin-1")
        replies = parse_all(data)
        assert len(replies) == 1
        return plain(replies[0])
