"""What the operating system knows of this process and its machine."""

import contextlib
import os
import platform
import resource
import sys
from typing import Final

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
STATM: Final = "/proc/self/statm"
MAX_RSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


class CpuTimes:
    """Seconds of CPU time."""

    def __init__(self, who: int) -> None:
        usage = resource.getrusage(who)
        self.user = usage.ru_utime
        self.system = usage.ru_stime


def cpu_of_process() -> CpuTimes:
    return CpuTimes(resource.RUSAGE_SELF)


def cpu_of_children() -> CpuTimes:
    return CpuTimes(resource.RUSAGE_CHILDREN)


def cpu_of_thread() -> CpuTimes:
    """Of the thread that runs commands; of the whole process where that is not told."""
    return CpuTimes(getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF))


def resident_memory(statm: str = STATM) -> int:
    """Bytes in RAM; their maximum so far where the system has no /proc."""
    try:
        with open(statm, "rb") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAX_RSS_UNIT


def peak_resident_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAX_RSS_UNIT


def machine_memory() -> int:
    """Bytes of RAM of the machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * PAGE
    except (OSError, ValueError):
        return 0


def system_name() -> str:
    """As `uname -srm`."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def write_pidfile(path: str) -> None:
    """Note the process' number in `path`, if there is one."""
    if path:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")


def remove_pidfile(path: str) -> None:
    if path:
        with contextlib.suppress(OSError):
            os.unlink(path)
