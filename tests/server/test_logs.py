"""The log: its forms, its levels, its file, and lines kept back."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dflite.server.logs import LOG, MOST_KEYS, NOTICE, VERBOSE, Logs, Throttle
from dflite.settings.settings import Settings

Start = Callable[..., io.StringIO]


@pytest.fixture
def start() -> Iterator[Start]:
    """Opens a log with some settings; closed when the test ends."""
    opened: list[Logs] = []

    def run(settings: Settings | None = None, **given: str) -> io.StringIO:
        settings = settings or Settings()
        for name, value in given.items():
            setattr(settings, name, value)
        stream = io.StringIO()
        logs = Logs(settings, stream)
        opened.append(logs)
        logs.open()
        return stream

    yield run
    for logs in opened:
        logs.close()


def test_a_line_of_text_has_time_level_and_message(start: Start) -> None:
    stream = start()
    LOG.info("ready at %s", "port 1")
    time, level, message = stream.getvalue().rstrip("\n").split(None, 2)
    assert time[10] == "T"
    assert (level, message) == ("notice", "ready at port 1")


def test_a_message_stays_on_its_line(start: Start) -> None:
    stream = start()
    LOG.info("a\nb\x1b[0m é")
    assert stream.getvalue().endswith("a\\nb\\x1b[0m é\n")
    assert stream.getvalue().count("\n") == 1


def test_a_json_line_is_json(start: Start) -> None:
    stream = start(log_format="json")
    LOG.warning('say "hi"\n')
    entry = json.loads(stream.getvalue())
    assert entry["level"] == "warning"
    assert entry["message"] == 'say "hi"\n'
    assert entry["pid"] == os.getpid()
    assert set(entry) == {"time", "level", "pid", "message"}


def test_a_logfmt_line_quotes_its_message(start: Start) -> None:
    stream = start(log_format="logfmt")
    LOG.log(VERBOSE + 5, 'say "hi"\n')
    assert stream.getvalue().endswith('message="say \\"hi\\"\\n"\n')
    assert " level=notice pid=" in stream.getvalue()


@pytest.mark.parametrize(
    ("form", "lines"),
    [("text", lambda n: n > 1), ("json", lambda n: n == 1), ("logfmt", lambda n: n == 1)],
)
def test_a_trace_is_kept(start: Start, form: str, lines: Callable[[int], bool]) -> None:
    stream = start(log_format=form)
    try:
        raise ValueError("broken")
    except ValueError:
        LOG.exception("a bug")
    text = stream.getvalue()
    assert "ValueError: broken" in text
    assert "error" in text
    assert lines(text.count("\n"))


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "verbose", "notice", "warning"]),
        ("verbose", ["verbose", "notice", "warning"]),
        ("notice", ["notice", "warning"]),
        ("warning", ["warning"]),
        ("nothing", []),
    ],
)
def test_levels_are_those_of_redis(start: Start, level: str, heard: list[str]) -> None:
    stream = start(loglevel=level)
    LOG.debug("x")
    LOG.log(VERBOSE, "x")
    LOG.log(NOTICE, "x")
    LOG.warning("x")
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == heard


def test_the_level_changes_while_it_runs(start: Start) -> None:
    settings = Settings()
    stream = start(settings)
    LOG.debug("no")
    settings.change([("loglevel", "debug")])
    LOG.debug("yes")
    assert "no" not in stream.getvalue()
    assert stream.getvalue().endswith("yes\n")


def test_a_log_file_is_appended_to_in_dir_and_opened_anew_when_moved(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "x.log").write_text("old\n")
    stream = start(logfile="x.log", dir=str(tmp_path))
    LOG.info("one")
    (tmp_path / "x.log").rename(tmp_path / "x.log.1")
    LOG.info("two")
    assert stream.getvalue() == ""
    assert [line[-3:] for line in (tmp_path / "x.log.1").read_text().splitlines()] == ["old", "one"]
    assert (tmp_path / "x.log").read_text().endswith("two\n")


def test_a_log_file_that_cannot_be_opened_is_an_os_error(tmp_path: Path) -> None:
    settings = Settings()
    settings.logfile = str(tmp_path / "no" / "x.log")
    with pytest.raises(OSError, match="No such file"):
        Logs(settings).open()


def test_a_closed_log_says_nothing(start: Start) -> None:
    stream = io.StringIO()
    logs = Logs(Settings(), stream)
    logs.open()
    logs.close()
    logs.close()
    LOG.warning("x")
    assert stream.getvalue() == ""


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def messages(stream: io.StringIO) -> list[str]:
    return [line.split(None, 2)[2] for line in stream.getvalue().splitlines()]


def test_a_throttle_lets_one_line_a_key_through_and_counts_the_others(start: Start) -> None:
    stream = start()
    clock = Ticks()
    throttle = Throttle(10.0, clock)
    for _ in range(4):
        throttle.warning("a", "a fails")
    throttle.warning("b", "b fails %s")
    clock.now += 10.0
    throttle.warning("a", "a fails")
    clock.now += 10.0
    throttle.warning("a", "a fails")
    assert messages(stream) == [
        "a fails",
        "b fails %s",
        "a fails (suppressed 3 similar)",
        "a fails",
    ]


def test_a_throttle_does_not_grow_without_bound(start: Start) -> None:
    start()
    throttle = Throttle(10.0, Ticks())
    for number in range(MOST_KEYS + 50):
        throttle.warning(str(number), "x")
        throttle.warning(str(number), "x")
    assert len(throttle.quiet_until) == MOST_KEYS
    assert len(throttle.kept_back) <= MOST_KEYS
