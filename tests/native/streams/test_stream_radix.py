"""The size of Redis' radix tree, against a tree that is counted plainly."""

from dflite.native.streams.stream_radix import radix_tree_nodes
from dflite.native.values.thresholds import set_threshold
from tests.support.streams import stream_of


def tree_nodes(keys: list[bytes]) -> int:
    """Nodes of a tree of bytes in which chains of single bytes are joined, counted plainly."""

    def below(prefix: int, members: list[bytes]) -> int:
        if len(members) == 1 and prefix == 16:
            return 1
        groups: dict[int, list[bytes]] = {}
        for member in members:
            groups.setdefault(member[prefix], []).append(member)
        if len(groups) > 1:
            return 1 + sum(below(prefix + 1, group) for group in groups.values())
        end = prefix
        while end < 16 and len({member[: end + 1] for member in members}) == 1:
            end += 1
        return 1 + below(end, members)

    return below(0, keys) if keys else 1


def test_the_radix_tree_that_redis_would_have() -> None:
    set_threshold("stream_node_max_entries", 1)
    try:
        for step in (1, 3, 255, 256, 257, 65_537, (1 << 64) - 1, 1 << 64, (1 << 65) + 77):
            for count in (0, 1, 2, 3, 70, 600):
                ids = [n * step for n in range(1, count + 1)]
                stream = stream_of(*[(number, [b"a", b"b"]) for number in ids])
                assert radix_tree_nodes(stream) == tree_nodes(
                    [number.to_bytes(16) for number in ids]
                )
    finally:
        set_threshold("stream_node_max_entries", 100)
