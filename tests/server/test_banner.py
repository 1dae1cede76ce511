"""The block at start-up."""

import pytest

from dflite.server.banner import (
    Facts,
    banner,
    connection_uri,
    endpoint_words,
    redis_cli_line,
    shown_uri,
    size_words,
)


def facts() -> Facts:
    known = Facts("1.2.3", True, "3.11.7", 4711)
    known.resp = ["127.0.0.1:6379", "[::1]:6379"]
    return known


def test_the_block_tells_what_it_is_where_it_listens_and_how_to_stop() -> None:
    known = facts()
    known.admin = ["127.0.0.1:9999"]
    known.memcached = ["127.0.0.1:6371"]
    known.unixsocket = "/run/x.sock"
    known.persistence = "none, data live in memory only"
    known.config_file = "/etc/redis.conf"
    assert banner(known).splitlines() == [
        "dflite 1.2.3 (compiled), Python 3.11.7, process 4711",
        "  RESP         127.0.0.1:6379, [::1]:6379",
        "  Unix socket  /run/x.sock",
        "  admin        127.0.0.1:9999",
        "  memcached    127.0.0.1:6371",
        "  endpoint     this machine only, without a password",
        "  memory       no limit (set one with --maxmemory)",
        "  persistence  none, data live in memory only",
        "  settings     /etc/redis.conf",
        "  connect      redis://127.0.0.1:6379",
        "               redis-cli -h 127.0.0.1 -p 6379",
        "  stop         Ctrl-C, or kill 4711",
    ]


def test_what_happens_when_memory_is_full_is_told() -> None:
    known = facts()
    known.maxmemory = 1 << 30
    assert "  memory       1 GiB, then writes are refused" in banner(known)
    known.evicts = True
    known.made_for = "memcached"
    assert "  memory       1 GiB, then old keys go" in banner(known)
    assert "  made for     memcached" in banner(known)


def test_a_password_is_not_written_out_but_asked_for() -> None:
    known = facts()
    known.password = True
    assert shown_uri(known) == "redis://:***@127.0.0.1:6379"
    assert redis_cli_line(known) == "redis-cli -h 127.0.0.1 -p 6379 --askpass"
    assert "this machine only, with a password" in banner(known)


@pytest.mark.parametrize(
    ("password", "protected", "words"),
    [
        (False, True, "this machine only, until there is a password (--requirepass)"),
        (False, False, "other machines too, without a password"),
        (True, True, "other machines too, with a password"),
        (True, False, "other machines too, with a password"),
    ],
)
def test_it_says_whether_other_machines_get_in(password: bool, protected: bool, words: str) -> None:
    known = facts()
    known.resp.append("0.0.0.0:6379")
    known.password = password
    known.protected = protected
    assert endpoint_words(known) == words


def test_tls_changes_the_scheme() -> None:
    known = facts()
    known.resp_tls = True
    assert shown_uri(known) == "rediss://127.0.0.1:6379"
    assert redis_cli_line(known) == "redis-cli -h 127.0.0.1 -p 6379 --tls"
    assert "127.0.0.1:6379, [::1]:6379 (TLS)" in banner(known)


def test_the_tls_port_is_named_where_it_is_the_only_one() -> None:
    known = facts()
    known.resp = []
    known.resp_tls_only = ["10.0.0.1:7000"]
    assert shown_uri(known) == "rediss://10.0.0.1:7000"


def test_all_addresses_are_reached_by_loopback() -> None:
    known = facts()
    known.resp = ["0.0.0.0:7000"]
    assert shown_uri(known) == "redis://127.0.0.1:7000"
    known.resp = ["[::]:7000"]
    assert shown_uri(known) == "redis://[::1]:7000"
    assert redis_cli_line(known) == "redis-cli -h ::1 -p 7000"


def test_a_unix_socket_alone_is_enough() -> None:
    known = facts()
    known.resp = []
    known.unixsocket = "/run/x.sock"
    known.persistence = "none, data live in memory only"
    assert shown_uri(known) == "unix:///run/x.sock"
    assert redis_cli_line(known) == "redis-cli -s /run/x.sock"


def test_without_any_way_in_there_is_nothing_to_paste() -> None:
    known = facts()
    known.resp = []
    assert "connect" not in banner(known)


def test_memory_and_build_are_told() -> None:
    known = facts()
    known.compiled = False
    known.maxmemory = 3 << 29
    assert "1.5 GiB, then writes are refused" in banner(known)
    assert "(interpreted, slower)" in banner(known)


def test_sizes_are_short() -> None:
    assert [size_words(size) for size in (5, 1 << 10, 3 << 29, 5 << 40)] == [
        "5 bytes", "1 KiB", "1.5 GiB", "5 TiB",
    ]  # fmt: skip


def test_a_public_endpoint_shows_a_uri_to_use_and_what_to_trust() -> None:
    known = facts()
    known.resp, known.resp_tls = ["0.0.0.0:6379"], True
    known.public, known.password = True, True
    known.host, known.port, known.passkey = "db.example.org", 6380, "p/k"
    known.trust_file, known.passkey_file = "/data/ca.crt", "/data/passkey"
    lines = banner(known).splitlines()
    assert "  endpoint     public, with a passkey and TLS" in lines
    assert "  connect      rediss://default:p%2Fk@db.example.org:6380" in lines
    assert any(line.endswith("--cacert /data/ca.crt") for line in lines)
    assert any("/data/passkey" in line for line in lines)
    known.passkey = ""
    assert "default:***@" in shown_uri(known)
    known.resp_tls = False
    assert "WITHOUT TLS" in endpoint_words(known)


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert connection_uri("::1", 1, False, "u", "p") == "redis://u:p@[::1]:1"
