"""Time that is set forward or back: nothing breaks, and what happens at times goes on."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clocks import JumpingClock
from tests.support.connection import Connection
from tests.support.remote import info, wait_for_link, wait_for_same_offset
from tests.support.servers import Server, wait_until

RunDflite = Callable[..., Server]
HOUR = 3600
FLAGS = (
    "--save=1 1",
    "--appendonly=yes",
    "--repl_diskless_sync_delay=1",
    "--enable_debug_command=yes",
)


def hour_of(client: Connection) -> int:
    return int(client.call("TIME").items[0].data) // HOUR


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_node_goes_on_when_its_clock_jumps(
    run_dflite: RunDflite, tmp_path: Path, jump: int
) -> None:
    clock = JumpingClock(tmp_path)
    server = run_dflite(f"--dir={tmp_path}", *FLAGS, env=clock.env)
    replica = run_dflite(f"--replicaof=127.0.0.1:{server.port}")
    wait_for_link(replica)
    with server.connect() as client, server.connect() as blocked, server.connect() as other:
        client.call("SET", "long", "1", "EX", str(2 * HOUR))
        client.call("SET", "half", "1", "EX", str(HOUR // 2))
        for number in range(100):
            client.call("SET", f"soon:{number}", "1", "PX", "1")
        client.call("XADD", "stream", "*", "f", "v")
        blocked.send("BLPOP", "list", "0")
        wait_until(lambda: client.call("DBSIZE").number == 3, what="keys expire")
        clock.set(jump)
        left = 2 if jump > 0 else 3
        wait_until(lambda: client.call("DBSIZE").number == left, what="half goes with the hour")
        assert abs(client.call("TTL", "long").number - (2 * HOUR - jump)) < 60
        # what is new expires by itself
        client.call("SET", "new", "1", "PX", "50")
        wait_until(lambda: client.call("DBSIZE").number == left, what="a new key expires")
        began = time.monotonic()
        assert other.call("BLPOP", "nothing", "0.2").value is None
        assert time.monotonic() - began < 5
        client.call("RPUSH", "list", "a")
        assert blocked.read().items[1].data == b"a"
        assert not client.call("XADD", "stream", "*", "f", "v").is_error
        assert [item.number for item in client.call("WAITAOF", "1", "0", "5000").items] == [1, 0]
        assert client.call("WAIT", "1", "5000").number == 1
        saved = int(info(server, "persistence")["rdb_saves"])
        client.call("SET", "changed", "1")
        wait_until(
            lambda: int(info(server, "persistence")["rdb_saves"]) > saved,
            what="a snapshot is taken",
        )
        another = run_dflite(f"--replicaof=127.0.0.1:{server.port}")
        wait_for_link(another)
        wait_for_same_offset(server, another)
        assert 0 <= int(info(server, "server")["uptime_in_seconds"]) < HOUR // 2
        assert "idle=-" not in client.call("CLIENT", "LIST").text
        digest = client.call("DEBUG", "DIGEST").text
    server.stop()
    with run_dflite(f"--dir={tmp_path}", *FLAGS, env=clock.env).connect() as client:
        assert client.call("DEBUG", "DIGEST").text == digest
