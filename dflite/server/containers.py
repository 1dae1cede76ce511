"""How much memory this process may take: what its container or service is given, or the machine's.

Control groups come in two versions: in v2 a group's `memory.max` holds a number or "max", in v1
its `memory.limit_in_bytes` holds a number, absurdly large for none. Every group above counts too.
"""

import os
from typing import Final

from dflite.server.process import machine_memory

ROOT: Final = "/sys/fs/cgroup"
OWN_GROUPS: Final = "/proc/self/cgroup"
NO_LIMIT: Final = 1 << 60  # v1 says about 2**63 for none
SHARE: Final = 80  # percent that data may take when nobody says otherwise


def available_memory(root: str = ROOT, own: str = OWN_GROUPS, machine: int = -1) -> int:
    """Bytes that this process may take: the least of its groups' limits and the machine's memory.

    0 if nothing tells.
    """
    limits = group_limits(root, own)
    installed = machine_memory() if machine < 0 else machine
    if installed:
        limits.append(installed)
    return min(limits, default=0)


def group_limits(root: str, own: str) -> list[int]:
    """The limits of the groups that the process is in, and of those around them."""
    limits: list[int] = []
    for line in lines_of(own):
        parts = line.strip().split(":", 2)
        if len(parts) != 3:
            continue
        _number, controllers, path = parts
        if not controllers:
            for folder in (root, os.path.join(root, "unified")):
                limits += limits_upwards(folder, path, "memory.max")
        elif "memory" in controllers.split(","):
            limits += limits_upwards(os.path.join(root, "memory"), path, "memory.limit_in_bytes")
    return limits


def limits_upwards(root: str, path: str, name: str) -> list[int]:
    """What the files of that name say, from the group up to the root.

    Seen from inside a container the group's own path may not exist: then its root is the group.
    """
    limits = []
    parts = [part for part in path.split("/") if part not in ("", "..")]
    while True:
        for line in lines_of(os.path.join(root, *parts, name)):
            text = line.strip()
            if text.isdigit() and 0 < int(text) < NO_LIMIT:
                limits.append(int(text))
        if not parts:
            return limits
        parts.pop()


def lines_of(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except OSError:
        return []


def memory_limit(setting: int, available: int) -> int:
    """Bytes for `maxmemory`: as given, a percentage of what is available, or for 0 most of it.

    0 only if nothing tells what is available.
    """
    if setting > 0:
        return setting
    return available * (-setting if setting else SHARE) // 100
