"""The table as a whole: names, defaults, types, and that it knows what Redis and Valkey know."""

import typing

import pytest

from dflite.settings.conf_file import split_text
from dflite.settings.registry import BY_NAME, SETTINGS, find_setting, nearest_name
from dflite.settings.setting import Setting, plain
from dflite.settings.settings import Settings
from dflite.settings.typed import TypedSettings
from dflite.settings.upstream import IGNORED_FLAGS, IGNORED_SWITCHES
from tests.support.servers import start_redis, start_valkey

EACH = pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)

# Where the default is another one than Valkey's, on purpose.
OTHER_DEFAULTS = {
    "bind": "loopback only",
    "dir": "wherever it was started",
    "log-format": "text is what Valkey calls legacy",
    "log-timestamp-format": "one form, the readable one",
    "port": "the test's",
    "repl-backlog-size": "as in Redis 7.2",
    "syslog-ident": "its own name",
    "enable-debug-command": "the test's",
}


def test_every_name_belongs_to_one_setting() -> None:
    names = [plain(name) for row in SETTINGS for name in {row.name, *row.config_names}]
    of_one = {(plain(name), row.name) for row in SETTINGS for name in (row.name, *row.config_names)}
    assert len(of_one) == len(BY_NAME)
    assert len(set(names)) == len(BY_NAME)


@EACH
def test_a_row_has_a_default_that_reads_back(row: Setting) -> None:
    value = row.default()
    assert row.kind.text(value) is not None
    assert row.help_text.endswith(".")
    assert row.kind.allowed()


@EACH
def test_lines_in_a_file_read_back_as_the_value(row: Setting) -> None:
    value = row.default()
    read: object = value
    for line in row.kind.file_lines(value):
        words = split_text(line)
        assert words is not None
        if row.kind.takes_several and len(words) == 1:
            words = row.kind.split(words[0])
        read = row.kind.parse_loosely(words, read)
        if row.kind.python_type == "list[tuple[int, int]]":
            return
    assert read == value


def test_attributes_are_typed_as_the_table_says() -> None:
    declared = {name: str(kind).replace("<class '", "").replace("'>", "")
                for name, kind in typing.get_type_hints(TypedSettings).items()}  # fmt: skip
    assert declared == {row.name: row.kind.python_type for row in SETTINGS}


def test_values_have_the_type_of_their_attribute() -> None:
    settings = Settings()
    for name, kind in typing.get_type_hints(TypedSettings).items():
        assert isinstance(getattr(settings, name), typing.get_origin(kind) or kind), name


def test_settings_and_ignored_flags_do_not_overlap() -> None:
    assert not {row.name for row in SETTINGS} & (IGNORED_FLAGS | IGNORED_SWITCHES)
    assert not IGNORED_FLAGS & IGNORED_SWITCHES


def test_lists_are_not_shared_between_nodes() -> None:
    Settings().bind.append("x")
    assert "x" not in Settings().bind


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("prot", "port"),
        ("max_memory", "maxmemory"),
        ("max-client", "maxclients"),
        ("proto-max-bulk-length", "max_bulk_len"),
        ("reqirepass", "requirepass"),
        ("zzzzzz", ""),
    ],
)
def test_the_nearest_name_is_what_was_meant(written: str, meant: str) -> None:
    assert nearest_name(written, []) == meant


def test_every_name_that_valkey_shows_is_known_with_its_default() -> None:
    with start_valkey() as server:
        reply = server.call("CONFIG", "GET", "*")
    check_names(reply, True)


def test_every_name_that_redis_shows_is_known() -> None:
    with start_redis() as server:
        reply = server.call("CONFIG", "GET", "*")
    check_names(reply, False)


def check_names(reply: object, same_defaults: bool) -> None:
    assert isinstance(reply, list)
    texts = [item.value.decode() for item in reply]
    settings = Settings()
    for name, theirs in zip(texts[::2], texts[1::2], strict=True):
        row = find_setting(name)
        assert row is not None, name
        assert name in row.config_names
        if same_defaults and name not in OTHER_DEFAULTS:
            assert settings.text(name) == theirs, name
