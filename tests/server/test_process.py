"""What the operating system tells of this process."""

import os
import resource

from dflite.server import process


def test_memory_is_in_bytes_and_below_the_machines() -> None:
    resident = process.resident_memory()
    assert 5_000_000 < resident < process.machine_memory()
    assert process.peak_resident_memory() > 5_000_000


def test_cpu_time_is_that_of_the_process() -> None:
    before = process.cpu_of_process()
    sum(i * i for i in range(300_000))
    after = process.cpu_of_process()
    assert after.user + after.system > before.user + before.system
    assert process.cpu_of_thread().user <= after.user + 1
    assert process.cpu_of_children().user >= 0


def test_without_proc_the_peak_stands_in(monkeypatch: object) -> None:
    def no_proc(path: str, mode: str) -> object:
        raise FileNotFoundError(path)

    original = process.__dict__.get("open")
    process.__dict__["open"] = no_proc
    try:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert process.resident_memory() >= peak * process.MAX_RSS_UNIT // 2
    finally:
        if original is None:
            del process.__dict__["open"]


def test_the_system_has_a_name() -> None:
    assert process.system_name().split()[0] == os.uname().sysname
