"""What scripts write, at replicas and in the log: a script at once, and not what it hides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.replication.test_peers_follow import (
    assert_same,
    caught_up,
    commands_of,
    follow,
    play,
    requests,
)
from tests.support.servers import Server, start_dflite, start_redis, start_valkey, wait_until

HIDES = (
    "redis.call('SET', 'both', 1) redis.set_repl(redis.REPL_NONE) "
    "redis.call('SET', 'here', 1) redis.call('LPUSH', 'here:list', 1, 2) "
    "redis.call('INCRBYFLOAT', 'here:float', 1.5) redis.call('DEL', 'gone') "
    "redis.set_repl(redis.REPL_ALL) return redis.call('INCR', 'both')"
)


def holds(server: Server) -> list[bytes]:
    with server.connect() as client:
        return sorted(item.data for item in client.call("KEYS", "*").items)


@pytest.mark.parametrize("start", [start_dflite, start_valkey, start_redis])
def test_what_a_script_hides_is_only_here(
    run_dflite: Callable[..., Server], tmp_path: Path, start: Callable[[], Server]
) -> None:
    flags = ("--appendonly=yes", f"--dir={tmp_path}")
    primary = run_dflite("--repl_diskless_sync_delay=0", *flags)
    with start() as replica:
        follow(replica, primary)
        primary.call("SET", "gone", 1)
        assert primary.call("EVAL", HIDES, 0) == 2
        wait_until(lambda: caught_up(primary, replica), 30)
        assert holds(primary) == [b"both", b"here", b"here:float", b"here:list"]
        assert holds(replica) == [b"both", b"gone"]
        assert replica.call("GET", "both") == b"2"
    primary.stop()
    assert holds(run_dflite(*flags)) == [b"both", b"gone"]


# Several commands of one script: its words are "count, words of the first, ...".
SCRIPT = (
    "local at = 1 while ARGV[at] do local last = at + tonumber(ARGV[at]) "
    "redis.pcall(unpack(ARGV, at + 1, last)) at = last + 1 end return 1"
)


def as_scripts(program: list[list[bytes]]) -> list[list[bytes]]:
    """The same requests, four of them made by a script at a time."""
    scripts = []
    for at in range(0, len(program), 4):
        words = []
        for argv in program[at : at + 4]:
            words += [b"%d" % len(argv), *argv]
        scripts.append([b"EVAL", SCRIPT.encode(), b"0", *words])
    return scripts


@pytest.mark.parametrize("start", [start_redis, start_valkey])
def test_what_scripts_do_is_done_by_replicas_and_is_in_the_log(
    run_dflite: Callable[..., Server], tmp_path: Path, start: Callable[[], Server]
) -> None:
    flags = ("--appendonly=yes", f"--dir={tmp_path}", "--enable_debug_command=yes")
    primary = run_dflite("--repl_diskless_sync_delay=0", *flags)
    with start() as replica:
        follow(replica, primary)
        for seed in range(3):
            program = requests(seed, 2000, commands_of(replica))
            play(primary, as_scripts([argv for argv in program if argv[0].upper() != b"EVAL"]))
            assert_same(primary, replica)
        before = primary.call("DEBUG", "DIGEST")
        primary.stop()
        again = run_dflite(*flags)
        assert again.call("DEBUG", "DIGEST") == before
