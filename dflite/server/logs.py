"""The node's log: to standard error or a file, as text, JSON lines or logfmt, a line an event.

Redis' levels stand on Python's: debug, verbose, notice (INFO), warning, and nothing at all. What
an outsider can make happen a thousand times a second goes through a `Throttle`.
"""

import contextlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from logging.handlers import WatchedFileHandler
from typing import Final, TextIO

from dflite.settings.settings import Settings

LOG: Final = logging.getLogger("dflite")
VERBOSE: Final = 15
NOTICE: Final = logging.INFO
NOTHING: Final = 100
LEVELS: Final = {
    "debug": logging.DEBUG,
    "verbose": VERBOSE,
    "notice": NOTICE,
    "warning": logging.WARNING,
    "nothing": NOTHING,
}
MOST_KEYS: Final = 1024


class TextLines(logging.Formatter):
    """`2026-01-31T12:00:00.123+01:00 notice   Ready`, and a trace indented below it."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{time_text(record)} {level_name(record):<8} {one_line(record.getMessage())}"
        trace = trace_text(record)
        return line + "".join(f"\n    {text}" for text in trace.splitlines())


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": time_text(record),
            "level": level_name(record),
            "pid": os.getpid(),
            "message": record.getMessage(),
        }
        trace = trace_text(record)
        if trace:
            fields["trace"] = trace
        return json.dumps(fields, ensure_ascii=True)


class LogfmtLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        trace = trace_text(record)
        if trace:
            message = f"{message}\n{trace}"
        text = one_line(message.replace("\\", "\\\\")).replace('"', '\\"')
        return (
            f"time={time_text(record)} level={level_name(record)} pid={os.getpid()} "
            f'message="{text}"'
        )


FORMATS: Final[dict[str, Callable[[], logging.Formatter]]] = {
    "text": TextLines,
    "json": JsonLines,
    "logfmt": LogfmtLines,
}


class Logs:
    """Opens and closes the log of a node, and follows CONFIG SET loglevel."""

    def __init__(self, settings: Settings, stream: TextIO | None = None) -> None:
        self.settings = settings
        self.stream = stream
        self.handler: logging.Handler | None = None

    def open(self) -> None:
        """Raises OSError where the log file cannot be opened."""
        self.close()
        logging.raiseExceptions = False  # a line that a full disk does not take is lost, no more
        if self.settings.logfile:
            # opened anew once someone has moved the file away, as logrotate does
            path = os.path.join(self.settings.dir, self.settings.logfile)
            self.handler = WatchedFileHandler(path, encoding="utf-8", errors="backslashreplace")
        else:
            self.handler = logging.StreamHandler(self.stream or sys.stderr)
        self.handler.setFormatter(FORMATS[self.settings.log_format]())
        LOG.addHandler(self.handler)
        LOG.propagate = False
        self.follow_level()
        self.settings.on_change("loglevel", self.follow_level)

    def follow_level(self) -> None:
        LOG.setLevel(LEVELS[self.settings.loglevel])

    def close(self) -> None:
        if self.handler is not None:
            LOG.removeHandler(self.handler)
            LOG.propagate = True
            with contextlib.suppress(OSError):  # what could not be written before cannot be now
                self.handler.close()
            self.handler = None


def write_out(text: str, stream: TextIO) -> None:
    """Write and flush; where nobody reads any more, let that and all that follows go nowhere."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Throttle:
    """Lets one line a key through in so many seconds; the next one says how many it kept back."""

    def __init__(self, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self.quiet_until: dict[str, float] = {}
        self.kept_back: dict[str, int] = {}

    def warning(self, key: str, message: str) -> None:
        self.log(logging.WARNING, key, message)

    def log(self, level: int, key: str, message: str) -> None:
        now = self.clock()
        if now < self.quiet_until.get(key, 0.0):
            self.kept_back[key] = self.kept_back.get(key, 0) + 1
            return
        if len(self.quiet_until) >= MOST_KEYS and key not in self.quiet_until:
            self.forget(next(iter(self.quiet_until)))
        self.quiet_until[key] = now + self.seconds
        count = self.kept_back.pop(key, 0)
        LOG.log(level, "%s", f"{message} (suppressed {count} similar)" if count else message)

    def forget(self, key: str) -> None:
        """Keys may come from outsiders: their number is bounded."""
        self.quiet_until.pop(key, None)
        self.kept_back.pop(key, None)


def time_text(record: logging.LogRecord) -> str:
    local = datetime.fromtimestamp(record.created).astimezone()
    return local.isoformat(timespec="milliseconds")


def level_name(record: logging.LogRecord) -> str:
    if record.levelno >= logging.ERROR:
        return "error"
    if record.levelno >= logging.WARNING:
        return "warning"
    if record.levelno >= NOTICE:
        return "notice"
    return "verbose" if record.levelno >= VERBOSE else "debug"


def trace_text(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")


def one_line(message: str) -> str:
    """What clients can put into a message must not look like lines of its own."""
    if message.isprintable():
        return message
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in message
    )
