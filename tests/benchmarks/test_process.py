"""CPU time, memory and cores as the harness reads them."""

import os
import subprocess
import sys
import time

from benchmarks.process import (
    CoreWaits,
    core_wait_from_schedstat,
    cpu_ns,
    cpu_ns_from_stat,
    rss_bytes,
    rss_from_status,
    split_cores,
)


def test_cpu_time_of_another_process_is_readable_and_never_falls() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = cpu_ns(child.pid)
        second = cpu_ns(child.pid)
        child.communicate(b"\n")
    assert 0 <= first <= second


def test_cpu_time_of_this_process_agrees_with_pythons_own_clock() -> None:

    before = time.process_time_ns()
    seen = cpu_ns(os.getpid())
    after = time.process_time_ns()
    assert before <= seen <= after


def test_a_process_name_with_brackets_does_not_shift_the_fields_of_stat() -> None:
    stat = "7 (odd) name)) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 100 1 1"
    assert cpu_ns_from_stat(stat, 100) == 2_000_000_000


def test_resident_memory_is_read_in_bytes() -> None:
    assert rss_from_status("Name:\tx\nVmRSS:\t    1024 kB\n") == 1024 * 1024
    assert rss_bytes(os.getpid()) > 0


def test_the_last_core_serves_and_the_others_load() -> None:
    assert split_cores({0, 1, 2, 3}) == ({3}, {0, 1, 2})


def test_a_single_core_is_shared() -> None:
    assert split_cores({0}) == ({0}, {0})


def test_the_wait_for_a_core_is_the_second_figure_of_schedstat() -> None:
    assert core_wait_from_schedstat(b"1065720 112371 2\n") == 112371
    assert core_wait_from_schedstat(b"") == 0


def test_the_wait_for_a_core_can_be_read_again_and_again_and_never_falls() -> None:
    waits = CoreWaits(os.getpid())
    seen = [waits.total_ns() for _ in range(3)]
    waits.close()
    assert seen == sorted(seen)
