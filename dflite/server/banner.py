"""The block that a node shows when it is ready: what it is, where it listens, how to get in."""

from typing import Final

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
        self.unixsocket = ""
        self.password = False
        self.protected = True
        self.maxmemory = 0
        self.config_file = ""


def banner(facts: Facts) -> str:
    """Several lines without a newline at the end."""
    build = "compiled" if facts.compiled else "interpreted, slower"
    lines = [f"dflite {facts.version} ({build}), Python {facts.python}, process {facts.pid}"]
    add(lines, "RESP", with_tls(facts.resp, facts.resp_tls))
    add(lines, "RESP, TLS", ", ".join(facts.resp_tls_only))
    add(lines, "Unix socket", facts.unixsocket)
    add(lines, "admin", ", ".join(facts.admin))
    add(lines, "endpoint", endpoint_words(facts))
    add(lines, "memory", memory_words(facts))
    add(lines, "persistence", "none, data live in memory only")
    add(lines, "settings", facts.config_file)
    add(lines, "connect", connection_uri(facts))
    add(lines, "", redis_cli_line(facts))
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
    return f"{size_words(facts.maxmemory)}, then writes are refused"


def size_words(size: int) -> str:
    for factor, unit in SIZES:
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


def connection_uri(facts: Facts) -> str:
    """What client libraries take, with stars for the password."""
    login = ":***@" if facts.password else ""
    address, tls = first_address(facts)
    if address:
        return f"{'rediss' if tls else 'redis'}://{login}{address}"
    if facts.unixsocket:
        return f"unix://{login}{facts.unixsocket}"
    return ""


def redis_cli_line(facts: Facts) -> str:
    address, tls = first_address(facts)
    if not address and not facts.unixsocket:
        return ""
    words = ["redis-cli"]
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
