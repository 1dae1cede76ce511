"""Figures of a node without sockets, and INFO's text taken apart."""

from dflite.native.wire.reactor import Reactor
from dflite.native.wire.requests import Limits
from dflite.server.append_log import AppendLog
from dflite.server.doorman import Doorman
from dflite.server.figures import Figures
from dflite.server.info import render
from dflite.server.log_rewrite import LogRewriting
from dflite.server.restoring import Restoring
from dflite.server.saving import Saving
from dflite.server.snapshotting import Snapshots
from tests.support.node import Node

Fields = dict[str, str]


def figures_of(node: Node) -> Figures:
    """The figures of an in-process node; commands of its clients count."""
    settings = node.host.settings
    reactor = Reactor(node.clock, node.lane, Limits())
    doorman = Doorman(node.executor, reactor, node.host, settings)
    snapshots = Snapshots(node.executor, settings)
    saving = Saving(node.executor, settings, snapshots)
    log = AppendLog(node.executor, settings)
    rewriting = LogRewriting(node.executor, settings, log, snapshots)
    restoring = Restoring(node.executor, settings, log, rewriting)
    return Figures(node.executor, reactor, doorman, settings, saving, restoring)


def sections_of(text: bytes | str) -> dict[str, Fields]:
    """Sections by title, each with its fields; asserts that the form is INFO's."""
    found: dict[str, Fields] = {}
    fields: Fields = {}
    plain = text.decode() if isinstance(text, bytes) else text
    assert plain == "" or plain.endswith("\r\n")
    for line in plain.split("\r\n")[:-1]:
        assert "\n" not in line
        if line.startswith("# "):
            assert line[2:] not in found
            found[line[2:]] = fields = {}
        elif line:
            name, colon, value = line.partition(":")
            assert colon, line
            assert name not in fields, name
            fields[name] = value
    return found


def ask(figures: Figures, *sections: str) -> dict[str, Fields]:
    """INFO of these sections."""
    return sections_of(render(figures, list(sections)))


def field(figures: Figures, section: str, name: str) -> str:
    """A field of INFO."""
    return ask(figures, section.lower())[section][name]
