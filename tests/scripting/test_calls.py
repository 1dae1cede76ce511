"""The commands that scripts call: what is allowed, what is journaled, what is counted."""

import pytest

from dflite.engine.command import COMMANDS
from dflite.native.wire.requests import Batch
from tests.scripting.conftest import Evaluate
from tests.support.node import Error, Node, NodeClient, forget_other_nodes

PLACE = " script: "


def test_effects_are_one_transaction_and_the_script_is_none(node: Node, lua: Evaluate) -> None:
    lua("redis.call('set', 'a', 1) redis.call('incr', 'a') return redis.call('get', 'a')")
    assert [step.lines for step in node.steps] == [["set a 1", "incr a"]]
    assert node.steps[0].transaction


def test_what_the_hot_lane_does_is_part_of_a_scripts_transaction() -> None:
    node = Node(lane=True)
    lane = node.executor.lane
    before = lane.calls.total()
    script = (
        "redis.call('set', 'a', 1) redis.call('append', 'a', 'x') redis.call('hset', 'h', 'f', 2) "
        "redis.call('hdel', 'h', 'none') redis.call('expire', 'a', 10) redis.call('get', 'a') "
        "redis.call('sadd', 's', 'm') redis.call('spop', 's') redis.call('select', 3) "
        "redis.call('rpush', 'l', 'x') redis.set_repl(redis.REPL_NONE) redis.call('incr', 'n')"
    )
    assert node.client().run("EVAL", script, "0") is None
    assert lane.calls.total() - before == 7  # not append, expire, spop, select
    assert [step.transaction for step in node.steps] == [True]
    lines = node.steps[0].lines
    assert lines[:3] == ["set a 1", "append a x", "hset h f 2"]
    assert lines[3].startswith("PEXPIREAT a ")
    assert lines[4:] == ["sadd s m", "SREM s m", "rpush l x"]
    assert [database for database, _ in node.steps[0].records] == [0] * 6 + [3]


def test_replication_can_be_turned_off_for_some(node: Node, lua: Evaluate) -> None:
    lua(
        "redis.set_repl(redis.REPL_NONE) redis.call('set', 'a', 1) "
        "redis.set_repl(redis.REPL_ALL) redis.call('set', 'b', 1)"
    )
    assert node.journal == ["set b 1"]


def test_what_expires_is_journaled_whatever_a_script_says(
    node: Node, client: NodeClient, lua: Evaluate
) -> None:
    client.run("SET k old PX 5")
    client.run("HSET h f old g 1")
    client.run("HPEXPIRE h 5 FIELDS 1 f")
    client.run("SET keep 1")
    node.take_journal()
    node.clock.advance(5)
    lua(
        "redis.set_repl(redis.REPL_NONE) redis.call('get', 'k') redis.call('hdel', 'h', 'g') "
        "redis.call('incrbyfloat', 'keep', 1) "
        "redis.set_repl(redis.REPL_ALL) redis.call('append', 'k', 'new')"
    )
    assert node.journal == ["DEL k", "HDEL h f", "append k new"]
    client.run("GETEX keep PX 10")
    assert node.journal[-1].startswith("PEXPIREAT keep ")


def test_scripts_within_a_transaction(node: Node, client: NodeClient) -> None:
    client.run_all("MULTI", "SET x 1", "EVAL \"redis.call('incr','x')\" 0")
    assert client.run("EXEC") == ["OK", None]
    assert [step.lines for step in node.steps] == [["SET x 1", "incr x"]]


def test_a_database_is_the_scripts_own(client: NodeClient, lua: Evaluate) -> None:
    lua("redis.call('select', 3) redis.call('set', 'k', 'v')")
    assert client.run("GET k") is None
    client.run("SELECT 3")
    assert client.run("GET k") == b"v"


def test_nothing_blocks(lua: Evaluate) -> None:
    assert lua("return redis.call('blpop', 'none', 0)") is None
    assert lua("return redis.call('xread', 'block', 0, 'streams', 's', '$')") is None


def test_commands_that_scripts_may_not_call(lua: Evaluate) -> None:
    for name in ("multi", "subscribe", "eval", "client"):
        assert "not allowed from script" in repr(
            lua(f"return redis.call('{name}', 'id', 'x')")
        ) or ("Wrong number" in repr(lua(f"return redis.call('{name}', 'id', 'x')")))
    assert "Unknown Redis command called from script" in repr(lua("return redis.call('nope')"))


def test_read_only_scripts_may_not_write(client: NodeClient) -> None:
    assert "Write commands are not allowed from read-only scripts" in repr(
        client.run("EVAL_RO", "return redis.call('set', 'k', 'v')", "0")
    )
    flagged = "#!lua flags=no-writes\nreturn redis.call('set', 'k', 'v')"
    assert "Write commands are not allowed" in repr(client.run("EVAL", flagged, "0"))
    assert client.run("EVAL_RO", "#!lua\nreturn 1", "0") == Error(
        b"ERR Can not execute a script with write flag using *_ro command."
    )


def test_memory_is_checked_before_the_first_write_only(node: Node, client: NodeClient) -> None:
    forget_other_nodes()
    client.run("SET big " + "x" * 1000)
    node.executor.max_memory = 100
    first = client.run("EVAL", "return redis.call('set', 'a', 1)", "0")
    assert isinstance(first, Error)
    assert first.code == "OOM"
    script = "redis.call('del', 'big') return redis.call('set', 'a', 1)"
    assert client.run("EVAL", script, "0") == "OK"
    long = "redis.call('set', 'a', 1) return redis.call('set', 'b', string.rep('x', 101))"
    node.executor.max_memory = 0
    client.run("EVAL", long, "0")
    node.executor.max_memory = 5_000_000
    longer = client.run("EVAL", long.replace("101", "5000000"), "0")
    assert isinstance(longer, Error)
    assert longer.code == "OOM"
    assert client.run("STRLEN b") == 101
    node.executor.max_memory = 1
    assert client.run("EVAL", "#!lua flags=allow-oom\nreturn redis.call('set','a',1)", "0") == "OK"
    assert "allow-oom flag is not set" in repr(client.run("EVAL", "#!lua\nreturn 1", "0"))


def test_commands_are_counted(client: NodeClient, lua: Evaluate) -> None:
    before = COMMANDS[b"GET"].calls
    rejected = COMMANDS[b"GET"].rejected
    lua("redis.call('get', 'x') redis.pcall('get')")
    assert COMMANDS[b"GET"].calls == before + 1
    assert COMMANDS[b"GET"].rejected == rejected + 1


def test_an_error_is_counted_once(node: Node, lua: Evaluate) -> None:
    lua("redis.call('set', 's', 'x') return redis.call('incr', 's')")
    assert node.executor.errors == {"ERR": 1}
    lua("error('x')")
    assert node.executor.errors == {"ERR": 2}


def test_monitors_see_the_script_first(node: Node, client: NodeClient, lua: Evaluate) -> None:
    monitor = node.client()
    monitor.run("MONITOR")
    lua("return redis.call('ping')")
    lines = [str(line) for line in monitor.read_all()]
    assert '"EVAL"' in lines[0]
    assert lines[1].endswith('[0 lua] "ping"')


def test_keys_that_a_script_reads_are_tracked(node: Node) -> None:
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON")
    tracker.run("EVAL", "return redis.call('get', 'k')", "0")
    node.client().run("SET k v")
    assert tracker.read() == [b"invalidate", [b"k"]]


def test_users_are_checked_for_each_command(node: Node, client: NodeClient) -> None:
    client.run("ACL SETUSER u on nopass +@all -incr ~k*")
    other = node.client()
    assert other.run("AUTH u p") == "OK"
    assert other.run("EVAL", "return redis.call('set', 'k1', 1)", "0") == "OK"
    assert "NOPERM" in repr(other.run("EVAL", "return redis.call('incr', 'k1')", "0"))
    assert "NOPERM" in repr(other.run("EVAL", "return redis.call('get', 'x')", "0"))
    tried = [(entry.context, entry.subject) for entry in node.executor.acl_log.entries]
    assert tried == [(b"lua", b"x"), (b"lua", b"incr")]
    assert other.run("EVAL", "return redis.acl_check_cmd('get', 'x')", "0") is None


def test_a_script_takes_as_many_words_as_come(client: NodeClient) -> None:
    words = [str(number) for number in range(200_000)]
    assert client.run("EVAL", "return {#KEYS, #ARGV, ARGV[200000]}", "0", *words) == [
        0, 200_000, b"199999",
    ]  # fmt: skip
    assert client.run("EVAL", "return {#KEYS, #ARGV}", "150000", *words) == [150_000, 50_000]
    for script in (
        "return select('#', unpack(ARGV))",
        "return redis.pcall('DEL', unpack(ARGV))",
        "return {unpack({}, 1, 1e8)}",
        "return {unpack({}, -2^31, 2^31 - 1)}",
    ):
        reply = client.run("EVAL", script, "0", *words)
        assert "too many results to unpack" in repr(reply)
    assert client.run("EVAL", "return redis.call('DEL', unpack(ARGV, 1, 7000))", "0", *words) == 0
    assert client.run("EVAL", "return #ARGV", "0") == 0


class Others:
    """What others do while a script is busy, then its end."""

    def __init__(self, node: Node, lines: list[str]) -> None:
        parsing, node.batch = node.batch, Batch()  # as if what is parsed were put aside
        self.other = node.client()
        node.batch = parsing
        self.lines = lines
        self.replies: list[object] = []
        self.turns = 0

    def __call__(self) -> bool:
        if self.lines:
            self.replies.append(self.other.run(self.lines.pop(0)))
        self.turns += 1
        return self.turns > 50  # whatever goes wrong, the test ends


def busy(node: Node, client: NodeClient, script: str, lines: list[str]) -> tuple[object, Others]:
    others = Others(node, lines)
    node.executor.script_patience_us = 1000
    node.executor.serve_others = others
    return client.run("EVAL", script, "0"), others


def test_others_are_told_while_a_script_is_busy(node: Node, client: NodeClient) -> None:
    lines = ["PING", "FUNCTION KILL", "MULTI", "DISCARD", "SCRIPT KILL"]
    reply, others = busy(node, client, "while true do end", lines)
    assert "Script killed by user" in repr(reply)
    assert "BUSY" in repr(others.replies[0])
    assert "BUSY" in repr(others.replies[1])
    assert others.replies[2:] == ["OK", "OK", "OK"]
    assert client.run("PING") == "PONG"


def test_a_script_that_has_written_cannot_be_killed(node: Node, client: NodeClient) -> None:
    script = "redis.call('set', 'a', 1) for i = 1, 2e6 do end return redis.call('get', 'a')"
    reply, others = busy(node, client, script, ["SCRIPT KILL"])
    assert reply == b"1"
    assert "UNKILLABLE" in repr(others.replies[0])
    assert node.journal == ["set a 1"]


@pytest.mark.parametrize("by_signal", [True, False])
def test_the_end_of_the_process_ends_a_script_with_words_of_its_own(
    node: Node, client: NodeClient, by_signal: bool
) -> None:
    node.executor.wants_end = by_signal
    others = Others(node, [])
    others.turns = 0 if by_signal else 50
    node.executor.script_patience_us = 1000
    node.executor.serve_others = others
    reply = client.run("EVAL", "pcall(function() while true do end end)\nreturn 1", "0")
    assert repr(reply).startswith("Error(b'ERR Script ended, because the server shuts down")
    assert node.executor.journal.closed is not by_signal


def test_what_is_not_sorted_comes_in_order_all_the_same(client: NodeClient, lua: Evaluate) -> None:
    client.run("SADD s b a c aa")
    assert lua("return redis.call('sort', 's', 'by', 'x')") == [b"a", b"aa", b"b", b"c"]


def test_a_script_that_answers_an_error_has_failed(client: NodeClient, lua: Evaluate) -> None:
    before = COMMANDS[b"EVAL"].failed
    lua("return redis.pcall('incr')")
    lua("error('x')")
    assert COMMANDS[b"EVAL"].failed == before + 2
    lua("return 1")
    assert COMMANDS[b"EVAL"].failed == before + 2
