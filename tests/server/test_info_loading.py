"""INFO persistence while something is loaded."""

import threading

import pytest

from dflite.server.info_loading import lines
from tests.support.fake_primary import ID, MARK, FakePrimary, Link, snapshot_of
from tests.support.remote import info, wait_for_link
from tests.support.servers import start_dflite, wait_until


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("empty", [True, False])
def test_a_replica_tells_how_far_the_snapshot_is(marked: bool, empty: bool) -> None:
    go_on = threading.Event()
    snapshot = snapshot_of("SET new 1")

    def script(link: Link) -> None:
        link.greet()
        link.send(b"+FULLRESYNC %b 1\r\n" % ID.encode())
        link.send(b"$EOF:" + MARK + b"\r\n" if marked else b"$%d\r\n" % len(snapshot))
        link.send(snapshot[:12])
        assert go_on.wait(20)
        link.send(snapshot[12:] + (MARK if marked else b""))
        while link.read() or link.file.peek(1):
            continue

    with FakePrimary(script) as primary, start_dflite() as ours:
        if not empty:
            ours.call("SET", "old", "1")
        ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_until(lambda: info(ours, "persistence").get("loading_loaded_bytes") == "12")
        fields = info(ours, "persistence")
        assert (fields["loading"], fields["async_loading"]) == (("1", "0") if empty else ("0", "1"))
        assert fields["loading_total_bytes"] == ("0" if marked else str(len(snapshot)))
        assert 0 < float(fields["loading_loaded_perc"]) < 100
        assert int(fields["loading_start_time"]) > 1e9
        go_on.set()
        wait_for_link(ours)
        fields = info(ours, "persistence")
        assert (fields["loading"], fields["async_loading"]) == ("0", "0")
        assert "loading_start_time" not in fields


def test_a_length_that_is_not_told_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dflite.server.info_loading.time.time", lambda: 110.0)
    shown = dict(line.split(":") for line in lines(100, 0, 300, {"used-mem": "400"}))
    assert shown["loading_total_bytes"] == "0"
    assert shown["loading_rdb_used_mem"] == "400"
    assert shown["loading_loaded_perc"] == "75.00"
    assert shown["loading_eta_seconds"] == "3"
    shown = dict(line.split(":") for line in lines(100, 0, 500, {"used-mem": "400"}))
    assert shown["loading_loaded_perc"] == "99.80"
    shown = dict(line.split(":") for line in lines(100, 400, 400, {}))
    assert shown["loading_loaded_perc"] == "100.00"
