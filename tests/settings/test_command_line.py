"""The words behind `dflite serve`."""

import pytest

from dflite.settings.command_line import CommandLine, UsageError, read_command_line


def read(*words: str) -> CommandLine:
    return read_command_line(list(words), frozenset({"ready"}))


def given(*words: str) -> list[tuple[str, list[str]]]:
    return [(item.row.name, item.words) for item in read(*words).assignments]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--port=7"], [("port", ["7"])]),
        (["--port", "7"], [("port", ["7"])]),
        (["-port", "7"], [("port", ["7"])]),
        (["--port", "-1"], [("port", ["-1"])]),
        (["--max-clients=1"], None),
        (["--maxmemory-policy=x"], [("maxmemory_policy", ["x"])]),
        (["--maxmemory_policy=x"], [("maxmemory_policy", ["x"])]),
        (["--tls"], [("tls", ["yes"])]),
        (["--tls", "--port=1"], [("tls", ["yes"]), ("port", ["1"])]),
        (["--tls=false"], [("tls", ["false"])]),
        (["--appendonly", "no"], [("appendonly", ["no"])]),
        (["--notls"], [("tls", ["no"])]),
        (["--noprotected-mode"], [("protected_mode", ["no"])]),
        (["--no_tls_on_admin_port"], [("no_tls_on_admin_port", ["yes"])]),
        (["--no-appendfsync-on-rewrite", "yes"], [("no_appendfsync_on_rewrite", ["yes"])]),
        (["--enable-debug-command", "local"], [("enable_debug_command", ["local"])]),
        (["--enable-debug-command"], [("enable_debug_command", ["yes"])]),
        (["--save", "900", "1", "--port", "1"], [("save", ["900", "1"]), ("port", ["1"])]),
        (["--save", ""], [("save", [""])]),
        (["--save=900 1"], [("save", ["900", "1"])]),
        (["--bind", "127.0.0.1", "-::1"], [("bind", ["127.0.0.1", "-::1"])]),
        (["--bind=127.0.0.1,::1"], [("bind", ["127.0.0.1", "::1"])]),
        (["--replicaof", "host", "1"], [("replicaof", ["host", "1"])]),
        (["--replicaof=host:1"], [("replicaof", ["host", "1"])]),
        (["--requirepass=a=b"], [("requirepass", ["a=b"])]),
        (["--databases=4"], [("dbnum", ["4"])]),
        (["--proto-max-bulk-len=1mb"], [("max_bulk_len", ["1mb"])]),
        (["--slaveof", "no", "one"], [("replicaof", ["no", "one"])]),
        (["--undefok=foo", "--foo", "--port=1"], [("port", ["1"])]),
    ],
)
def test_flags_are_read(words: list[str], expected: list[tuple[str, list[str]]] | None) -> None:
    if expected is None:
        with pytest.raises(UsageError):
            read(*words)
    else:
        assert given(*words) == expected


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("--prot=1", "There is no flag --prot; did you mean --port?"),
        ("--notsl", "There is no flag --notsl; "),
        ("--Port=1", "There is no flag --Port; did you mean --port?"),
        ("--qqqq", "There is no flag --qqqq; --helpfull lists all there are."),
        ("--port", "--port needs a value, as in --port=VALUE."),
        ("--flagfile", "--flagfile needs a value, as in --flagfile=VALUE."),
    ],
)
def test_a_wrong_flag_is_a_sentence(word: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        read(word)
    assert str(error.value).startswith(sentence)


def test_a_value_that_looks_like_a_flag_needs_an_equals_sign() -> None:
    with pytest.raises(UsageError, match="needs a value"):
        read("--requirepass", "--port=1")
    assert given("--requirepass=--port") == [("requirepass", ["--port"])]


def test_flags_of_dragonfly_are_let_through_with_their_values() -> None:
    line = read("--alsologtostderr", "--v", "2", "--nologtostderr", "--luagc=x", "a.conf")
    assert line.ignored == ["alsologtostderr", "v", "nologtostderr", "luagc"]
    assert line.config_file == "a.conf"


def test_a_switch_of_dragonfly_takes_a_yes_behind_it() -> None:
    line = read("--version_check", "true", "--jsonpathv2", "false", "--force_epoll", "a.conf")
    assert line.config_file == "a.conf"


def test_the_arguments_of_the_kubernetes_operator_are_taken() -> None:
    line = read(
        "--alsologtostderr",
        "--break_replication_on_master_restart=true",
        "--primary_port_http_enabled=false",
        "--admin_port=9999",
        "--admin_nopass",
        "--no_tls_on_admin_port",
        "--cluster_mode=emulated",
        "--tiered_prefix=/x",
    )
    assert line.ignored == ["alsologtostderr"]
    assert len(line.assignments) == 7


def test_one_configuration_file_is_taken() -> None:
    assert read("--port=1", "a.conf", "--tls").config_file == "a.conf"
    assert read("-").config_file == "-"
    assert read("--", "--odd.conf").config_file == "--odd.conf"
    with pytest.raises(UsageError, match="'b' is one word too many"):
        read("a.conf", "b")


def test_flag_files_are_collected() -> None:
    assert read("--flagfile=a,b", "--flagfile", "c").flag_files == ["a", "b", "c"]


def test_switches_of_a_subcommand_are_no_settings() -> None:
    assert read("--ready").switches == {"ready"}
    with pytest.raises(UsageError):
        read_command_line(["--ready"], frozenset())


@pytest.mark.parametrize(
    ("word", "wants"),
    [("--help", "help"), ("-h", "help"), ("--helpfull", "helpfull"), ("--version", "version")],
)
def test_help_and_version_are_noticed(word: str, wants: str) -> None:
    assert read("--port=1", word).wants == wants


def test_secrets_do_not_appear_in_messages() -> None:
    (item,) = read("--requirepass=geheim").assignments
    assert item.shown == "--requirepass=***"
