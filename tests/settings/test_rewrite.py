"""CONFIG REWRITE of a redis.conf and of a flag file."""

import os
from pathlib import Path

import pytest

from dflite.settings.command_line import read_command_line
from dflite.settings.loading import load_settings
from dflite.settings.registry import SETTINGS
from dflite.settings.rewrite import MARK
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused


def load(*words: str) -> Settings:
    return load_settings(read_command_line(list(words), frozenset()), {})[0]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return tmp_path / "a.conf"


def test_comments_order_and_unchanged_lines_stay(conf: Path) -> None:
    text = "# first\nmaxclients   7\n\n  # second\nrequirepass 'x y'\ninclude /dev/null\n"
    conf.write_text(text)
    load(str(conf)).rewrite()
    assert conf.read_text() == text


def test_changed_lines_change_in_place_and_new_ones_go_below_the_mark(conf: Path) -> None:
    conf.write_text("# head\nmaxclients 7\n# tail\n")
    settings = load(str(conf))
    settings.change([("maxclients", "8"), ("maxmemory", "3mb"), ("requirepass", 'a "b')])
    settings.rewrite()
    assert conf.read_text() == (
        f'# head\nmaxclients 8\n# tail\n{MARK}\nrequirepass "a \\"b"\nmaxmemory 3mb\n'
    )


def test_a_second_rewrite_changes_nothing(conf: Path) -> None:
    conf.write_text("maxclients 7\n")
    settings = load(str(conf), "--timeout=5")
    settings.change([("maxmemory", "1gb"), ("save", "900 1 300 10")])
    settings.rewrite()
    once = conf.read_text()
    settings.rewrite()
    assert conf.read_text() == once
    assert once.count(MARK) == 1
    assert "timeout 5\n" in once


def test_a_line_goes_back_to_the_default(conf: Path) -> None:
    conf.write_text("maxmemory 5gb\n")
    settings = load(str(conf))
    settings.change([("maxmemory", "0")])
    settings.rewrite()
    assert conf.read_text() == "maxmemory 0\n"


def test_repeated_lines_of_a_setting_become_one(conf: Path) -> None:
    conf.write_text("port 1\nhz 5\nport 2\n")
    load(str(conf)).rewrite()
    assert conf.read_text() == "port 2\nhz 5\n"


def test_lines_keep_the_name_they_were_written_with(conf: Path) -> None:
    conf.write_text("slave-priority 5\n")
    settings = load(str(conf))
    settings.change([("replica-priority", "6")])
    settings.rewrite()
    assert conf.read_text() == "slave-priority 6\n"


def test_settings_of_several_lines_keep_theirs(conf: Path) -> None:
    conf.write_text("save 900 1\nsave 60 9\nclient-output-buffer-limit pubsub 1mb 2mb 3\n")
    settings = load(str(conf))
    settings.change([("save", "900 1 300 10 5 6"), ("client-output-buffer-limit", "normal 1 2 3")])
    settings.rewrite()
    lines = conf.read_text().splitlines()
    assert lines[0] == "save 900 1"
    assert lines[2] == "client-output-buffer-limit pubsub 1mb 2mb 3"
    again = load(str(conf))
    assert sorted(again.save) == [(5, 6), (300, 10), (900, 1)]
    assert again.client_output_buffer_limit == settings.client_output_buffer_limit


def test_directives_that_are_no_settings_stay(conf: Path) -> None:
    text = 'user alice on\nrename-command FLUSHALL ""\nloadmodule /x.so\n'
    conf.write_text(text)
    settings = load(str(conf), "--user=nobody")
    settings.rewrite()
    assert conf.read_text() == text


def test_what_was_rewritten_loads_as_the_same_settings(conf: Path) -> None:
    conf.write_text("# all\n")
    settings = load(str(conf))
    for row in SETTINGS:
        if row.kind.python_type == "bool":
            settings.put(row, not settings.get(row))
        elif row.kind.python_type == "int" and row.name != "hz":
            settings.put(row, getattr(row.kind, "high", 1))
    settings.requirepass = 'odd "\\ \x00 é \udcff'
    settings.bind = []
    settings.save = [(1, 2), (3, 4)]
    settings.rewrite()
    again = load(str(conf))
    for row in SETTINGS:
        assert again.get(row) == settings.get(row), row.name


def test_a_flag_file_is_rewritten_as_flags(tmp_path: Path) -> None:
    flags = tmp_path / "flags"
    flags.write_text("# mine\n--maxclients=7\n--noappendonly\n\n--alsologtostderr\n")
    settings = load(f"--flagfile={flags}")
    settings.change(
        [("maxclients", "8"), ("appendonly", "yes"), ("save", "1 2 3 4"), ("requirepass", "a  b")]
    )
    settings.rewrite()
    assert flags.read_text() == (
        "# mine\n--maxclients=8\n--appendonly=yes\n\n--alsologtostderr\n"
        f"{MARK}\n--requirepass=a  b\n--save=1 2 3 4\n"
    )
    again = load(f"--flagfile={flags}")
    assert (again.requirepass, again.save) == ("a  b", [(1, 2), (3, 4)])


def test_words_are_quoted_where_they_must_be(conf: Path) -> None:
    conf.write_text("")
    settings = load(str(conf))
    settings.bind = ["a b", 'c"\nport 7', "d"]
    settings.replicaof = "h\nmaxclients 7\n# 1"
    settings.rewrite()
    lines = conf.read_text().split("\n")
    assert 'bind "a b" "c\\"\\nport 7" d' in lines
    assert 'replicaof "h\\nmaxclients 7\\n#" 1' in lines
    assert not [line for line in lines if line.startswith(("port", "maxclients"))]


def test_a_line_break_does_not_get_into_a_flag_file(tmp_path: Path) -> None:
    flags = tmp_path / "flags"
    flags.write_text("--port=1\n")
    settings = load(f"--flagfile={flags}")
    settings.change([("masterauth", "a\nmaxclients=7")])
    with pytest.raises(ChangeRefused, match="no flag file can hold this masterauth"):
        settings.rewrite()
    assert flags.read_text() == "--port=1\n"


def test_the_flag_file_goes_before_the_conf_and_need_not_repeat_it(
    conf: Path, tmp_path: Path
) -> None:
    conf.write_text("timeout 5\n")
    flags = tmp_path / "flags"
    flags.write_text("")
    settings = load(str(conf), f"--flagfile={flags}")
    settings.change([("maxclients", "8")])
    settings.rewrite()
    assert conf.read_text() == "timeout 5\n"
    assert flags.read_text() == f"{MARK}\n--maxclients=8\n"


def test_without_a_file_there_is_nothing_to_rewrite() -> None:
    with pytest.raises(ChangeRefused, match=r"^The server is running without a config file$"):
        load().rewrite()


def test_a_folder_that_is_gone_is_said_as_the_system_says_it(tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "a.conf").write_text("")
    settings = load(str(folder / "a.conf"))
    (folder / "a.conf").unlink()
    folder.rmdir()
    with pytest.raises(ChangeRefused, match=r"^Rewriting config file: No such file or directory$"):
        settings.rewrite()


def test_permissions_and_links_stay_and_nothing_is_left_over(conf: Path, tmp_path: Path) -> None:
    conf.write_text("port 1\n")
    conf.chmod(0o640)
    link = tmp_path / "link.conf"
    link.symlink_to(conf)
    settings = load(str(link))
    settings.change([("maxclients", "8")])
    settings.rewrite()
    assert link.is_symlink()
    assert conf.stat().st_mode & 0o777 == 0o640
    assert "maxclients 8" in conf.read_text()
    assert sorted(os.listdir(tmp_path)) == ["a.conf", "link.conf"]


def test_the_file_is_found_after_a_change_of_directory(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf.write_text("maxclients 1\n")
    monkeypatch.chdir(tmp_path)
    settings = load("a.conf")
    monkeypatch.chdir("/")
    settings.change([("maxclients", "2")])
    settings.rewrite()
    assert conf.read_text() == "maxclients 2\n"


def test_lines_of_users_take_the_place_of_those_in_the_file(conf: Path) -> None:
    conf.write_text("user a on\nmaxclients 7\nuser b off\n")
    settings = load(str(conf))
    settings.describe_users = lambda: ["user a off", "user c on", "user d on"]
    settings.rewrite()
    assert conf.read_text() == (f"user a off\nmaxclients 7\nuser c on\n{MARK}\nuser d on\n")
    settings.describe_users = lambda: []
    settings.rewrite()
    assert conf.read_text() == f"maxclients 7\n{MARK}\n"
