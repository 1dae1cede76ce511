"""INFO, TIME, LASTSAVE, SHUTDOWN, MONITOR and MODULE."""

import pytest

from dflite.base.conversation_errors import (
    Loading,
    LogMisconfigured,
    Misconfigured,
    NotInTransaction,
)
from dflite.base.errors import BadSyntax, WrongArity
from dflite.base.server_errors import (
    CannotLoadModule,
    ModuleRefused,
    MonitorReadsOnly,
    MonitorRefused,
    NoSaveInProgress,
    NoShutdown,
    NoSuchModule,
)
from dflite.engine.context import SNAPSHOTS
from dflite.engine.replication import LOG
from tests.support.node import START_MS, WAITING, Error, Node, NodeClient
from tests.support.resp import BULK, VERBATIM


def test_info_asks_the_host_in_small_letters(node: Node, client: NodeClient) -> None:
    client.run("INFO")
    client.run("INFO Server CPU")
    assert node.host.info_asked == [[], ["server", "cpu"]]


def test_info_is_verbatim_in_resp3(client: NodeClient) -> None:
    assert client.run_exactly("INFO").kind == BULK
    client.run("HELLO 3")
    assert client.run_exactly("INFO").kind == VERBATIM


def test_time_is_the_clocks(node: Node, client: NodeClient) -> None:
    node.advance(1234)
    assert client.run("TIME") == [b"1800000001", b"234000"]


def test_lastsave_is_the_hosts(client: NodeClient) -> None:
    assert client.run("LASTSAVE") == START_MS // 1000


# -- SHUTDOWN --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("", (None, False, False)),
        (" NOSAVE", (False, False, False)),
        (" save", (True, False, False)),
        (" NOW", (None, True, False)),
        (" FORCE NOSAVE NOW", (False, True, True)),
    ],
)
def test_shutdown_answers_nothing(
    node: Node, client: NodeClient, words: str, asked: tuple[object, ...]
) -> None:
    assert client.run("SHUTDOWN" + words) is WAITING
    assert node.host.shutdowns == [asked]


@pytest.mark.parametrize("words", ["FOO", "SAVE NOSAVE", "NOSAVE SAVE", "ABORT NOW", "NOW ABORT"])
def test_shutdown_refuses(node: Node, client: NodeClient, words: str) -> None:
    assert client.run("SHUTDOWN " + words) == BadSyntax
    assert node.host.shutdowns == []


def test_there_is_no_shutdown_to_abort(client: NodeClient) -> None:
    assert client.run("SHUTDOWN ABORT") == NoShutdown


def test_shutdown_is_not_for_transactions(client: NodeClient) -> None:
    client.run("MULTI")
    assert client.run("SHUTDOWN") == NotInTransaction


# -- MONITOR ---------------------------------------------------------------------------------------


def shown(lines: list[object]) -> list[str]:
    """What monitors were sent, without the time."""
    return [str(line).split(" ", 1)[1] for line in lines]


def test_monitor_shows_requests_after_they_ran(node: Node) -> None:
    monitor, client = node.client(), node.client()
    assert monitor.run("MONITOR") == "OK"
    client.run("SELECT 3")
    client.run("SET", "a b", b'"\n\x00\xff')
    addr = client.state.addr
    assert shown(monitor.read_all()) == [
        f'[3 {addr}] "SELECT" "3"',
        f'[3 {addr}] "SET" "a b" "\\"\\n\\x00\\xff"',
    ]


def test_monitor_shows_what_the_hot_lane_would_answer() -> None:
    node = Node(lane=True, journal=False)
    monitor, client = node.client(), node.client()
    client.run("GET a")
    assert node.lane.calls.total() == 1
    monitor.run("MONITOR")
    client.run("GET a")
    assert len(shown(monitor.read_all())) == 1
    monitor.run("RESET")
    client.run("GET a")
    assert node.lane.calls.total() == 2


def test_monitor_shows_no_password_and_nothing_of_administrators(node: Node) -> None:
    monitor, client = node.client(), node.client()
    monitor.run("MONITOR")
    client.run("AUTH secret")
    client.run("HELLO 3 AUTH default secret")
    client.run("CONFIG SET masterauth secret")
    client.run("SLOWLOG GET")
    lines = shown(monitor.read_all())
    assert len(lines) == 2
    assert not any("secret" in line for line in lines)
    assert lines[0].endswith('"AUTH" "(redacted)"')
    assert lines[1].endswith('"HELLO" "3" "AUTH" "(redacted)" "(redacted)"')


def test_what_was_not_admitted_is_not_shown(node: Node) -> None:
    monitor, client = node.client(), node.client()
    monitor.run("MONITOR")
    client.run("GET")
    client.run("NOSUCH a")
    client.run("MULTI")
    client.run("SET a 1")
    assert len(monitor.read_all()) == 1
    client.run("EXEC")
    assert [line.split(" ")[2] for line in shown(monitor.read_all())] == ['"SET"', '"EXEC"']


def test_a_monitor_sees_itself_but_touches_no_key(node: Node) -> None:
    monitor = node.client()
    monitor.run("MONITOR")
    assert monitor.run("GET a") == MonitorReadsOnly
    monitor.send("PING")
    pong, line = monitor.read_all()
    assert pong == "PONG"
    assert shown([line]) == [f'[0 {monitor.state.addr}] "PING"']


def test_reset_ends_monitoring(node: Node) -> None:
    monitor, client = node.client(), node.client()
    monitor.run("MONITOR")
    monitor.send("MONITOR")
    assert monitor.read_all() == ["OK"]
    assert monitor.run("RESET") == "RESET"
    client.run("PING")
    assert monitor.read_all() == []
    assert monitor.run("GET a") is None
    assert node.executor.monitors == []


def test_a_monitor_that_is_gone_is_forgotten(node: Node) -> None:
    monitor = node.client()
    monitor.run("MONITOR")
    monitor.disconnect()
    assert node.executor.monitors == []


def test_monitor_is_refused_in_a_transaction(client: NodeClient) -> None:
    client.run("MULTI")
    client.run("MONITOR")
    reply = client.run("EXEC")
    assert isinstance(reply, list)
    assert reply[0] == MonitorRefused


# -- MODULE ----------------------------------------------------------------------------------------


def test_there_are_no_modules(node: Node, client: NodeClient) -> None:
    assert client.run("MODULE LIST") == []
    assert client.run("MODULE LIST x") == WrongArity
    assert client.run("MODULE LOAD x.so") == ModuleRefused
    node.host.settings.enable_module_command = "yes"
    assert client.run("MODULE LOAD x.so") == CannotLoadModule
    assert client.run("MODULE LOADEX x.so CONFIG a b") == CannotLoadModule
    assert client.run("MODULE UNLOAD x") == NoSuchModule


def test_module_help_and_unknown_subcommands(client: NodeClient) -> None:
    lines = client.run("MODULE HELP")
    assert isinstance(lines, list)
    assert "LIST" in lines
    assert isinstance(client.run("MODULE NOSUCH"), Error)


def test_snapshots_are_the_hosts(node: Node, client: NodeClient) -> None:
    assert client.run("BGSAVE CANCEL") == NoSaveInProgress
    assert client.run("SAVE") == "OK"
    assert client.run("BGSAVE") == "Background saving started"
    assert client.run("BGSAVE SCHEDULE") == "Background saving scheduled"
    assert client.run("BGSAVE CANCEL") == "Background saving cancelled"
    assert node.host.saves == ["CANCEL", "SAVE", "BGSAVE", "SCHEDULE", "CANCEL"]
    assert client.run("BGSAVE LATER") == BadSyntax
    assert client.run("BGSAVE SCHEDULE CANCEL") == BadSyntax


def test_while_data_are_loaded_only_some_commands_run(node: Node, client: NodeClient) -> None:
    node.executor.loading = True
    assert client.run("GET a") == Loading
    assert client.run("SAVE") == Loading
    assert str(client.run("INFO")).startswith("b'# Server")
    node.executor.loading = False
    assert client.run("GET a") is None


def test_no_writes_while_snapshots_fail(node: Node, client: NodeClient) -> None:
    node.executor.note_disk(SNAPSHOTS, Misconfigured())
    for line in ("SET a 1", "PING", "DEL a"):
        assert client.run(line) == Misconfigured
    assert client.run("GET a") is None
    client.run("MULTI")
    assert client.run("SET a 1") == Misconfigured
    assert str(client.run("EXEC")).startswith("Error(b'EXECABORT")
    script = "return redis.pcall('SET', 'a', 1).err"
    assert client.run("EVAL", script, "0") == Misconfigured.text


def test_no_writes_while_the_log_fails(node: Node, client: NodeClient) -> None:
    node.executor.note_disk(LOG, LogMisconfigured(b"No space left on device"))
    text = "MISCONF Errors writing to the AOF file: No space left on device"
    assert client.run("SET a 1") == text
    node.executor.note_disk(SNAPSHOTS, Misconfigured())
    assert client.run("SET a 1") == Misconfigured
    node.executor.note_disk(SNAPSHOTS, None)
    assert client.run("PING") == text
    node.executor.note_disk(LOG, None)
    assert client.run("SET a 1") == "OK"
