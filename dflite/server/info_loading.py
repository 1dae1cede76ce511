"""INFO persistence: how far what is loaded is, a file at the start or a primary's snapshot."""

import time

from dflite.server.figures import Figures


def is_syncing(figures: Figures) -> bool:
    """Does a primary's snapshot come, while the old data are served?"""
    link = figures.executor.replication.primary
    return link is not None and link.state == "sync" and not figures.executor.loading


def loading_lines(figures: Figures) -> list[str]:
    """As Redis shows them, while something is loaded."""
    load, link = figures.restoring.load, figures.executor.replication.primary
    if load is not None:
        began_s = figures.restoring.began_s
        return lines(began_s, load.size, load.loaded_bytes, {})
    if link is not None and link.state == "sync":
        size = max(link.sync_total, 0)
        return lines(link.sync_began_s, size, link.sync_read, link.sync_fields)
    return []


def lines(began_s: float, size: int, done: int, fields: dict[str, str]) -> list[str]:
    """`size` is 0 where it is not told: then the memory that the data took is a guess at it."""
    used = fields.get("used-mem", "0")
    used_memory = int(used) if used.isdecimal() else 0
    whole = size or max(used_memory, done + 1)
    seconds = max(time.time() - began_s, 0.001)
    return [
        f"loading_start_time:{int(began_s)}",
        f"loading_total_bytes:{size}",
        f"loading_rdb_used_mem:{used_memory}",
        f"loading_loaded_bytes:{done}",
        f"loading_loaded_perc:{min(done * 100 / whole, 100 if size else 99.99):.2f}",
        f"loading_eta_seconds:{int((whole - done) * seconds / max(done, 1))}",
    ]
