"""Loading the append-only log: its base, then what its increments say was done since.

Redis' logs are loaded too: those of several files with a manifest, and the one file of versions
before 7.0, which gets a manifest as Redis 7 would give it. A tail that was cut off is removed, as
`aof-load-truncated` says; anything else that is wrong ends the start.
"""

import os
from collections.abc import Generator, Iterator
from typing import Final, Protocol

from dflite.base.errors import CommandError
from dflite.engine.executor import Executor
from dflite.persistence.disk import sync_directory
from dflite.persistence.increment import Increment
from dflite.persistence.log_folder import without_manifest
from dflite.persistence.log_load import RequestsLoad
from dflite.persistence.manifest import BASE, BadManifest, LogFile, Manifest, read_manifest
from dflite.persistence.rdb_file import HEAD_BYTES, MAGICS, DamagedFile, FileLoad
from dflite.scripting.scripting import REPLACE, take_functions
from dflite.server.append_log import AppendLog
from dflite.server.logs import LOG, NOTICE
from dflite.settings.settings import Settings

SLICE_US: Final = 5_000
ALL: Final = -1  # keys that are due are kept: the increments say when they went


class CannotLoad(Exception):
    """Why the node does not start, in a sentence."""


class Progress(Protocol):
    """Something that is being loaded."""

    @property
    def size(self) -> int:
        """All bytes that there are."""

    @property
    def loaded_bytes(self) -> int:
        """Those that were read."""


class LogLoading:
    """The files of a log, while they are loaded."""

    def __init__(self, executor: Executor, settings: Settings, log: AppendLog) -> None:
        self.executor = executor
        self.settings = settings
        self.log = log
        self.manifest = Manifest()
        self.size = 0
        self.files_bytes = 0  # of those that were read as a whole
        self.current: Progress | None = None

    @property
    def loaded_bytes(self) -> int:
        current = 0 if self.current is None else self.current.loaded_bytes
        return self.files_bytes + current

    def find(self) -> bool:
        """Is there a log? CannotLoad if its manifest cannot be read, or is lost.

        One that names no files with data is of a first base that was not finished.
        """
        log = self.log
        try:
            if os.path.exists(log.manifest_path):
                self.manifest = read_manifest(log.manifest_path)
            else:
                lost = without_manifest(log.folder, self.settings.appendfilename)
                if lost:
                    raise CannotLoad(lost)
            if not self.manifest.files():
                if not os.path.isfile(self.old_path()):
                    return False
                self.adopt()
            base = self.manifest.base
            if base is not None and base.name == self.settings.appendfilename:
                self.move_in(base)
        except BadManifest as problem:
            raise CannotLoad(f"{log.manifest_path} cannot be read: {problem}") from None
        except OSError as error:
            raise cannot(error.filename or log.manifest_path, error) from None
        return True

    def old_path(self) -> str:
        """Where versions before 7.0 have their one file."""
        return os.path.join(self.settings.dir, self.settings.appendfilename)

    def adopt(self) -> None:
        """Make such a file the base of a log of several."""
        self.log.make_folder()
        self.manifest.base = LogFile(self.settings.appendfilename, 1, BASE)
        self.manifest.write(self.log.manifest_path)
        LOG.log(NOTICE, "%s is the base of the log from now on", self.old_path())

    def move_in(self, base: LogFile) -> None:
        """It may have been adopted, and not have come to its place."""
        if not os.path.exists(self.log.path_of(base.name)) and os.path.exists(self.old_path()):
            os.rename(self.old_path(), self.log.path_of(base.name))

    def steps(self) -> Iterator[None]:
        """Load all of it, in slices; CannotLoad."""
        files = self.manifest.files()
        sizes = [self.size_of(file) for file in files]
        self.size = sum(sizes)
        self.files_bytes = 0
        for number, file in enumerate(files):
            if not sizes[number]:
                if file.name.endswith(".rdb"):
                    raise CannotLoad(f"{self.log.path_of(file.name)} cannot be loaded: it is empty")
                continue
            path = self.log.path_of(file.name)
            LOG.log(NOTICE, "loading %s", path)
            try:
                yield from self.load(path, is_last=not any(sizes[number + 1 :]))
            except DamagedFile as error:
                raise CannotLoad(
                    f"Bad file format reading the append only file: {path} cannot be loaded: "
                    f"{error}. dflite check {path} shows what is wrong and changes nothing. Make "
                    "a copy of the log before anything is done to it: redis-check-aof --fix would "
                    "cut off all from there to its end"
                ) from None
            except OSError as error:
                raise cannot(path, error) from None
            self.files_bytes += sizes[number]
            self.current = None

    def go_on(self) -> None:
        """From now on what changes is written behind what was loaded; CannotLoad."""
        log, manifest = self.log, self.manifest
        try:
            if manifest.increments:
                increment = Increment(log.path_of(manifest.increments[-1].name))
            else:
                file = manifest.add_increment(self.settings.appendfilename)
                increment = Increment(log.path_of(file.name), fresh=True)
                sync_directory(log.folder)
                manifest.write(log.manifest_path)
            log.begin(increment)
        except OSError as error:
            raise cannot(error.filename or log.manifest_path, error) from None
        log.manifest = manifest
        log.closed_size = self.size - increment.size
        log.base_size = 0 if manifest.base is None else self.size_of(manifest.base)
        log.became_whole()

    def size_of(self, file: LogFile) -> int:
        path = self.log.path_of(file.name)
        try:
            return os.path.getsize(path)
        except OSError as error:
            raise cannot(path, error) from None

    def load(self, path: str, is_last: bool) -> Iterator[None]:
        """One file: a snapshot, requests, or requests behind a snapshot."""
        start = 0
        if begins_as_snapshot(path):
            start = yield from self.load_snapshot(path)
            if start == os.path.getsize(path):
                return
        requests = RequestsLoad(path, self.executor, start)
        self.current = requests
        try:
            while requests.run(SLICE_US):
                yield
        finally:
            requests.close()
        if requests.session.failed:
            LOG.warning("%d requests in %s had errors", requests.session.failed, path)
        if requests.truncated:
            self.cut(requests, is_last)

    def load_snapshot(self, path: str) -> Generator[None, None, int]:
        """The byte behind it."""
        load = FileLoad(path, self.executor.keyspace, ALL)
        self.current = load
        try:
            while load.run(SLICE_US):
                yield
            take_functions(self.executor, load.contents.functions, REPLACE)
        except CommandError as error:
            raise DamagedFile(about_functions(error)) from None
        finally:
            load.close()
        return load.end

    def cut(self, requests: RequestsLoad, is_last: bool) -> None:
        """A file ends in the middle of a request: it ends before that from now on."""
        path, valid = requests.path, requests.valid
        said = (
            f"Unexpected end of file reading the append only file: {path} ends in the middle of a "
            f"request: {valid} of {requests.size} bytes are whole"
        )
        if not is_last:
            raise CannotLoad(
                f"{said}, and it is not the last file of the log: what comes behind it in the log "
                "would go on from other data"
            )
        if not self.settings.aof_load_truncated:
            raise CannotLoad(f"{said}; redis-check-aof --fix or --aof_load_truncated=yes cut it")
        file = Increment(path)
        try:
            file.go_back(valid)
            file.sync()
        finally:
            file.close()
        self.size -= requests.size - valid
        LOG.warning("%s; the rest was cut off", said)


def begins_as_snapshot(path: str) -> bool:
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    return any(head.startswith(magic) for magic, _ in MAGICS)


def about_functions(error: CommandError) -> str:
    """Why a library of functions cannot be loaded."""
    return f"its functions: {error.wire().decode('utf-8', 'replace')}"


def cannot(path: str, error: OSError) -> CannotLoad:
    return CannotLoad(f"{path} cannot be loaded: {error.strerror or error}")
