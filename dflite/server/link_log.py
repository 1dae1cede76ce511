"""What the log says of the link to a primary: each problem once, and what it waits for."""

import asyncio
import logging
from typing import Final

from dflite.base.errors import CommandError
from dflite.engine.replication import PrimaryLink, Replication
from dflite.persistence.rdb_file import DamagedFile
from dflite.replication.handshake import NotYet, Refused
from dflite.replication.stream import BrokenStream, StreamEnded
from dflite.server.link_problems import describe
from dflite.server.logs import LOG, NOTICE, VERBOSE
from dflite.server.wire import LinkLost, Wire
from dflite.settings.values import Refused as BadSetting

PATIENT_S: Final = 1.0  # that a primary may take for an answer before it is told
# How an attempt to follow ends: anything else is a mistake of this program.
PASSING: Final = (
    LinkLost,
    Refused,
    StreamEnded,
    BrokenStream,
    DamagedFile,
    BadSetting,
    CommandError,
    OSError,
)


class LinkLog:
    """What was said of one primary."""

    def __init__(self) -> None:
        self.last_problem = ""
        self.last_warnings: list[str] = []

    def problem(self, link: PrimaryLink, problem: BaseException, has_lasted: bool) -> None:
        """An attempt has ended: told once, as long as there is no other reason.

        With `has_lasted` all was well for a while, and what was said before counts no more.
        """
        text = describe(problem)
        if not isinstance(problem, PASSING):
            text = f"internal error: {type(problem).__name__}: {text}"
        is_told = text == self.last_problem and not has_lasted
        level = NOTICE if isinstance(problem, NotYet) else logging.WARNING
        self.last_problem = text
        lost = "Connection with master lost" if link.is_up else "no link to the primary"
        LOG.log(
            logging.DEBUG if is_told else level, "%s: %s:%d: %s", lost, link.host, link.port, text
        )

    def greeted(self, warnings: list[str], remarks: list[str]) -> None:
        """The primary takes this node, but not all that it said."""
        if warnings != self.last_warnings:
            for warning in warnings:
                LOG.log(NOTICE, "the primary: %s", warning)
        self.last_warnings = warnings
        for remark in remarks:
            LOG.log(VERBOSE, "the primary: %s", remark)


def tell_branching(replication: Replication) -> None:
    """The history that was followed so far is the former one."""
    LOG.log(
        NOTICE,
        "Setting secondary replication ID to %s, valid up to offset: %d; the new one is %s",
        replication.former_id,
        replication.former_offset,
        replication.id,
    )


async def answered(link: PrimaryLink, wire: Wire, patience_s: float) -> bytes:
    """The primary's next line, which for a snapshot may take a while: that is told."""
    waiting = asyncio.get_running_loop().call_later(PATIENT_S, tell_waiting, link)
    try:
        return await wire.line(patience_s)
    finally:
        waiting.cancel()


def tell_waiting(link: PrimaryLink) -> None:
    LOG.log(
        NOTICE,
        "%s:%d has this node wait for its snapshot: it may let others come first, as its "
        "repl-diskless-sync-delay says",
        link.host,
        link.port,
    )
