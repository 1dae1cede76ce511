# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What memcached's `stats` counts, and the limits of its items."""

cimport cython


@cython.final
cdef class McFigures:
    """One for the hot lane and the handlers together."""

    def __init__(self, max_item_size: int = 1024 * 1024):
        self.max_item_size = max_item_size

    def reset(self) -> None:
        """Begin to count anew (`stats reset`)."""
        self.cmd_get = self.cmd_set = self.cmd_flush = self.cmd_touch = self.cmd_meta = 0
        self.get_hits = self.get_misses = self.delete_hits = self.delete_misses = 0
        self.incr_hits = self.incr_misses = self.decr_hits = self.decr_misses = 0
        self.cas_hits = self.cas_misses = self.cas_badval = self.touch_hits = self.touch_misses = 0
        self.store_too_large = self.store_no_memory = self.total_items = 0
