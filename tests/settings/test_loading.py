"""Where settings come from, which source goes first, and what is said about mistakes."""

from pathlib import Path

import pytest

from dflite.settings.command_line import UsageError, read_command_line
from dflite.settings.loading import check_settings, load_settings
from dflite.settings.settings import Settings
from dflite.settings.values import quoted
from tests.support.servers import start_valkey


def load(*words: str, **environ: str) -> tuple[Settings, list[str]]:
    return load_settings(read_command_line(list(words), frozenset()), environ)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def problem(*words: str, **environ: str) -> str:
    with pytest.raises(UsageError) as error:
        load(*words, **environ)
    return str(error.value)


def test_each_source_goes_before_the_one_below_it(tmp_path: Path) -> None:
    conf = write(tmp_path / "a.conf", "port 1\nmaxclients 1\ntimeout 1\nhz 1\n")
    flags = write(tmp_path / "flags", "--maxclients=2\n--timeout=2\n--hz=2\n")
    settings, _ = load(conf, f"--flagfile={flags}", "--hz=4", DFLITE_TIMEOUT="3", DFLITE_HZ="3")
    assert (settings.port, settings.maxclients, settings.timeout, settings.hz) == (1, 2, 3, 4)
    assert settings.origins["port"] == f"{conf}, line 1"
    assert settings.origins["maxclients"] == f"{flags}, line 1"
    assert settings.origins["timeout"] == "DFLITE_TIMEOUT"
    assert settings.origins["hz"] == "command line"


# redis.conf


def test_a_redis_conf_is_read_as_redis_reads_it(tmp_path: Path) -> None:
    conf = write(
        tmp_path / "a.conf",
        "bind 127.0.0.1 -::1\n"
        "save 900 1\nsave 300 10 60 10000\n"
        'requirepass "a \\x41\\" b"\n'
        "client-output-buffer-limit normal 1mb 2kb 3\n"
        "client-output-buffer-limit replica 4 5 6\n"
        "unixsocketperm 770\n"
        'save ""\nsave 5 6\n'
        "maxmemory 2gb\nslave-priority 7\nslowlog-max-len 3\nport 1\nport 2\n",
    )
    settings, _ = load(conf)
    assert settings.bind == ["127.0.0.1", "-::1"]
    assert settings.save == [(5, 6)]
    assert settings.requirepass == 'a A" b'
    assert settings.client_output_buffer_limit[:2] == [(1 << 20, 2048, 3), (4, 5, 6)]
    assert settings.unixsocketperm == 0o770
    assert settings.maxmemory == 2 << 30
    assert settings.replica_priority == 7
    assert settings.port == 2


def test_lines_of_save_add_up_and_replace_the_default(tmp_path: Path) -> None:
    settings, _ = load(write(tmp_path / "a.conf", 'save 900 1\nsave "300 10"\n'))
    assert settings.save == [(900, 1), (300, 10)]
    settings, _ = load(write(tmp_path / "a.conf", "save 900 1\n"), "--save", "1", "2")
    assert settings.save == [(1, 2)]


def test_a_list_without_words_in_a_file_is_empty(tmp_path: Path) -> None:
    text = "save\nbind\nlatency-tracking-info-percentiles\nclient-output-buffer-limit\n"
    settings, _ = load(write(tmp_path / "a.conf", text))
    assert (settings.save, settings.bind, settings.latency_tracking_info_percentiles) == (
        [],
        [],
        [],
    )
    usual, _ = load()
    assert settings.client_output_buffer_limit == usual.client_output_buffer_limit


def test_directives_that_are_no_settings_are_kept(tmp_path: Path) -> None:
    conf = write(
        tmp_path / "a.conf",
        'user alice on >x ~* +@all\nrename-command CONFIG ""\nloadmodule /a.so b c\n'
        "list-max-ziplist-entries 5\n",
    )
    settings, warnings = load(conf)
    assert settings.acl_users == [["alice", "on", ">x", "~*", "+@all"]]
    assert settings.renamed_commands == [("CONFIG", "")]
    assert settings.modules == [["/a.so", "b", "c"]]
    assert warnings == [
        f"{conf}: accepted, but without effect here: "
        "rename-command, loadmodule, list-max-ziplist-entries"
    ]


def test_user_is_a_flag_too(tmp_path: Path) -> None:
    settings, _ = load("--user=nobody")
    assert (settings.user, settings.acl_users) == ("nobody", [])


def test_what_has_no_effect_is_said_once_for_each_source(tmp_path: Path) -> None:
    text = "activedefrag no\naof-use-rdb-preamble no\nactivedefrag no\nport 1\n"
    conf = write(tmp_path / "a.conf", text)
    _, warnings = load(conf, "--tcp-keepalive=5", "--aof-use-rdb-preamble=yes", "--logtostderr")
    assert warnings == [
        f"{conf}: accepted, but without effect here: activedefrag, aof-use-rdb-preamble",
        "command line: accepted, but without effect here: aof-use-rdb-preamble, logtostderr",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("maxclient 1\n", "line 1: there is no setting 'maxclient'; did you mean maxclients?"),
        ("\nport\n", "line 2: 'port ': wrong number of arguments."),
        ("oom-score-adj-values\n", "'oom-score-adj-values ': wrong number of arguments; oom"),
        ("port 1 2\n", "line 1: 'port 1 2': wrong number of arguments; port takes"),
        (
            "maxclients abc\n",
            "line 1: 'maxclients abc': argument couldn't be parsed into an integer; "
            "maxclients takes a whole number from 1 to 4294967295.",
        ),
        ("rename-command x\n", "line 1: wrong number of words behind rename-command."),
        ('a "\n', "line 1: the quotes do not match"),
        ("include /no/such\n", "/no/such cannot be read: No such file or directory."),
    ],
)
def test_a_mistake_in_a_file_names_line_value_and_what_is_allowed(
    tmp_path: Path, text: str, why: str
) -> None:
    assert why in problem(write(tmp_path / "a.conf", text))


def test_a_missing_file_is_a_sentence() -> None:
    assert problem("/no/such.conf") == "/no/such.conf cannot be read: No such file or directory."


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    conf = write(tmp_path / "a.conf", "requirepass hidden word\n")
    assert "hidden" not in problem(conf)
    assert "***" in problem(conf)
    conf = write(tmp_path / "b.conf", 'requirepass "hidden word\n')
    assert "hidden" not in problem(conf)


def test_every_directive_that_valkey_shows_is_taken_from_a_file(tmp_path: Path) -> None:
    with start_valkey() as server:
        reply = server.call("CONFIG", "GET", "*")
    assert isinstance(reply, list)
    texts = [item.value.decode() for item in reply]
    lines = []
    for name, text in zip(texts[::2], texts[1::2], strict=True):
        words = text.split() if name.startswith(("oom", "client-out", "latency")) else [text]
        lines.append(" ".join([name, *(quoted(word) for word in words)]))
    settings, _ = load(write(tmp_path / "a.conf", "\n".join(lines)))
    assert settings.maxclients == 10000


# Flag files


def test_a_flag_file_takes_flags_comments_and_no_quotes(tmp_path: Path) -> None:
    other = write(tmp_path / "other", "--timeout=9\n")
    path = write(
        tmp_path / "flags",
        f"# comment\n// another\n\n--port=7\n-maxclients=3\nhz=2\n--tls\n--noappendonly\n"
        f'--requirepass="x y"\n--save=1 2\n--flagfile={other}\n--alsologtostderr\n--dbnum 4\n',
    )
    settings, warnings = load(f"--flagfile={path}")
    assert (settings.port, settings.maxclients, settings.hz) == (7, 3, 2)
    assert (settings.tls, settings.timeout, settings.dbnum) == (True, 9, 4)
    assert settings.requirepass == '"x y"'
    assert settings.save == [(1, 2)]
    assert warnings == [f"{path}: accepted, but without effect here: hz, alsologtostderr"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("--prot=1\n", "line 1: There is no flag --prot; did you mean --port?"),
        ("\n--port=x\n", "line 2: --port=x: argument couldn't be parsed into an integer; port"),
    ],
)
def test_a_mistake_in_a_flag_file_names_the_line(tmp_path: Path, text: str, why: str) -> None:
    assert why in problem("--flagfile=" + write(tmp_path / "flags", text))


def test_flag_files_that_name_each_other_end(tmp_path: Path) -> None:
    path = write(tmp_path / "flags", f"--flagfile={tmp_path}/flags\n")
    assert "name each other" in problem(f"--flagfile={path}")


# The environment


def test_the_environment_gives_settings_in_any_case() -> None:
    settings, warnings = load(
        DFLITE_MAXMEMORY="1.5GiB", DFLITE_requirepass="x", DFLITE_tcp_backlog="7", OTHER="1"
    )
    assert (settings.maxmemory, settings.requirepass, settings.tcp_backlog) == (3 << 29, "x", 7)
    assert warnings == []


def test_variables_made_for_dragonfly_count_but_give_way() -> None:
    settings, warnings = load(
        DFLY_requirepass="old", DFLY_port="7", DFLITE_PORT="8", DFLY_DEV_ENV="1"
    )
    assert (settings.requirepass, settings.port) == ("old", 8)
    assert warnings == []


def test_the_environment_names_a_flag_file(tmp_path: Path) -> None:
    path = write(tmp_path / "flags", "--port=7\n")
    assert load(DFLITE_FLAGFILE=path)[0].port == 7


def test_variables_of_a_kubernetes_service_are_none_of_ours() -> None:
    settings, warnings = load(
        DFLITE_PORT="tcp://10.0.0.1:6379",
        DFLITE_SERVICE_HOST="10.0.0.1",
        DFLITE_SERVICE_PORT_REDIS="6379",
        DFLITE_PORT_6379_TCP="tcp://10.0.0.1:6379",
        DFLITE_PORT_6379_TCP_ADDR="10.0.0.1",
    )
    assert (settings.port, warnings) == (6379, [])


def test_an_unknown_variable_is_a_warning() -> None:
    _, warnings = load(DFLITE_REQIREPASS="x")
    assert warnings == [
        "environment: DFLITE_REQIREPASS names no setting; did you mean DFLITE_REQUIREPASS?"
    ]


def test_a_bad_value_in_the_environment_names_the_variable() -> None:
    assert problem(DFLITE_PORT="70000") == (
        "DFLITE_PORT=70000: argument must be between -1 and 65535 inclusive; "
        "port takes a whole number from -1 to 65535."
    )


# What single values do not show


def test_dir_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load()[0].dir == str(tmp_path)
    assert load("--dir=sub")[0].dir == str(tmp_path / "sub")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--port=7", "--admin_port=7"], "port and admin_port are both 7"),
        (["--tls"], "--tls needs --tls_cert_file too."),
        (["--tls_port=7", "--tls_cert_file=x"], "--tls_port needs --tls_key_file too."),
        (["--port=0"], "There is nothing to listen on"),
        (["--bind="], "There is nothing to listen on"),
    ],
)
def test_settings_that_do_not_go_together_are_a_sentence(words: list[str], why: str) -> None:
    settings, _ = load(*words)
    with pytest.raises(UsageError) as error:
        check_settings(settings)
    assert str(error.value).startswith(why)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--port=0", "--memcached_port=0", "--unixsocket=x"],
        ["--bind=", "--unixsocket=x"],
        ["--port=-1"],
        ["--port=6371"],
        ["--bind=", "--admin_port=7", "--admin_bind=127.0.0.1"],
        ["--tls", "--tls_cert_file=x", "--tls_key_file=y"],
    ],
)
def test_settings_that_go_together_are_fine(words: list[str]) -> None:
    check_settings(load(*words)[0])
