"""Public and private: what an endpoint of each kind asks of who comes in, and what it never does.

A public one speaks TLS and wants a passkey; without a certificate it makes one, without a passkey
it thinks of one, and keeps both in `--dir`. A private one is on loopback until an address is given,
and then protected mode keeps strangers out until there is a password. What is settled here are
defaults: nothing that was given is changed, but what would open a public endpoint is refused.
"""

import contextlib
import socket
from collections.abc import Callable
from importlib import import_module
from ipaddress import ip_address
from typing import Final

from dflite.server.logs import LOG, NOTICE
from dflite.server.own_files import OwnFiles
from dflite.server.passkey import PasskeyFile, is_line, make_passkey
from dflite.server.private_files import halves_of, remove_halves
from dflite.settings.command_line import UsageError
from dflite.settings.settings import Settings
from dflite.settings.values import Refused

PUBLIC: Final = "public"
EVERYWHERE: Final = ["*", "-::*"]
WILDCARDS: Final = {"*", "::*", "0.0.0.0", "::", ""}
SHORT: Final = 16
NEEDS_PASSKEY: Final = "a public endpoint needs a passkey"
NOT_A_LINE: Final = (
    "a passkey that the node keeps is a line of a file: it has no control characters, "
    "and no blanks at its ends"
)
NEEDS_TLS: Final = "a public endpoint speaks TLS: only --tls=no at the start switches it off"
HOUR_S: Final = 3600
RENEWED_S: Final = 30 * 24 * HOUR_S


def apply_profile(settings: Settings) -> list[str]:
    """Give settings their defaults for the kind of endpoint; warnings for the log.

    UsageError says what a public endpoint cannot be.
    """
    if settings.endpoint != PUBLIC:
        return []
    warnings = []
    if settings.given("memcached_port") and settings.memcached_port:
        raise UsageError(
            "memcached's protocol knows no passkey, so a public endpoint does not offer it: "
            "leave --memcached_port out, or give it to a node with --endpoint=private."
        )
    if settings.given("requirepass") and not settings.requirepass:
        raise UsageError(f"{NEEDS_PASSKEY}: leave --requirepass out, and one is made.")
    if settings.requirepass and len(settings.requirepass) < SHORT:
        warnings.append(
            f"the passkey is shorter than {SHORT} characters: strangers can try to guess it"
        )
    if settings.admin_port and not is_admin_on_loopback(settings):
        if settings.admin_nopass:
            raise UsageError(
                f"{NEEDS_PASSKEY}, on its admin port too: leave --admin_nopass out, "
                "or bind that port to this machine, --admin_bind=127.0.0.1."
            )
        if settings.no_tls_on_admin_port:
            raise UsageError(
                "a public endpoint speaks TLS on its admin port too: leave "
                "--no_tls_on_admin_port out, or bind that port to this machine, "
                "--admin_bind=127.0.0.1."
            )
    settings.derive("memcached_port", 0)
    if not settings.given("bind"):
        settings.derive("bind", list(EVERYWHERE))
    if not settings.given("primary_port_http_enabled"):
        # what it tells needs no passkey
        settings.derive("primary_port_http_enabled", False)
    if not settings.given("tls"):
        settings.derive("tls", True)
    elif not settings.tls:
        warnings.append(
            "--tls=no: passkey and data cross the network of this public endpoint in the clear"
        )
    return warnings


def is_admin_on_loopback(settings: Settings) -> bool:
    return is_loopback(settings.admin_bind)


def is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def makes_certificate(settings: Settings) -> bool:
    """Does the node use a certificate of its own making?"""
    return (
        settings.endpoint == PUBLIC
        and (settings.tls or settings.tls_port > 0)
        and not settings.tls_cert_file
        and not settings.tls_key_file
    )


class Endpoint:
    """The passkey and the certificate that the node keeps for itself, if it does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.passkeys = PasskeyFile(settings.dir)
        self.files = OwnFiles(settings.dir)
        self.keeps_passkey = False
        self.own_certificate = False
        self.failed_at_s = 0  # when a renewal was tried last

    @property
    def is_public(self) -> bool:
        return self.settings.endpoint == PUBLIC

    def furnish(self) -> list[str]:
        """Have a passkey and a certificate, if it is the node that has to; what was done, in words.

        OSError where `--dir` does not let it.
        """
        settings = self.settings
        if self.is_public:
            self.clear()
        done = []
        if self.is_public and not settings.requirepass:
            self.keeps_passkey = settings.passkey_kept = True
            known = self.passkeys.read()
            if not known:
                known = [make_passkey()]
                self.passkeys.write(known)
                done.append(f"made a passkey: {self.passkeys.path}")
            elif self.passkeys.protect():
                done.append(f"took the right to read {self.passkeys.path} away from others")
            settings.derive("requirepass", known[0])
            settings.older_passkeys = known[1:]
        if makes_certificate(settings):
            self.own_certificate = True
            done += self.make_certificate()
            settings.derive("tls_cert_file", self.files.certificate)
            settings.derive("tls_key_file", self.files.key)
        return done

    def clear(self) -> None:
        """Remove what a process that was killed has left half done."""
        for path in self.files.all():
            remove_halves(path)
        if halves_of(self.passkeys.path):
            # `dflite passkey` writes there too: what it is writing is not in the way
            with contextlib.suppress(OSError), self.passkeys.locked():
                remove_halves(self.passkeys.path)

    def make_certificate(self) -> list[str]:
        """See that the node's own certificate is good for a while; what was made, in words."""
        # By name, because who brings a certificate has no need of all that makes one.
        furnish: Callable[[OwnFiles, list[str]], list[str]] = import_module(
            "dflite.server.certificates"
        ).furnish
        return furnish(self.files, names_of(self.settings))

    def renew(self, now_s: int) -> None:
        """Make the node's own certificate anew; if that fails, again in an hour."""
        if not self.own_certificate or now_s < self.failed_at_s + HOUR_S:
            return
        self.failed_at_s = now_s
        try:
            for sentence in self.make_certificate():
                LOG.log(NOTICE, "%s", sentence)
        except OSError as error:
            LOG.warning("cannot renew the certificate: %s", error)

    def guard(self) -> None:
        """Refuse what CONFIG SET could open."""
        if self.is_public:
            self.settings.on_change("requirepass", self.check_passkey, always=True)
            self.settings.on_change("requirepass", self.keep_passkey, always=True, last=True)
            if self.settings.tls:
                self.settings.on_change("tls", self.check_tls)

    def check_passkey(self) -> None:
        passkey = self.settings.requirepass
        if not passkey:
            raise Refused(NEEDS_PASSKEY)
        if self.keeps_passkey and not is_line(passkey):
            raise Refused(NOT_A_LINE)

    def keep_passkey(self) -> None:
        """The passkey is the only one from now on, after the next start too."""
        if self.keeps_passkey:
            passkey = self.settings.requirepass
            self.passkeys.write([passkey])
            self.settings.older_passkeys = []
            self.settings.derive("requirepass", passkey)  # the file has it: no other need

    def check_tls(self) -> None:
        if not self.settings.tls:
            raise Refused(NEEDS_TLS)


def names_of(settings: Settings) -> list[str]:
    """What clients may call the node, the best first."""
    names = [announced_host(settings), "localhost", "127.0.0.1", "::1"]
    names += [socket.gethostname(), socket.getfqdn()]
    for host in [*settings.bind, settings.admin_bind]:
        host = host.removeprefix("-")
        if host not in WILDCARDS:
            names.append(host)
    if is_everywhere(settings):
        names += outward_addresses()
    return list(dict.fromkeys([plain_name(name) for name in names if plain_name(name)]))


def plain_name(name: str) -> str:
    """An address in its usual spelling, a host name in small ASCII letters; "" if it is neither."""
    name = name.strip("[]").partition("%")[0]
    with contextlib.suppress(ValueError):
        return str(ip_address(name))
    return name.lower() if name.isascii() else ""


def is_everywhere(settings: Settings) -> bool:
    return any(host.removeprefix("-") in WILDCARDS for host in settings.bind)


def announced_host(settings: Settings) -> str:
    """The host of the URI that clients get."""
    if settings.announce_ip:
        return settings.announce_ip
    given = [host.removeprefix("-") for host in settings.bind]
    outside = [host for host in given if host not in WILDCARDS and not is_loopback(host)]
    if outside:
        return outside[0]
    if is_everywhere(settings):
        return (outward_addresses() or ["127.0.0.1"])[0]
    return given[0] if given else "127.0.0.1"


def outward_addresses() -> list[str]:
    """This machine's address on the way to others, of IPv4 and of IPv6. Nothing is sent."""
    found = []
    for family, somewhere in (
        (socket.AF_INET, "192.0.2.1"),  # addresses of documentation: nobody has them
        (socket.AF_INET6, "2001:db8::1"),
    ):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 9))
            found.append(str(probe.getsockname()[0]))
    return found
