"""Following a primary: what a replica does about every kind of primary, good and bad."""

import random
import signal
import threading
from pathlib import Path

import pytest

from tests.support.certificates import make_certificate
from tests.support.fake_primary import ID, MARK, FakePrimary, Link, snapshot_of
from tests.support.proxy import Proxy
from tests.support.remote import held_by, info, wait_for_link, wait_for_same_offset
from tests.support.resp import encode
from tests.support.servers import Server, free_port, start_dflite, start_redis, wait_until


def role(server: Server) -> dict[str, str]:
    return info(server, "replication")


def get(server: Server, key: str) -> object:
    with server.connect() as connection:
        reply = connection.call("GET", key)
    return reply.data.decode().split()[0] if reply.is_error else reply.value


def warned(server: Server, text: str) -> bool:
    """Is it in the log, as a warning, once?"""
    lines = [line for line in server.log.splitlines() if text in line]
    return len(lines) == 1 and lines[0].split()[1] == "warning"


def full_sync(link: Link, data: bytes, offset: int = 100, marked: bool = True) -> None:
    link.send(b"+FULLRESYNC %b %d\r\n" % (ID.encode(), offset))
    link.send(b"$EOF:" + MARK + b"\r\n" if marked else b"$%d\r\n" % len(data))
    link.send(data + (MARK if marked else b""))


def serve_forever(link: Link) -> None:
    while link.read() or link.file.peek(1):
        continue


def good(link: Link) -> None:
    link.greet()
    full_sync(link, snapshot_of("SET new 1", "SELECT 2", "SET other 2"))
    serve_forever(link)


@pytest.mark.parametrize("marked", [True, False])
def test_a_snapshot_and_the_stream_behind_it(marked: bool) -> None:
    asked: list[list[bytes]] = []
    acks: list[int] = []
    request = encode(["SET", "streamed", "yes"])

    def script(link: Link) -> None:
        asked.append(link.greet())
        full_sync(link, snapshot_of("SET new 1"), marked=marked)
        link.send(b"\n" + request)
        while len(acks) < 3:
            acks.append(link.read_ack())
        serve_forever(link)

    with (
        FakePrimary(script) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: get(ours, "streamed") == b"yes")
        wait_until(lambda: len(acks) == 3)
        assert asked == [[b"PSYNC", b"?", b"-1"]]
        assert acks[-1] == 100 + 1 + len(request)
        assert role(ours)["slave_repl_offset"] == str(acks[-1])
        assert role(ours)["master_replid"] == ID
        assert ours.call("ROLE") is not None


def test_getack_is_answered_at_once_and_counts() -> None:
    acks: list[int] = []
    getack = encode(["REPLCONF", "GETACK", "*"])

    def script(link: Link) -> None:
        link.greet()
        full_sync(link, snapshot_of())
        assert link.read_ack() == 100
        for _ in range(5):
            link.send(getack)
            acks.append(link.read_ack())
        serve_forever(link)

    with FakePrimary(script) as primary, start_dflite(f"--replicaof=127.0.0.1:{primary.port}"):
        wait_until(lambda: len(acks) == 5, 4)
        assert acks[-1] >= 100 + 4 * len(getack)


def test_old_data_are_served_until_the_new_are_here() -> None:
    go_on = threading.Event()

    def script(link: Link) -> None:
        link.greet()
        data = snapshot_of("SET new 1")
        link.send(b"+FULLRESYNC %b 1\r\n$EOF:%b\r\n" % (ID.encode(), MARK) + data[:-20])
        go_on.wait(20)
        link.send(data[-20:] + MARK)
        serve_forever(link)

    with FakePrimary(script) as primary, start_dflite() as ours:
        ours.call("SET", "old", "1")
        ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_until(lambda: role(ours)["master_sync_in_progress"] == "1")
        assert get(ours, "old") == b"1"
        assert get(ours, "new") is None
        assert role(ours)["master_link_status"] == "down"
        go_on.set()
        wait_for_link(ours)
        assert get(ours, "old") is None
        assert get(ours, "new") == b"1"


def test_a_node_that_is_empty_says_that_it_is_loading() -> None:
    go_on = threading.Event()

    def script(link: Link) -> None:
        link.greet()
        data = snapshot_of("SET new 1")
        link.send(b"+FULLRESYNC %b 1\r\n$%d\r\n" % (ID.encode(), len(data)) + data[:20])
        go_on.wait(20)
        link.send(data[20:])
        serve_forever(link)

    with (
        FakePrimary(script) as primary,
        start_dflite() as ours,
    ):
        ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_until(lambda: get(ours, "new") == "LOADING")
        assert info(ours, "persistence")["loading"] == "1"
        go_on.set()
        wait_until(lambda: get(ours, "new") == b"1")


@pytest.mark.parametrize("way", ["cut", "damaged", "other end", "too short", "no snapshot"])
def test_a_snapshot_that_does_not_come_changes_nothing(way: str) -> None:
    def bad(link: Link) -> None:
        link.greet()
        data = snapshot_of("SET new 1", "RPUSH list 1 2 3")
        link.send(b"+FULLRESYNC %b 1\r\n" % ID.encode())
        if way == "no snapshot":
            link.send(b"-ERR no disk\r\n")
        elif way == "too short":
            link.send(b"$%d\r\n" % (len(data) - 12) + data)
        else:
            link.send(b"$EOF:" + MARK + b"\r\n")
        if way == "cut":
            link.send(data[:60])
            return
        if way == "damaged":
            data = data[:-8] + b"\x77" * 8
        link.send(data + MARK[::-1].replace(b"f", b"e"))
        link.read()

    with FakePrimary(bad, bad, good) as primary, start_dflite() as ours:
        ours.call("SET", "old", "1")
        ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_until(lambda: primary.served >= 2)
        assert get(ours, "old") in (b"1", None)
        wait_for_link(ours)
        assert get(ours, "new") == b"1"
        assert get(ours, "old") is None
        assert "no link to the primary" in ours.log


def test_a_primary_that_is_loading_or_has_none_itself_is_asked_again() -> None:
    def loading(link: Link) -> None:
        link.read()
        link.send(b"-LOADING Redis is loading the dataset in memory\r\n")

    def linkless(link: Link) -> None:
        link.greet()
        link.send(b"-NOMASTERLINK Can't SYNC while not connected with my master\r\n")

    with (
        FakePrimary(loading, loading, linkless, good) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_for_link(ours)
        assert "answers PING with -LOADING" in ours.log
        assert "cannot serve replicas now: -NOMASTERLINK" in ours.log


def test_a_stream_that_makes_no_sense_is_begun_anew() -> None:
    asked: list[list[bytes]] = []

    def senseless(link: Link) -> None:
        asked.append(link.greet())
        full_sync(link, snapshot_of("SET a 1"))
        link.send(b"*1\r\nPING\r\n")
        link.read()

    def sound(link: Link) -> None:
        asked.append(link.greet())
        full_sync(link, snapshot_of("SET new 1"))
        serve_forever(link)

    with (
        FakePrimary(senseless, sound) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: get(ours, "new") == b"1")
        assert asked == [[b"PSYNC", b"?", b"-1"]] * 2


def test_full_syncs_that_come_to_nothing_are_told_once_and_become_rare() -> None:
    def broken(link: Link) -> None:
        link.greet()
        full_sync(link, snapshot_of("SET a 1"))
        link.send(encode(["SET", "b", "1"]) + encode(["SELECT", "99999"]) + encode(["DEL", "b"]))
        link.read_ack()
        serve_forever(link)

    with (
        FakePrimary(broken) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: primary.served == 3)
        assert ours.log.count("see --dbnum") == 1
        assert get(ours, "b") == b"1"
        assert "Full resync" in ours.log
        assert primary.served <= 4


def test_a_primary_that_goes_on_with_nothing_is_none() -> None:
    def senseless(link: Link) -> None:
        link.greet()
        link.send(b"+CONTINUE " + ID.encode() + b"\r\n" + encode(["SET", "evil", "1"]))
        serve_forever(link)

    with (
        FakePrimary(senseless, good) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: get(ours, "new") == b"1")
        assert "a snapshot was asked for" in ours.log
        assert get(ours, "evil") is None


def test_a_new_id_is_taken_over_with_the_old_one_kept() -> None:
    other = ID[::-1]
    asked: list[list[bytes]] = []

    def first(link: Link) -> None:
        link.greet()
        full_sync(link, snapshot_of("SET a 1"), 100)
        link.send(encode(["SET", "b", "1"]))
        link.read_ack()

    def promoted(link: Link) -> None:
        asked.append(link.greet())
        link.send(b"+CONTINUE " + other.encode() + b"\r\n" + encode(["SET", "c", "1"]))
        serve_forever(link)

    with (
        FakePrimary(first, promoted) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: get(ours, "c") == b"1")
        assert get(ours, "b") == b"1"
        size = len(encode(["SET", "b", "1"]))
        assert asked[0][:2] == [b"PSYNC", ID.encode()]
        assert asked[0][2] in (b"101", b"%d" % (101 + size))
        assert role(ours)["master_replid"] == other
        assert role(ours)["master_replid2"] == ID


def test_silence_ends_a_link() -> None:
    def silent(link: Link) -> None:
        link.greet()
        full_sync(link, snapshot_of())
        serve_forever(link)

    with (
        FakePrimary(silent) as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}", "--repl_timeout=1") as ours,
    ):
        wait_until(lambda: primary.served >= 2, 15)
        assert "repl-timeout" in ours.log


def test_data_that_may_be_stale_are_refused_if_they_shall_be() -> None:
    with start_dflite("--replicaof=127.0.0.1:1") as ours:
        ours.call("CONFIG", "SET", "replica-serve-stale-data", "no")
        assert get(ours, "a") == "MASTERDOWN"
        assert ours.call("CONFIG", "SET", "replica-serve-stale-data", "yes") == b"OK"
        assert get(ours, "a") is None


def test_a_wrong_password_is_told_and_a_right_one_lets_in() -> None:
    with (
        start_redis("--requirepass", "secret") as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}", "--masterauth=wrong") as ours,
    ):
        wait_until(lambda: "does not let us in: -WRONGPASS" in ours.log)
        assert warned(ours, "does not let us in: -WRONGPASS")
        assert "secret" not in ours.log
        ours.call("CONFIG", "SET", "masterauth", "secret")
        wait_for_link(ours)


def test_a_password_that_is_missing_is_told_once() -> None:
    with (
        start_dflite("--requirepass=secret") as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: "--masterauth" in ours.log)
        wait_until(lambda: attempts(primary) >= 3)
        assert ours.log.count("NOAUTH") == 1
        ours.call("REPLICAOF", "localhost", str(primary.port))
        wait_until(
            lambda: ours.log.count("NOAUTH") == 2
        )  # it is another primary, for all one knows
        ours.call("CONFIG", "SET", "masterauth", "secret")
        wait_for_link(ours)


def attempts(primary: Server) -> int:
    with primary.connect() as connection:
        connection.call("AUTH", "secret")
        text = connection.call("INFO", "stats").value
    assert isinstance(text, bytes)
    return int(text.split(b"total_connections_received:")[1].split()[0])


def test_a_link_that_is_lost_is_a_warning_but_not_that_of_a_node_that_ends() -> None:
    with start_redis() as primary, start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours:
        wait_for_link(ours)
        ours.process.send_signal(signal.SIGTERM)
        ours.process.wait()
        assert "bye bye" in ours.log
        assert "no link to the primary" not in ours.log
        assert "Connection with master lost" not in ours.log
    with start_redis() as primary, start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours:
        wait_for_link(ours)
        primary.process.kill()
        wait_until(lambda: "Connection refused" in ours.log)
        assert warned(ours, "Connection with master lost")
        assert warned(ours, "Connection refused")


def test_a_primary_that_takes_its_time_with_a_snapshot_is_waited_for_aloud() -> None:
    with (
        start_dflite("--repl_diskless_sync_delay=100") as primary,
        start_dflite(f"--replicaof=127.0.0.1:{primary.port}") as ours,
    ):
        wait_until(lambda: "has this node wait for its snapshot" in ours.log)
        assert primary.log.count("its snapshot begins in 100 s") == 1
        primary.call("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        wait_for_link(ours)
        assert "notice   " in next(line for line in ours.log.splitlines() if "has this" in line)


def test_nobody_follows_himself() -> None:
    with start_dflite() as ours:
        for host in ("127.0.0.1", "localhost"):
            with ours.connect() as connection:
                reply = connection.call("REPLICAOF", host, str(ours.port))
            assert reply.is_error
            assert b"that is this node itself" in reply.data
        assert role(ours)["role"] == "master"


def test_who_is_to_follow_himself_by_another_name_says_so() -> None:
    with start_dflite() as ours, Proxy(ours.port) as proxy:
        ours.call("REPLICAOF", "127.0.0.1", str(proxy.port))
        wait_until(lambda: f":{proxy.port}: that is this node itself" in ours.log)


def test_nodes_that_follow_each_other_say_so() -> None:
    with start_dflite() as one, start_dflite() as other:
        one.call("REPLICAOF", "127.0.0.1", str(other.port))
        other.call("REPLICAOF", "127.0.0.1", str(one.port))
        wait_until(lambda: "follow each other" in one.log + other.log)


def test_a_primary_that_wants_tls_is_recognized(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    files = [f"--tls_cert_file={certificate}", f"--tls_key_file={key}"]
    with start_dflite("--tls_port=0", *files) as primary, start_dflite() as ours:
        port = str(free_port())
        primary.call("CONFIG", "SET", "tls-port", port)
        ours.call("REPLICAOF", "127.0.0.1", port)
        wait_until(lambda: "--tls_replication" in ours.log)
        ours.call("CONFIG", "SET", "tls-replication", "yes")
        wait_until(lambda: "--tls_ca_cert_file" in ours.log)
        ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_until(lambda: "speaks no TLS" in ours.log)


def test_an_authority_that_is_not_there_is_told_at_once() -> None:
    with start_dflite() as ours, ours.connect() as connection:
        connection.call("CONFIG", "SET", "tls-replication", "yes")
        reply = connection.call("CONFIG", "SET", "tls-ca-cert-file", "/nonexistent.crt")
        assert reply.is_error
        assert b"/nonexistent.crt" in reply.data
    with start_dflite("--tls_replication=yes", "--tls_ca_cert_file=/nonexistent.crt") as ours:
        assert "cannot read /nonexistent.crt" in ours.log


def test_tls_is_spoken_if_asked_for(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    files = [f"--tls_cert_file={certificate}", f"--tls_key_file={key}"]
    tls = [*files, f"--tls_ca_cert_file={certificate}"]
    with (
        start_dflite("--tls_port=0", *tls, "--repl_diskless_sync_delay=0") as primary,
        start_dflite("--tls_replication=yes", *tls) as ours,
    ):
        port = str(free_port())
        primary.call("CONFIG", "SET", "tls-port", port)
        primary.call("SET", "a", "1")
        ours.call("REPLICAOF", "127.0.0.1", port)
        wait_for_link(ours)
        assert get(ours, "a") == b"1"
        lines = primary.call("CLIENT", "LIST", "TYPE", "replica")
        assert isinstance(lines, bytes)
        assert b"tls=TLSv1" in lines


def test_a_full_sync_that_is_cut_again_and_again_comes_to_its_end() -> None:
    with (
        start_redis("--repl-diskless-sync-delay", "0") as primary,
        Proxy(primary.port) as proxy,
        start_dflite() as ours,
    ):
        with primary.connect() as connection:
            for n in range(300):
                connection.call("SET", f"k{n}", random.Random(n).randbytes(1000))
        ours.call("SET", "old", "1")
        for size in (500, 5_000, 40_000, 100_000):
            proxy.cut_after = size
            ours.call("REPLICAOF", "127.0.0.1", str(proxy.port))
            wait_until(lambda: proxy.cut_after < 0, 20)
            ours.call("REPLICAOF", "NO", "ONE")
            assert get(ours, "old") == b"1"
            assert ours.call("DBSIZE") == 1
        ours.call("REPLICAOF", "127.0.0.1", str(proxy.port))
        wait_for_link(ours)
        wait_for_same_offset(primary, ours)
        assert held_by(ours) == held_by(primary)


def test_the_log_of_a_replica_is_begun_with_the_new_data(tmp_path: Path) -> None:
    flags = ["--appendonly=yes", f"--dir={tmp_path}", "--appendfsync=always"]
    with start_redis("--repl-diskless-sync-delay", "0") as primary:
        primary.call("SET", "new", "1")
        with start_dflite(*flags) as ours:
            ours.call("SET", "old", "1")
            ours.call("REPLICAOF", "127.0.0.1", str(primary.port))
            wait_for_link(ours)
            wait_until(lambda: ours.log.count("AOF rewrite terminated") == 2, 15)
            primary.call("SET", "streamed", "1")
            wait_for_same_offset(primary, ours)
            held = held_by(primary)
            wait_until(lambda: info(primary, "replication")["slave0"].endswith("lag=0"))
            ours.process.kill()
            ours.process.wait()
        with start_dflite(*flags) as ours:
            assert held_by(ours) == held
