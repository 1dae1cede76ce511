"""What the operating system tells of this process."""

import os

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


def test_without_proc_the_peak_stands_in() -> None:
    assert process.resident_memory("/no/such/file") > 5_000_000


def test_the_system_has_a_name() -> None:
    assert process.system_name().split()[0] == os.uname().sysname
