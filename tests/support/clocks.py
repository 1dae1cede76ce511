"""Clocks that jump: a process whose time of day is set forward and back by a test."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = """
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long offset(void) {
    char text[32];
    int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    if (fd < 0) return 0;
    memset(text, 0, sizeof text);
    if (read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    close(fd);
    return atol(text);
}
int clock_gettime(clockid_t clock, struct timespec *ts) {
    int done = syscall(SYS_clock_gettime, clock, ts);
    if (clock == CLOCK_REALTIME) ts->tv_sec += offset();
    return done;
}
int gettimeofday(struct timeval *tv, void *zone) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *where) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (where) *where = ts.tv_sec;
    return ts.tv_sec;
}
"""


class JumpingClock:
    """The environment of a process, and the seconds that its clock is ahead of the machine's."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.skip("there is no C compiler")
        source, library = folder / "clock.c", folder / "clock.so"
        source.write_text(SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
        self.place = folder / "clock-offset"
        self.env = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self.place)}
        self.set(0)

    def set(self, seconds: int) -> None:
        beside = self.place.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self.place)
