"""Subscribers and trackers over real sockets: order, pipelines, and who does not read."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import make_certificate
from tests.support.connection import Closed, Connection
from tests.support.resp import PUSH, encode, encode_all
from tests.support.servers import Server, free_port, wait_until


def resp3(server: Server) -> Connection:
    connection = server.connect()
    connection.call("HELLO", "3")
    return connection


def test_messages_of_a_pipeline_come_in_order(dflite: Server) -> None:
    with dflite.connect() as listener, dflite.connect() as speaker:
        listener.call("SUBSCRIBE", "a")
        replies = speaker.pipeline([("PUBLISH", "a", n) for n in range(1000)])
        assert {reply.number for reply in replies} == {1}
        messages = listener.read_many(1000)
        assert [message.items[2].data for message in messages] == [b"%d" % n for n in range(1000)]


def test_own_messages_stand_between_the_replies_of_a_pipeline(dflite: Server) -> None:
    with resp3(dflite) as client:
        client.call("SUBSCRIBE", "a")
        client.send_raw(encode_all([("PUBLISH", "a", "1"), ("PING",), ("PUBLISH", "a", "2")]))
        kinds = [reply.kind for reply in client.read_many(5)]
        assert kinds == ["integer", PUSH, "simple", "integer", PUSH]


def test_a_subscriber_that_does_not_read_is_cut_off_and_the_others_are_not(dflite: Server) -> None:
    dflite.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0")
    with dflite.connect() as lazy, dflite.connect() as keen, dflite.connect() as speaker:
        lazy.call("SUBSCRIBE", "a")
        keen.call("SUBSCRIBE", "a")
        sent = 0
        while speaker.call("PUBLISH", "a", b"x" * 100_000).number == 2:
            keen.read()
            sent += 1
            assert sent < 1000
        keen.read()
        with pytest.raises(Closed):
            lazy.read_many(sent + 1)
        assert speaker.call("PUBLISH", "a", "still there").number == 1
        assert keen.read().items[2].data == b"still there"


def test_a_subscriber_over_the_soft_limit_is_cut_off_after_its_time(dflite: Server) -> None:
    dflite.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 100kb 1")
    with dflite.connect() as lazy, dflite.connect() as speaker:
        lazy.call("SUBSCRIBE", "a")
        for _ in range(80):
            speaker.call("PUBLISH", "a", b"x" * 100_000)
        wait_until(lambda: speaker.call("PUBSUB", "NUMSUB", "a").items[1].number == 0)


def test_a_subscriber_that_is_gone_is_forgotten(dflite: Server) -> None:
    with dflite.connect() as speaker:
        listener = dflite.connect()
        listener.call("SUBSCRIBE", "a")
        listener.close()
        wait_until(lambda: speaker.call("PUBLISH", "a", "x").number == 0)


def test_broadcasts_of_a_pipeline_come_together_before_its_replies_are_over(
    dflite: Server,
) -> None:
    with resp3(dflite) as tracker, dflite.connect() as writer:
        tracker.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "k")
        writer.pipeline([("SET", f"k{n}", "v") for n in range(5)])
        push = tracker.read()
        keys = [item.data for item in push.items[1].items]
        assert keys == sorted(keys)
        while len(keys) < 5:  # the pipeline came in several pieces
            keys += [item.data for item in tracker.read().items[1].items]
        assert set(keys) == {b"k0", b"k1", b"k2", b"k3", b"k4"}


def test_expiry_in_the_background_is_told(dflite: Server) -> None:
    with resp3(dflite) as tracker, resp3(dflite) as listener:
        dflite.call("CONFIG", "SET", "notify-keyspace-events", "Ex")
        tracker.call("CLIENT", "TRACKING", "ON")
        listener.call("PSUBSCRIBE", "__keyevent@*")
        listener.call("SET", "k", "v", "PX", "30")
        tracker.call("GET", "k")
        assert tracker.read().items[1].items[0].data == b"k"
        assert [item.data for item in listener.read().items[2:]] == [
            b"__keyevent@0__:expired",
            b"k",
        ]


def test_a_monitor_that_does_not_read_is_cut_off(dflite: Server) -> None:
    with dflite.connect() as lazy, dflite.connect() as speaker:
        lazy.call("MONITOR")
        payload = encode(("SET", "k", b"x" * 1_000_000))
        for _ in range(60):
            speaker.send_raw(payload)
            speaker.read()
        assert b"flags=O" not in speaker.call("CLIENT", "LIST").data
        assert dflite.running()


def test_subscribers_and_trackers_behind_tls(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    server = run_dflite(
        f"--tls_port={port}", f"--tls_cert_file={certificate}", f"--tls_key_file={key}"
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    listener = Connection(port)
    listener.socket = context.wrap_socket(listener.socket)
    with listener, server.connect() as speaker:
        listener.call("HELLO", "3")
        listener.call("CLIENT", "TRACKING", "ON", "BCAST")
        listener.call("SUBSCRIBE", "a")
        assert speaker.call("PUBLISH", "a", b"x" * 200_000).number == 1
        assert listener.read().items[2].data == b"x" * 200_000
        speaker.call("SET", "k", "v")
        assert listener.read().items[1].items[0].data == b"k"
