"""Redis Sentinel on loopback: three of them that watch one primary."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, cast

from tests.support.servers import Server, dflite_command, free_port, program, start, wait_until

NAME: Final = "mymaster"
CONFIG: Final = """port {port}
bind 127.0.0.1
dir {home}
sentinel monitor {name} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {name} 2500
sentinel failover-timeout {name} 6000
sentinel parallel-syncs {name} 1
"""


def start_sentinel(primary_port: int) -> Server:
    binary = program("redis-sentinel", "redis-sentinel")
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="sentinel-"))
    text = CONFIG.format(port=port, home=home, name=NAME, primary=primary_port)
    (home / "sentinel.conf").write_text(text)
    return start("sentinel", [binary, str(home / "sentinel.conf")], port, home=home)


def start_node(folder: Path, port: int, *flags: str) -> Server:
    """A node with a config file of its own, which CONFIG REWRITE keeps."""
    folder.mkdir(exist_ok=True)
    config = folder / "node.conf"
    if not config.exists():
        lines = [f"port {port}", f"dir {folder}", "repl-diskless-sync-delay 0", *flags]
        config.write_text("\n".join(lines) + "\n")
    argv = [str(dflite_command()), "serve", str(config), "--memcached_port=0"]
    return start("dflite", argv, port)


def primary_port(sentinel: Server) -> int:
    """Whom this sentinel takes for the primary."""
    address = sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
    assert isinstance(address, list)
    return int(cast(bytes, getattr(address[1], "value", address[1])))


def known(sentinel: Server) -> tuple[int, int]:
    """How many replicas and other sentinels this one knows to be well."""
    found = []
    for what in ("REPLICAS", "SENTINELS"):
        rows = sentinel.call("SENTINEL", what, NAME)
        assert isinstance(rows, list)
        texts = [repr(row) for row in rows]
        found.append(len([text for text in texts if "down" not in text.split("flags")[1][:60]]))
    return found[0], found[1]


def knows_all(sentinel: Server, replicas: int) -> bool:
    return known(sentinel) == (replicas, 2)


@contextmanager
def three_sentinels(primary: Server, replicas: int) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        sentinels = [stack.enter_context(start_sentinel(primary.port)) for _ in range(3)]
        for sentinel in sentinels:
            wait_until(partial(knows_all, sentinel, replicas), 20, "sentinels find all")
        yield sentinels
