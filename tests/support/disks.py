"""Disks that fail: small ones that are soon full, and syncs that end in an error."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PAGE: Final = 4096
SYNCS: Final = """
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
static int ends(int call, int fd) {
    if (access(getenv("SYNCS_FAIL"), F_OK) == 0) { errno = EIO; return -1; }
    return syscall(call, fd);
}
int fdatasync(int fd) { return ends(SYS_fdatasync, fd); }
int fsync(int fd) { return ends(SYS_fsync, fd); }
"""


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes; skips where nobody may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def full(disk: Path, left: int = 0) -> Iterator[None]:
    """A disk with hardly any room, until this ends."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(PAGE)) == PAGE:
            continue
    os.truncate(ballast, ballast.stat().st_size - left)
    try:
        yield
    finally:
        ballast.unlink()


def failing_syncs(folder: Path) -> tuple[dict[str, str], Path]:
    """The environment of a process whose syncs fail while a file is there, and that file."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    source, library, switch = folder / "syncs.c", folder / "syncs.so", folder / "syncs-fail"
    source.write_text(SYNCS)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return {**os.environ, "LD_PRELOAD": str(library), "SYNCS_FAIL": str(switch)}, switch
