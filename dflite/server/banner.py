"""The block that a node shows when it is ready: what it is, where it listens, how to get in."""

from typing import Final
from urllib.parse import quote

LABEL: Final = 13
SIZES: Final = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class Facts:
    """What the block tells. Addresses are `host:port`, with brackets around an IPv6 host."""

    def __init__(self, version: str, compiled: bool, python: str, pid: int) -> None:
        self.version = version
        self.compiled = compiled
        self.python = python
        self.pid = pid
        self.resp: list[str] = []
        self.resp_tls = False
        self.resp_tls_only: list[str] = []  # of --tls_port
        self.admin: list[str] = []
        self.memcached: list[str] = []
        self.memcached_tls = False
        self.unixsocket = ""
        self.password = False
        self.protected = True
        self.maxmemory = 0
        self.config_file = ""
        # of a public endpoint
        self.public = False
        self.host = ""  # that clients shall use
        self.port = 0
        self.persistence = ""
        self.made_for = ""
        self.evicts = False
        self.passkey = ""
        self.passkey_file = ""
        self.trust_file = ""  # of the authority that signs the certificate


def banner(facts: Facts) -> str:
    """Several lines without a newline at the end."""
    build = "compiled" if facts.compiled else "interpreted, slower"
    lines = [f"dflite {facts.version} ({build}), Python {facts.python}, process {facts.pid}"]
    add(lines, "RESP", with_tls(facts.resp, facts.resp_tls))
    add(lines, "RESP, TLS", ", ".join(facts.resp_tls_only))
    add(lines, "Unix socket", facts.unixsocket)
    add(lines, "admin", ", ".join(facts.admin))
    add(lines, "memcached", with_tls(facts.memcached, facts.memcached_tls))
    add(lines, "endpoint", endpoint_words(facts))
    add(lines, "made for", facts.made_for)
    add(lines, "memory", memory_words(facts))
    add(lines, "persistence", facts.persistence)
    add(lines, "settings", facts.config_file)
    add(lines, "connect", shown_uri(facts))
    add(lines, "", redis_cli_line(facts))
    add_trust(lines, facts)
    add(lines, "stop", f"Ctrl-C, or kill {facts.pid}")
    return "\n".join(lines)


def add(lines: list[str], label: str, text: str) -> None:
    if text:
        lines.append(f"  {label:<{LABEL}}{text}")


def with_tls(addresses: list[str], tls: bool) -> str:
    text = ", ".join(addresses)
    return f"{text} (TLS)" if text and tls else text


def endpoint_words(facts: Facts) -> str:
    """Who gets in, by the addresses and the password."""
    if facts.public:
        tls = facts.resp_tls or (facts.resp_tls_only and not facts.resp)
        return "public, with a passkey " + ("and TLS" if tls else "but WITHOUT TLS on all ports")
    password = "with a password" if facts.password else "without a password"
    if all(is_loopback(address) for address in facts.resp + facts.resp_tls_only + facts.admin):
        return f"this machine only, {password}"
    if not facts.password and facts.protected:
        return "this machine only, until there is a password (--requirepass)"
    return f"other machines too, {password}"


def is_loopback(address: str) -> bool:
    return address.startswith(("127.", "[::1]"))


def memory_words(facts: Facts) -> str:
    if not facts.maxmemory:
        return "no limit (set one with --maxmemory)"
    then = "old keys go" if facts.evicts else "writes are refused"
    return f"{size_words(facts.maxmemory)}, then {then}"


def size_words(size: int) -> str:
    for factor, unit in SIZES:
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


def add_trust(lines: list[str], facts: Facts) -> None:
    """How clients come to trust the node's own certificate, and where the passkey is."""
    if facts.trust_file:
        add(lines, "certificate", f"clients trust it by a copy of {facts.trust_file}:")
        add(lines, "", "redis-cli --cacert FILE; redis-py ?ssl_ca_certs=FILE in the URI;")
        add(lines, "", "node-redis { socket: { ca } }; ioredis { tls: { ca } }; go-redis RootCAs")
    if facts.passkey_file:
        add(lines, "passkey", f"kept in {facts.passkey_file}; dflite passkey rotate changes it")


def shown_uri(facts: Facts) -> str:
    """What client libraries take: whole for a public endpoint, else with stars for the password."""
    login = ":***@" if facts.password else ""
    address, tls = first_address(facts)
    if facts.public and address:
        uri = connection_uri(facts.host, facts.port, tls, "default", facts.passkey)
        return uri if facts.passkey else uri.replace(":@", ":***@", 1)
    if address:
        return f"{'rediss' if tls else 'redis'}://{login}{address}"
    if facts.unixsocket:
        return f"unix://{login}{facts.unixsocket}"
    return ""


def connection_uri(host: str, port: int, tls: bool, user: str, password: str) -> str:
    """A URI to be used as it is."""
    place = f"[{host}]" if ":" in host else host
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{'rediss' if tls else 'redis'}://{login}@{place}:{port}"


def redis_cli_line(facts: Facts) -> str:
    address, tls = first_address(facts)
    if not address and not facts.unixsocket:
        return ""
    words = ["redis-cli"]
    if facts.public and address:
        words += ["-u", f"'{shown_uri(facts)}'"]
        if facts.trust_file:
            words += ["--cacert", facts.trust_file]
        return " ".join(words)
    if address:
        host, _, port = address.rpartition(":")
        words += ["-h", host.strip("[]"), "-p", port]
    else:
        words += ["-s", facts.unixsocket]
    if tls:
        words.append("--tls")
    if facts.password:
        words.append("--askpass")
    return " ".join(words)


def first_address(facts: Facts) -> tuple[str, bool]:
    """An address to connect to from this machine, and whether it speaks TLS."""
    for addresses, tls in ((facts.resp, facts.resp_tls), (facts.resp_tls_only, True)):
        if addresses:
            host, _, port = addresses[0].rpartition(":")
            host = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
            return f"{host}:{port}", tls
    return "", False
