"""CONFIG GET, CONFIG SET and the hooks, on the settings of one node."""

import os
from pathlib import Path

import pytest

from dflite.settings.command_line import UsageError, read_command_line
from dflite.settings.loading import load_settings
from dflite.settings.registry import SHOWN
from dflite.settings.setting import HOOKED
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused, Refused
from tests.support.servers import start_valkey


@pytest.fixture
def settings() -> Settings:
    return Settings()


def refusal(settings: Settings, *words: str) -> str:
    with pytest.raises(ChangeRefused) as error:
        settings.change(list(zip(words[::2], words[1::2], strict=True)))
    return str(error.value)


def failed(name: str, why: str) -> str:
    return f"CONFIG SET failed (possibly related to argument '{name}') - {why}"


# CONFIG GET


def test_get_finds_by_name_and_by_pattern_each_once(settings: Settings) -> None:
    found = settings.get_matching(["maxmemory", "maxmem*", "maxmemory"])
    names = [name for name, _ in found]
    assert names[0] == "maxmemory"
    assert "maxmemory-policy" in names
    assert len(set(names)) == len(names)


def test_get_answers_under_the_name_that_was_asked(settings: Settings) -> None:
    assert settings.get_matching(["slave-priority"]) == [("slave-priority", "100")]
    assert settings.get_matching(["LOGLEVEL", "logl*"]) == [("LOGLEVEL", "notice")]
    assert settings.get_matching(["slowlog_max_len"]) == [("slowlog_max_len", "128")]
    assert settings.get_matching(["dbnum", "databases"]) == [("dbnum", "16"), ("databases", "16")]


def test_get_shows_both_names_to_a_pattern(settings: Settings) -> None:
    names = [name for name, _ in settings.get_matching(["*-priority", "db*", "databases"])]
    assert names == ["replica-priority", "slave-priority", "dbfilename", "dbnum", "databases"]


def test_get_hides_switches_of_tests_from_patterns(settings: Settings) -> None:
    assert settings.get_matching(["key-load*"]) == []
    assert settings.get_matching(["key-load-delay"]) == [("key-load-delay", "0")]


def test_get_of_everything_shows_every_name_once(settings: Settings) -> None:
    assert [name for name, _ in settings.get_matching(["*"])] == [name for name, _ in SHOWN]


def test_get_of_nothing_known_is_empty(settings: Settings) -> None:
    assert settings.get_matching(["nosuch", "", "nosuch*", "[a"]) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("appendonly", "no"),
        ("proto-max-bulk-len", "536870912"),
        ("client-query-buffer-limit", "1073741824"),
        (
            "client-output-buffer-limit",
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
        ),
        ("bind", "127.0.0.1 -::1"),
        ("unixsocketperm", "0"),
        ("latency-tracking-info-percentiles", "50 99 99.9"),
        ("port", "6379"),
        ("memcached_port", "6371"),
        ("dir", os.getcwd()),
    ],
)
def test_get_shows_defaults_in_the_forms_of_redis(
    settings: Settings, name: str, shown: str
) -> None:
    assert settings.get_matching([name]) == [(name, shown)]


def test_text_of_an_unknown_name_is_a_key_error(settings: Settings) -> None:
    with pytest.raises(KeyError):
        settings.text("nosuch")


# CONFIG SET


def test_set_changes_all_of_several(settings: Settings) -> None:
    assert settings.change([("maxclients", "7"), ("MAXMEMORY", "1mb")]) == []
    assert (settings.maxclients, settings.maxmemory) == (7, 1 << 20)
    assert settings.given("maxmemory")
    assert not settings.given("timeout")


def test_set_names_what_has_no_effect(settings: Settings) -> None:
    assert settings.change([("maxmemory", "1"), ("activedefrag", "yes")]) == ["activedefrag"]
    assert settings.activedefrag is True


def test_set_changes_none_when_one_is_wrong(settings: Settings) -> None:
    why = refusal(settings, "maxclients", "7", "timeout", "x")
    assert why == failed("timeout", "argument couldn't be parsed into an integer")
    assert settings.maxclients == 10000
    assert not settings.given("maxclients")


def test_set_knows_what_may_not_change(settings: Settings) -> None:
    assert refusal(settings, "databases", "5") == failed("databases", "can't set immutable config")


def test_set_refuses_before_it_reads(settings: Settings) -> None:
    why = refusal(settings, "maxmemory", "abc", "databases", "1", "nosuch", "2")
    assert why == failed("databases", "can't set immutable config")
    why = refusal(settings, "maxmemory", "abc", "nosuch", "2", "databases", "1")
    assert why == "Unknown option or number of arguments for CONFIG SET - 'nosuch'"


def test_set_refuses_one_name_twice(settings: Settings) -> None:
    why = refusal(settings, "maxmemory", "1", "MAXMEMORY", "2")
    assert why == failed("maxmemory", "duplicate parameter")


def test_set_takes_two_names_of_one_setting_and_the_last_stands(settings: Settings) -> None:
    settings.change([("slave-priority", "50"), ("replica-priority", "60")])
    assert settings.replica_priority == 60


def test_set_takes_it_all_back_when_the_second_name_is_wrong(settings: Settings) -> None:
    refusal(settings, "slave-priority", "50", "replica-priority", "x")
    assert settings.replica_priority == 100


def test_set_of_one_class_leaves_the_other_limits(settings: Settings) -> None:
    settings.change([("client-output-buffer-limit", "normal 1 2 3")])
    settings.change([("client-output-buffer-limit", "pubsub 4 5 6")])
    assert settings.client_output_buffer_limit == [
        (1, 2, 3), (256 << 20, 64 << 20, 60), (4, 5, 6),
    ]  # fmt: skip


def test_set_of_its_own_settings_reads_them_as_flags(settings: Settings) -> None:
    settings.change([("primary_port_http_enabled", "false")])
    assert settings.primary_port_http_enabled is False
    settings.change([("primary-port-http-enabled", "yes")])
    assert settings.primary_port_http_enabled is True


@pytest.mark.parametrize(
    ("allowed", "from_here", "taken"),
    [
        ("no", True, False),
        ("local", False, False),
        ("local", True, True),
        ("yes", False, True),
    ],
)
def test_set_of_protected_settings_needs_leave(
    settings: Settings, allowed: str, from_here: bool, taken: bool
) -> None:
    settings.enable_protected_configs = allowed
    if taken:
        settings.change([("dbfilename", "x.rdb")], from_here)
        assert settings.dbfilename == "x.rdb"
    else:
        with pytest.raises(ChangeRefused, match="can't set protected config"):
            settings.change([("dbfilename", "x.rdb")], from_here)


# Hooks


def test_a_hooked_setting_changes_only_with_a_hook(settings: Settings) -> None:
    assert "immutable" in refusal(settings, "port", "7000")
    settings.on_change("port", lambda: None)
    settings.change([("port", "7000")])
    assert settings.port == 7000


def test_a_hook_sees_all_new_values_and_is_called_once(settings: Settings) -> None:
    seen: list[tuple[str, str]] = []

    def reload() -> None:
        seen.append((settings.tls_cert_file, settings.tls_key_file))

    settings.on_change("tls-cert-file", reload)
    settings.on_change("tls-key-file", reload)
    settings.change([("tls-cert-file", "c"), ("tls-key-file", "k")])
    assert seen == [("c", "k")]


def test_a_hook_is_not_called_for_the_same_value(settings: Settings) -> None:
    seen: list[int] = []
    settings.on_change("maxmemory", lambda: seen.append(settings.maxmemory))
    settings.change([("maxmemory", "0")])
    settings.change([("maxmemory", "5")])
    settings.change([("maxmemory", "5")])
    assert seen == [5]


def test_a_hook_may_want_to_be_called_for_the_same_value_too(settings: Settings) -> None:
    seen: list[bool] = []
    settings.on_change("tls", lambda: seen.append(settings.tls), always=True)
    settings.change([("tls", "no")])
    settings.change([("tls", "no")])
    assert seen == [False, False]


def test_a_hook_that_refuses_has_everything_taken_back(settings: Settings) -> None:
    seen: list[int] = []

    def refuse() -> None:
        raise Refused("Unable to listen on this port.")

    settings.on_change("maxmemory", lambda: seen.append(settings.maxmemory))
    settings.on_change("port", refuse)
    why = refusal(settings, "maxmemory", "5", "port", "7000")
    assert why == failed("port", "Unable to listen on this port.")
    assert (settings.maxmemory, settings.port) == (0, 6379)
    assert seen == [5, 0]


def test_a_hook_may_fail_as_the_system_does(settings: Settings) -> None:
    def fail() -> None:
        raise FileNotFoundError(2, "No such file or directory")

    settings.enable_protected_configs = "yes"
    settings.on_change("dir", fail)
    before = settings.dir
    assert refusal(settings, "dir", "/nowhere") == failed("dir", "No such file or directory")
    assert settings.dir == before


def test_a_hook_with_a_bug_leaves_the_old_values(settings: Settings) -> None:
    def break_down() -> None:
        raise RuntimeError("bug")

    settings.on_change("maxmemory", break_down)
    with pytest.raises(RuntimeError):
        settings.change([("maxmemory", "5")])
    assert settings.maxmemory == 0


def test_a_hook_for_an_unknown_setting_is_a_mistake(settings: Settings) -> None:
    with pytest.raises(KeyError):
        settings.on_change("nosuch", lambda: None)


# The same words as Valkey

TEXTS = [
    "", "0", "1", "-1", "01", "1.5", "abc", "yes", "no", "true", "5%", "101%", "-5%", "1kb", "1gb",
    "1.5gb", "99999999999999999999", "9223372036854775807", "4294967296",
    "noeviction", "nosave force", "KEA", "xyz", "a b", "1 2", "1 2 3", "1 2 ", "60 1000",
    "normal 1 2 3", "foo 1 2 3", "50 99.9", "101 x",
]  # fmt: skip
# Not asked: what would end the server, cut the test off, or is intended to differ.
NOT_ASKED = {
    "activedefrag": "depends on how the server was built",
    "bind": "stops it listening",
    "maxmemory": "may be a percentage here",
    "port": "stops it listening",
    "tls-port": "ends Valkey without certificates",
    "tls-cluster": "needs certificates",
    "tls-replication": "needs certificates",
    "tls-ca-cert-file": "fixed here: a CA cannot be taken out of a context again",
    "tls-ca-cert-dir": "fixed here, as the file",
    "tls-ciphers": "fixed here: the default of a context cannot be restored",
    "requirepass": "cuts the test off",
    "replicaof": "fixed here and there",
    "locale-collate": "depends on the machine",
    "log-format": "fixed here, with other words",
    "log-timestamp-format": "one form",
    "client-query-buffer-limit": "cuts the test off",
    "proc-title-template": "rewrites the title",
    "io-threads": "starts threads there",
    "cluster-blacklist-ttl": "unbounded there",
    "cluster-announce-client-ipv4": "any text here",
    "cluster-announce-client-ipv6": "any text here",
    "cluster-ping-interval": "hidden",
    "cluster-announce-human-nodename": "another pattern there",
    "maxclients": "depends on the limit of open files",
    "oom-score-adj": "needs rights",
    "oom-score-adj-values": "needs rights",
    "cluster-announce-ip": "any text here, as in Redis",
    "rdma-bind": "needs RDMA",
    "rdma-port": "needs RDMA",
}


def test_set_answers_as_valkey_does() -> None:
    names = sorted({name for name, row in SHOWN if not row.own and name != "dbnum"})
    different: list[str] = []
    with start_valkey() as server, server.connect() as connection:
        known = connection.call("CONFIG", "GET", "*").items
        theirs = {item.value.decode() for item in known[::2] if isinstance(item.value, bytes)}
        for name in names:
            hooked = dict(SHOWN)[name].when == HOOKED
            if name in NOT_ASKED or name not in theirs or hooked:
                continue
            settings = Settings()
            default = settings.text(name)
            for text in TEXTS:
                there = connection.call("CONFIG", "SET", name, text).data.decode()
                here = answer(settings, name, text)
                if here != there:
                    different.append(f"CONFIG SET {name} {text!r}: {here!r}, Valkey {there!r}")
                elif there == "OK":
                    shown = connection.call("CONFIG", "GET", name).items[1].data.decode()
                    ours = settings.text(name)
                    if ours != shown:
                        different.append(f"{name} {text!r} shows {ours!r}, Valkey {shown!r}")
            connection.call("CONFIG", "SET", name, default)
    assert not different, "\n".join(different)


def answer(settings: Settings, name: str, text: str) -> str:
    try:
        settings.change([(name, text)])
    except ChangeRefused as why:
        return f"ERR {why}"
    return "OK"


@pytest.mark.parametrize("name", ["dir", "dbfilename", "tls-client-cert-file"])
@pytest.mark.parametrize("char", ["\0", "\n", "\r"])
def test_what_can_be_no_name_of_a_file_is_refused(settings: Settings, name: str, char: str) -> None:
    settings.enable_protected_configs = "yes"
    before = settings.text(name)
    with pytest.raises(ChangeRefused, match="can't hold a line break or a NUL"):
        settings.change([(name, f"a{char}b")])
    assert settings.text(name) == before


@pytest.mark.parametrize("name", ["dir", "dbfilename", "appendfilename", "appenddirname"])
def test_nor_is_it_taken_from_the_command_line_or_a_file(tmp_path: Path, name: str) -> None:
    conf = tmp_path / "a.conf"
    conf.write_text(f'{name} "a\\nb"\n')
    for words in ([f"--{name}=a\nb"], [str(conf)]):
        with pytest.raises(UsageError, match="can't hold a line break or a NUL"):
            load_settings(read_command_line(words, frozenset()), {})


@pytest.mark.parametrize("text", ["\udcff", "x" * 20000, "-", "a..b", "127.0.0.1 a\nb"])
def test_what_is_no_address_to_listen_on_is_refused(settings: Settings, text: str) -> None:
    settings.on_change("bind", lambda: None)
    assert refusal(settings, "bind", text) == failed("bind", "a bind address can't be that")
    assert settings.bind == ["127.0.0.1", "-::1"]
