"""What the kernel knows: CPU time and resident memory of a process, cores, the machine."""

import os
import platform
import time
from pathlib import Path
from typing import Final

# The kernel numbers the CPU clock of another process from its pid; 2 asks for the scheduler's
# own count in nanoseconds, over all threads, dead ones included.
CLOCK_OF_SCHEDULER: Final = 2


def cpu_clock_of(pid: int) -> int:
    """The id of the clock that counts the CPU time of a process."""
    return (~pid << 3) | CLOCK_OF_SCHEDULER


def cpu_ns(pid: int) -> int:
    """CPU time that a process has used so far, user and system, all threads, in nanoseconds."""
    try:
        return time.clock_gettime_ns(cpu_clock_of(pid))
    except OSError:
        return cpu_ns_from_stat(Path(f"/proc/{pid}/stat").read_text(), os.sysconf("SC_CLK_TCK"))


def cpu_ns_from_stat(stat: str, ticks_per_second: int) -> int:
    """utime + stime of a line of /proc/PID/stat, in nanoseconds."""
    # The name stands in brackets and may hold spaces and brackets itself.
    fields = stat[stat.rindex(")") + 1 :].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // ticks_per_second


class CoreWaits:
    """How long the threads that a process has now have been ready to run but had no core."""

    def __init__(self, pid: int, first_only: bool = False) -> None:
        self.files: list[int] = []
        threads = Path(f"/proc/{pid}/task")
        for thread in [threads / str(pid)] if first_only else threads.iterdir():
            try:
                self.files.append(os.open(thread / "schedstat", os.O_RDONLY))
            except FileNotFoundError:
                continue  # this kernel does not count it: nothing is taken off

    def total_ns(self) -> int:
        """All threads together."""
        return sum(core_wait_from_schedstat(os.pread(file, 128, 0)) for file in self.files)

    def close(self) -> None:
        """Let the kernel's files go."""
        for file in self.files:
            os.close(file)


def core_wait_from_schedstat(content: bytes) -> int:
    """The second figure of /proc/PID/task/TID/schedstat, in nanoseconds."""
    figures = content.split()
    return int(figures[1]) if len(figures) > 1 else 0


def rss_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return rss_from_status(Path(f"/proc/{pid}/status").read_text())


def rss_from_status(status: str) -> int:
    """VmRSS of a /proc/PID/status, in bytes."""
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("this process has no VmRSS")


def split_cores(available: set[int]) -> tuple[set[int], set[int]]:
    """(cores for the server, cores for the load): the last one serves, the others load."""
    if len(available) < 2:
        return available, available
    # Core 0 takes most interrupts, so it is not the server's.
    server = max(available)
    return {server}, available - {server}


def machine_facts() -> dict[str, str | int]:
    """What a reader needs to judge the figures; nothing that names the machine."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": memory >> 20,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def load_average() -> float:
    """How busy the machine is: beyond the cores in use, figures are worth less."""
    return os.getloadavg()[0]
