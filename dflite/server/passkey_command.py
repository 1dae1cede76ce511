"""`dflite passkey`: shows the passkey that a node keeps, and changes it while the node serves.

Changing takes two steps, so that no client is ever without one that is taken: `rotate` adds a new
passkey beside the old one, on the running node and in its file; once every client has the new one,
`drop-old` leaves only that.
"""

import socket
import ssl
import sys
import time
from collections.abc import Mapping
from typing import Final

from dflite.base.resp import request
from dflite.server.banner import connection_uri
from dflite.server.endpoint import PUBLIC, announced_host, apply_profile
from dflite.server.healthcheck import Door, Sick, connect, find_door, left
from dflite.server.passkey import PasskeyFile, make_passkey
from dflite.settings.command_line import HELP, HELP_FULL, VERSION, read_command_line
from dflite.settings.loading import load_settings
from dflite.settings.settings import Settings

USAGE: Final = """\
Usage: dflite passkey show [flags of dflite serve]       print the URI that clients need
       dflite passkey rotate [flags of dflite serve]     take a new passkey beside the old one
       dflite passkey drop-old [flags of dflite serve]   take only the new one from now on

The flags tell where the node keeps its passkey (--dir) and where it listens (--port ...).
"""
STEPS: Final = ("show", "rotate", "drop-old")
LONGEST_REPLY: Final = 4096
PATIENCE_S: Final = 5.0


class Refusal(Exception):
    """The node did not do it; the text is its error."""


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    step = arguments[0] if arguments else ""
    if step in ("--help", "-h", "help"):
        print(USAGE, end="")
        return 0
    if step not in STEPS:
        print(USAGE, end="", file=sys.stderr)
        return 2
    line = read_command_line(arguments[1:], frozenset())
    if line.wants in (HELP, HELP_FULL, VERSION):
        print(USAGE, end="")
        return 0
    settings, _ = load_settings(line, environ)
    apply_profile(settings)
    try:
        print(do(step, settings, environ), end="")
    except (Sick, Refusal) as problem:
        print(f"dflite passkey: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        reason = error.strerror or error
        print(f"dflite passkey: {error.filename or 'the node'}: {reason}", file=sys.stderr)
        return 1
    return 0


def do(step: str, settings: Settings, environ: Mapping[str, str]) -> str:
    """What to print when it is done."""
    file = PasskeyFile(settings.dir)
    known = [settings.requirepass] if settings.requirepass else file.read()
    if not known:
        raise Refusal(
            f"there is no passkey in {file.path}: give the --dir of the node, which keeps one "
            "when it is started with --endpoint=public"
        )
    if settings.endpoint != PUBLIC and not settings.requirepass:
        # a passkey in its folder makes it public: nothing else keeps one there
        settings.endpoint = PUBLIC
        apply_profile(settings)
    if step == "show":
        return shown(settings, known)
    door = find_door(settings, environ.get("HEALTHCHECK_PORT", ""))
    change = rotate if step == "rotate" else drop_old
    if settings.requirepass:
        return change(settings, file, known, door)
    try:
        with file.locked():
            return change(settings, file, file.read(), door)
    except BlockingIOError:
        raise Refusal("another dflite passkey is changing it right now") from None


def shown(settings: Settings, known: list[str]) -> str:
    text = f"{uri(settings, known[0])}\n"
    if len(known) > 1:
        text += "An older passkey is taken too, until: dflite passkey drop-old\n"
    return text


def rotate(settings: Settings, file: PasskeyFile, known: list[str], door: Door) -> str:
    kept = not settings.requirepass
    if kept and len(known) > 1:
        raise Refusal(
            "the last rotation is not over: once every client has the new passkey, say "
            "dflite passkey drop-old"
        )
    new = make_passkey()
    if kept:
        file.write([new, *known])  # before the node, so that a restart in between knows both
    try:
        tell(settings, door, known, ["ACL", "SETUSER", "default", f">{new}"])
        tell(settings, door, [new], ["PING"])
    except BaseException:
        if kept:
            file.write(known)
        raise
    lines = [
        "The node takes a new passkey, and the old one still. Give clients the new one:",
        f"  {uri(settings, new)}",
    ]
    if kept:
        lines.append("When every client has it: dflite passkey drop-old")
    else:
        lines.append(
            "The node was started with --requirepass: give the new passkey there too, before its "
            "next start; then the old one is gone."
        )
    return "\n".join(lines) + "\n"


def drop_old(settings: Settings, file: PasskeyFile, known: list[str], door: Door) -> str:
    if len(known) < 2:
        raise Refusal("there is no older passkey to drop: dflite passkey rotate makes a new one")
    tell(settings, door, known, ["CONFIG", "SET", "requirepass", known[0]])
    file.write(known[:1])
    return "Only the new passkey is taken from now on. Who is connected stays.\n"


def uri(settings: Settings, passkey: str) -> str:
    port = settings.announce_port or settings.port or settings.tls_port
    tls = settings.tls or not settings.port
    return connection_uri(announced_host(settings), port, tls, "default", passkey)


def tell(settings: Settings, door: Door, passkeys: list[str], argv: list[str]) -> None:
    """Have the node do it, as the default user with one of the passkeys. Refusal, Sick, OSError."""
    deadline = time.monotonic() + PATIENCE_S
    where = door.path or f"{door.hosts[0]}:{door.port}"
    try:
        connection = connect(door, settings, deadline)
    except ssl.SSLError as error:
        raise Sick(f"{where} does not answer in TLS: {error.reason}.") from None
    except OSError as error:
        reason = error.strerror or error
        raise Sick(f"{where} does not answer: {reason}. Is the node running there?") from None
    with connection:
        refused = ""
        for passkey in passkeys:
            refused = ask(connection, ["AUTH", "default", passkey], deadline)
            if not refused:
                break
        refused = refused or ask(connection, argv, deadline)
    if refused:
        raise Refusal(f"the node at {where} says: {refused}")


def ask(connection: socket.socket, argv: list[str], deadline: float) -> str:
    """Send a request whose reply is one line; the error it is, or nothing."""
    words = [word.encode("utf-8", "surrogateescape") for word in argv]
    connection.settimeout(left(deadline))
    connection.sendall(request(*words))
    reply = b""
    while not reply.endswith(b"\r\n"):
        connection.settimeout(left(deadline))
        piece = connection.recv(LONGEST_REPLY)
        if not piece or len(reply) > LONGEST_REPLY:
            raise Sick("the node closed the connection.")
        reply += piece
    text = reply[1:-2].decode("utf-8", "replace")
    return text if reply.startswith(b"-") else ""
