from dflite.native.base.clock import Clock
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.wire.reply import Reply

class Points:
    def __len__(self) -> int: ...
    def sort(self, wanted: int, descending: bool) -> None: ...
    def member(self, i: int) -> bytes: ...
    def reply(
        self,
        reply: Reply,
        wanted: int,
        unit: float,
        distances: bool,
        hashes: bool,
        places: bool,
    ) -> None: ...
    def as_zset(self, clock: Clock, wanted: int, unit: float, distances: bool) -> SortedSet: ...

def reply_spot(reply: Reply, longitude: float, latitude: float) -> None: ...
