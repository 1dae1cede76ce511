"""`dflite healthcheck`: asks the node that the same flags would start whether it lives.

Alive is a node that answers PING with PONG, or says that it loads data, that its primary is down,
that a script runs or that it has no place for one more client: starting it anew would only make
these worse. With `--ready` nothing but PONG counts. A refused password is a failure.
"""

import os
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from typing import Final

from dflite.server.endpoint import PUBLIC, apply_profile, makes_certificate
from dflite.server.own_files import OwnFiles
from dflite.server.passkey import PasskeyFile
from dflite.server.specialization import specialize
from dflite.settings.command_line import HELP, HELP_FULL, VERSION, UsageError, read_command_line
from dflite.settings.conf_file import FileProblem
from dflite.settings.loading import load_settings
from dflite.settings.settings import Settings

USAGE: Final = """\
Usage: dflite healthcheck [--ready] [--healthcheck_timeout=3] [redis.conf] [flags of dflite serve]

Ends with 0 if the node that these flags, their files and DFLITE_ variables describe lives, and with
1 otherwise. A node that loads data, follows a primary that is down, runs a script or is full of
clients lives; with --ready only one that answers PONG will do.
"""
READY: Final = "ready"
ALIVE: Final = (b"-LOADING", b"-MASTERDOWN", b"-BUSY", b"-ERR max number of clients")
LONGEST_LINE: Final = 4096
ANY_ADDRESS: Final = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::*": "::1", "::": "::1"}


class Sick(Exception):
    """The node is not well; the text is the sentence to print."""


class Door:
    """One way to reach the node: hosts to try with a port, or a Unix socket."""

    def __init__(self, hosts: list[str], port: int, path: str, tls: bool, password: str) -> None:
        self.hosts = hosts
        self.port = port
        self.path = path
        self.tls = tls
        self.password = password


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    try:
        line = read_command_line(arguments, frozenset({READY}))
        if line.wants in (HELP, HELP_FULL, VERSION):
            print(USAGE, end="")
            return 0
        settings, _ = load_settings(line, environ)
        specialize(settings)
        apply_profile(settings)
        check(settings, environ, READY in line.switches)
    except (UsageError, Sick, FileProblem) as problem:
        print(f"dflite healthcheck: {problem}", file=sys.stderr)
        return 1
    return 0


def check(settings: Settings, environ: Mapping[str, str], ready: bool) -> None:
    door = find_door(settings, environ.get("HEALTHCHECK_PORT", ""))
    deadline = time.monotonic() + settings.healthcheck_timeout
    where = door.path or f"{door.hosts[0]}:{door.port}"
    try:
        connection = connect(door, settings, deadline)
        try:
            reply = ask(connection, door.password, deadline)
        finally:
            connection.close()
    except TimeoutError:
        raise Sick(f"{where} did not answer within {settings.healthcheck_timeout:g} s.") from None
    except EOFError:
        hint = "" if door.tls else " If it speaks TLS, give --tls."
        raise Sick(f"{where} closed the connection without a word.{hint}") from None
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise Sick(f"{where} does not answer in TLS: {reason}.") from None
    except OSError as error:
        raise Sick(f"{where} does not answer: {error.strerror or error}.") from None
    judge(where, reply, ready)


def judge(where: str, reply: bytes, ready: bool) -> None:
    if reply == b"+PONG":
        return
    text = reply.decode("utf-8", "replace")
    if reply.startswith(ALIVE):
        if ready:
            raise Sick(f"{where} is not ready: {text[1:]}")
        return
    if reply.startswith(b"-NOAUTH"):
        raise Sick(f"{where} wants a password: give it as DFLITE_REQUIREPASS or --requirepass.")
    if reply.startswith(b"-WRONGPASS"):
        raise Sick(f"{where} does not take the password that was given.")
    raise Sick(f"{where} answered {text!r} in place of PONG.")


def find_door(settings: Settings, wanted_port: str) -> Door:
    """The RESP port, or else the TLS port, the admin port, the Unix socket."""
    password = passkey_of(settings)
    admin_tls = settings.tls and not settings.no_tls_on_admin_port
    admin_password = "" if settings.admin_nopass else password
    admin_hosts = [settings.admin_bind] if settings.admin_bind else settings.bind
    if wanted_port:
        if not wanted_port.isdigit():
            raise Sick(f"HEALTHCHECK_PORT is '{wanted_port}', which is no port.")
        port = int(wanted_port)
        if port == settings.admin_port:
            return Door(reachable(admin_hosts), port, "", admin_tls, admin_password)
        tls = settings.tls or port == settings.tls_port
        return Door(reachable(settings.bind), port, "", tls, password)
    if settings.bind and settings.port > 0:
        return Door(reachable(settings.bind), settings.port, "", settings.tls, password)
    if settings.bind and settings.tls_port:
        return Door(reachable(settings.bind), settings.tls_port, "", True, password)
    if admin_hosts and settings.admin_port > 0:
        hosts = reachable(admin_hosts)
        return Door(hosts, settings.admin_port, "", admin_tls, admin_password)
    if settings.unixsocket:
        path = os.path.join(settings.dir, settings.unixsocket)
        return Door([], 0, path, False, password)
    raise Sick("there is no fixed port and no Unix socket to ask at.")


def passkey_of(settings: Settings) -> str:
    """The one that was given, or else the one that a public endpoint keeps."""
    if settings.requirepass or settings.endpoint != PUBLIC:
        return settings.requirepass
    return next(iter(PasskeyFile(settings.dir).read()), "")


def reachable(addresses: list[str]) -> list[str]:
    """Addresses to listen on, as addresses to connect to."""
    plain = [address.removeprefix("-") for address in addresses]
    return [ANY_ADDRESS.get(address, address) for address in plain] or ["127.0.0.1"]


def connect(door: Door, settings: Settings, deadline: float) -> socket.socket:
    """The first of the door's addresses that takes a connection."""
    if door.path:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(left(deadline))
        try:
            connection.connect(door.path)
        except OSError:
            connection.close()
            raise
        return connection
    problem = OSError("no address")
    for host in door.hosts:
        try:
            connection = socket.create_connection((host, door.port), left(deadline))
        except TimeoutError:
            raise
        except OSError as error:
            problem = error
            continue
        return secured(connection, settings) if door.tls else connection
    raise problem


def secured(connection: socket.socket, settings: Settings) -> socket.socket:
    """TLS over the connection. The certificate is checked where there is a CA to check it by;
    its name is not: it names the node for others, not for this machine.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    ca_file, ca_dir = settings.tls_ca_cert_file, settings.tls_ca_cert_dir
    try:
        if ca_file or ca_dir:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ca_file or None, ca_dir or None)
        elif makes_certificate(settings):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(OwnFiles(settings.dir).authority)
        if settings.tls_cert_file and settings.tls_key_file and (ca_file or ca_dir):
            # A node that asks clients for certificates of this CA has one of it itself.
            context.load_cert_chain(
                settings.tls_cert_file, settings.tls_key_file, settings.tls_key_file_pass
            )
        return context.wrap_socket(connection)
    except OSError:
        connection.close()
        raise


def ask(connection: socket.socket, password: str, deadline: float) -> bytes:
    """The reply to PING; where that is a missing password, the reply to AUTH."""
    request = b"*1\r\n$4\r\nPING\r\n"
    if password:
        data = password.encode("utf-8", "surrogateescape")
        request = b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\n" % (len(data), data) + request
    connection.settimeout(left(deadline))
    connection.sendall(request)
    received = b""
    replies = 2 if password else 1
    while received.count(b"\r\n") < replies:
        connection.settimeout(left(deadline))
        chunk = connection.recv(LONGEST_LINE)
        if not chunk or len(received) > LONGEST_LINE:
            break
        received += chunk
    lines = received.split(b"\r\n")[:-1]
    if not lines:
        raise EOFError
    reply = lines[-1]
    return lines[0] if reply.startswith(b"-NOAUTH") else reply


def left(deadline: float) -> float:
    rest = deadline - time.monotonic()
    if rest <= 0:
        raise TimeoutError
    return rest
