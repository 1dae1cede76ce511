"""What takes the memory of a node, as a report."""

import pytest

from dflite.server.memory_report import MOST_PREFIXES, Report, databases_in, main, survey
from dflite.settings.command_line import UsageError
from tests.support.node import Node
from tests.support.servers import start_dflite


def test_sums_by_type_prefix_and_idle_time() -> None:
    report = Report(2, b":")
    report.add(0, b"user:1", b"hash", 3000, 5)
    report.add(0, b"user:2", b"hash", 1000, 700)
    report.add(3, b"plain", b"string", 500, 90_000)
    assert (report.total.keys, report.total.bytes) == (3, 4500)
    assert report.prefixes[b"user:"].bytes == 4000
    assert [sums.keys for sums in report.idle] == [1, 0, 1, 0, 1, 0]
    text = report.text()
    assert "hash user:1" in text
    assert "hash user:2" in text
    assert "plain" not in text.split("The biggest")[1]
    assert "88.9 %" in text


def test_too_many_prefixes_become_others() -> None:
    report = Report(3, b":")
    for number in range(MOST_PREFIXES + 10):
        report.add(0, b"%d:x" % number, b"string", 100 + number, 0)
    assert len(report.prefixes) < MOST_PREFIXES
    assert sum(sums.keys for sums in report.prefixes.values()) == MOST_PREFIXES + 10


def test_every_key_of_every_database_is_met() -> None:
    node = Node()
    client = node.client()
    for number in range(700):
        client.run("SET", f"a:{number}", "v")
    client.run("SELECT 5")
    client.run("RPUSH", "list", *["x"] * 1000)
    info = b"# Keyspace\r\ndb0:keys=700\r\ndb5:keys=1\r\n"

    def call(*words: bytes) -> object:
        return info if words[0] == b"INFO" else client.run(*words)

    report = Report(5, b":")
    survey(call, report)
    assert report.types[b"string"].keys == 700
    assert report.types[b"list"].keys == 1
    assert max(report.biggest)[1:] == (5, b"list", b"list")
    assert databases_in(None) == []


def test_the_command_prints_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    with start_dflite() as server, server.connect() as connection:
        connection.call("SET", "user:1", "x" * 5000)
        assert main(["report", f"redis://127.0.0.1:{server.port}"]) == 0
    printed = capsys.readouterr().out
    assert "1 keys take" in printed
    assert "user:" in printed


def test_without_a_node_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "redis://127.0.0.1:1"]) == 1
    assert "cannot reach 127.0.0.1:1: Connection refused" in capsys.readouterr().err


def test_what_is_asked_wrongly_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["report", "--help"]) == 0
    assert "Usage" in capsys.readouterr().out
    with pytest.raises(UsageError):
        main(["report", "--nosuch"])


@pytest.mark.parametrize(
    "words",
    [
        ["redis://127.0.0.1:1", "redis://127.0.0.1:2"],
        [""],
        ["http://127.0.0.1:1"],
        ["redis://127.0.0.1:1/x"],
        ["redis://127.0.0.1:1/1/2"],
        ["redis://127.0.0.1:1/1?x=y"],
        ["redis://127.0.0.1:x"],
        ["redis://127.0.0.1:99999"],
    ],
)
def test_an_address_is_one_and_has_nothing_that_is_not_understood(words: list[str]) -> None:
    with pytest.raises(UsageError):
        main(["report", *words])


def test_a_database_in_the_address_is_the_only_one(capsys: pytest.CaptureFixture[str]) -> None:
    with start_dflite() as server, server.connect() as connection:
        connection.call("SET", "zero", "x")
        connection.call("SELECT", "3")
        connection.call("SET", "three", "x")
        assert main(["report", f"redis://127.0.0.1:{server.port}/3"]) == 0
        printed = capsys.readouterr().out
        assert main(["report", f"redis://127.0.0.1:{server.port}/99"]) == 1
    assert "1 keys take" in printed
    assert "three" in printed
    assert "DB index is out of range" in capsys.readouterr().err
