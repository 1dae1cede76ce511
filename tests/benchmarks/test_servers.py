"""How servers are named, started and asked for their version."""

from benchmarks.servers import (
    RIVALS,
    SERVERS,
    SUBJECT,
    dflite_arguments,
    redis_arguments,
    version_from_info,
)


def test_a_server_is_known_by_its_own_version_before_the_one_it_claims() -> None:
    info = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n"
    assert version_from_info("valkey", info) == "9.1.2"
    assert version_from_info("redis", info) == "7.2.4"
    assert version_from_info("valkey", "") == "unknown"


def test_subject_and_rivals_are_servers() -> None:
    assert {SUBJECT, *RIVALS} <= set(SERVERS)


def test_rivals_keep_nothing_on_disk() -> None:
    arguments = redis_arguments(1234, "somewhere")
    assert arguments[arguments.index("--save") + 1] == ""
    assert arguments[arguments.index("--appendonly") + 1] == "no"


def test_dflite_serves_without_a_second_port() -> None:
    arguments = dflite_arguments(1234, "somewhere")
    assert arguments[0] == "serve"
    assert arguments[arguments.index("--memcached_port") + 1] == "0"
