"""Dumps of all types and forms, and what becomes of them when their bytes change."""

import random
import struct
from typing import Final

from dflite.native.keyspace.table import Table
from dflite.rdb import payloads
from tests.support.dumps import OLD_FORMS, body_of, seal, version_of
from tests.support.node import Node, NodeClient

VERSIONS: Final = (9, 10, 11, 12, 80)
BYTES: Final = bytes.fromhex("00010203070b0f10143f407f8081bfc0c1c2c3dfe0eff0f1f4f5fafcfdfeff")
WIDE: Final = (0, 1, 2, 255, 65535, 0x7FFFFFFF, 1 << 31, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)


def fill(client: NodeClient) -> None:
    """A key of every type in every form and of several sizes."""
    words = [b"%x" % (n * n) for n in range(40)]
    client.run("SET", "s:empty", "")
    client.run("SET", "s:short", "hello")
    client.run("SET", "s:number", "-12345")
    client.run("SET", "s:long", b"0123456789" * 60 + bytes(range(256)))
    client.run("PFADD", "s:hll", *words)
    client.run("RPUSH", "l:small", "a", "1", "-300", "70000", "99999999999", "x" * 100)
    client.run("RPUSH", "l:large", *[b"element %d" % n * (n % 9) for n in range(900)])
    client.run("RPUSH", "l:alone", "a", "b" * 9000, "c", *words)
    client.run("SADD", "t:ints", "1", "2", "3", "-70000")
    client.run("SADD", "t:small", "a", "b", "17", "")
    client.run("SADD", "t:large", *[b"member %d" % n for n in range(150)])
    client.run("ZADD", "z:small", "1", "a", "2.5", "b", "-inf", "c", "1e300", "", "0", "17")
    client.run("ZADD", "z:large", *[w for n in range(140) for w in (str(n / 3), f"m{n}")])
    client.run("HSET", "h:small", "f", "v", "g", "12", "", "")
    client.run("HSET", "h:large", *[f"{w}{n}" for n in range(70) for w in ("f", "v" * 65)])
    client.run("HSET", "h:deadlines", "f", "v", "g", "w", "h", "x")
    client.run("HPEXPIRE h:deadlines 100000 FIELDS 2 f g")
    for n in range(1, 8):
        client.run("XADD", "x:small", f"{n}-{n}", "a", str(n), "b", "x" * n)
    client.run("XADD x:small 9-9 c d")
    client.run("XDEL x:small 3-3 9-9")
    for n in range(1, 130):
        client.run("XADD", "x:groups", f"{1000 + n}-0", "field", f"value{n}")
    client.run("XGROUP CREATE x:groups g1 0")
    client.run("XGROUP CREATE x:groups g2 1050-0 ENTRIESREAD 50")
    client.run("XGROUP CREATECONSUMER x:groups g1 idle")
    client.run("XREADGROUP GROUP g1 one COUNT 5 STREAMS x:groups >")
    client.run("XREADGROUP GROUP g1 two COUNT 3 STREAMS x:groups >")
    client.run("XREADGROUP GROUP g2 one COUNT 2 STREAMS x:groups >")
    client.run("XTRIM x:groups MAXLEN 110")
    client.run("XADD x:empty 1-1 a b")
    client.run("XDEL x:empty 1-1")


def dumped(node: Node, key: bytes, packing: bool) -> bytes:
    table: Table = node.db.table(key)
    return payloads.dump(table, key, packing)


class Payloads:
    """An endless source of changed dumps, all of them a function of the seed."""

    def __init__(self, node: Node, seed: int) -> None:
        self.random = random.Random(seed)
        client = node.client()
        fill(client)
        keys = sorted(node.db.keys(None))
        self.sound = [dumped(node, key, False) for key in keys]
        self.sound += [dumped(node, key, True) for key in keys]
        self.sound += OLD_FORMS.values()
        client.run("FLUSHALL")

    def next(self) -> bytes:
        payload = self.random.choice(self.sound)
        body = bytearray(body_of(payload))
        version = version_of(payload)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 6))):
            self.change(body)
        if self.random.random() < 0.05:
            version = self.random.choice(VERSIONS)
        return seal(bytes(body), version)

    def change(self, body: bytearray) -> None:
        """One change somewhere, near the front more often than not."""
        draw = self.random
        size = len(body)
        at = draw.randrange(min(size, draw.choice((4, 12, 40, size, size)))) if size else 0
        kind = draw.random()
        if kind < 0.25 and size:
            body[at] ^= 1 << draw.randrange(8)
        elif kind < 0.5 and size:
            body[at] = draw.choice(BYTES)
        elif kind < 0.6 and size:
            body[at] = (body[at] + draw.choice((-2, -1, 1, 2))) & 255
        elif kind < 0.68:
            wide = struct.pack(draw.choice(("<Q", ">Q")), draw.choice(WIDE))
            body[at : at + 4] = wide[: draw.choice((2, 4, 8))]
        elif kind < 0.76:
            del body[at : at + draw.randint(1, 20)]
        elif kind < 0.84:
            body[at:at] = draw.randbytes(draw.randint(1, 9))
        elif kind < 0.9:
            body[at:at] = body[at : at + draw.randint(1, 40)]
        elif kind < 0.95:
            other = body_of(draw.choice(self.sound))
            start = draw.randrange(len(other))
            body[at:] = other[start:]
        elif kind < 0.98:
            del body[at:]
        else:
            body[:1] = bytes([draw.randrange(34)])
