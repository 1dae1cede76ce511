"""Requests gone wrong: valid pipelines changed in their bytes, their lengths, their arguments."""

import random
from typing import Final

from tests.against.families import connection, keys, strings, transactions
from tests.against.programs import Words
from tests.against.sources import SeededSource
from tests.support.resp import encode

# Left out: what a changed digit turns into a wait or into hundreds of megabytes, and what ends
# other connections.
FORBIDDEN: Final = (b"SETRANGE", b"LCS", b"SHUTDOWN", b"DEBUG", b"CONFIG", b"MONITOR")
HARMLESS_CLIENT: Final = (b"SETNAME", b"GETNAME", b"ID", b"INFO", b"SETINFO", b"NO-EVICT")
LENGTHS: Final = (
    b"-1",
    b"0",
    b"1",
    b"2",
    b"-2147483648",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"1048576",
    b"536870912",
    b"536870913",
    b"",
    b"+1",
    b" 3",
    b"3 ",
    b"0x3",
    b"03",
    b"1e1",
    b"9" * 40,
)
PIECES: Final = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"*",
    b"$",
    b"\r\n\r\n",
    b"*1\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b'"',
    b"'",
    b"\\x",
    b"PING\r\n",
    b"GET / HTTP/1.1\r\n",
    b"\xff" * 9,
    b" " * 30,
    b"%2\r\n",
    b"~1\r\n",
    b"a" * 5000,
)
INLINE: Final = (
    b"PING\r\n",
    b'SET a "x\\x00\\n y"\r\n',
    b"ECHO 'it\\'s'\r\n",
    b"MGET a b c\r\n",
    b"  \t EXISTS a \r\n",
)


class Mutator:
    """An endless source of mutated requests, all of them a function of the seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.corpus = self.collect(SeededSource(seed), 2_000)

    def collect(self, source: SeededSource, count: int) -> list[Words]:
        makers = [
            maker
            for family in (strings, keys, transactions, connection)
            for maker in family.FAMILY.makers
        ]
        corpus: list[Words] = []
        while len(corpus) < count:
            words = source.pick(makers)(source)
            if words[0] in FORBIDDEN or sum(map(len, words)) > 2_000:
                continue
            if words[0] == b"CLIENT" and (len(words) < 2 or words[1] not in HARMLESS_CLIENT):
                continue
            corpus.append(words)
        return corpus

    def batch(self, size: int) -> bytes:
        """So many requests for one connection; the last one breaks the framing, or may."""
        parts = [self.framed() for _ in range(size - 1)]
        parts.append(self.broken())
        return b"".join(parts)

    def framed(self) -> bytes:
        """A request whose framing holds, with arguments that nobody meant."""
        words = list(self.random.choice(self.corpus))
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randrange(len(words))
            kind = self.random.random()
            if kind < 0.45:
                words[at] = self.change_bytes(words[at])
            elif kind < 0.6:
                words[at] = self.random.choice(LENGTHS)
            elif kind < 0.7:
                words[at] = self.random.choice(PIECES)
            elif kind < 0.8:
                words.insert(at, self.random.choice(self.random.choice(self.corpus)))
            elif kind < 0.9 and len(words) > 1:
                del words[at]
            else:
                words[at] = words[at].swapcase()
        return encode(words)

    def broken(self) -> bytes:
        """A few requests as bytes, and then changed as bytes."""
        if self.random.random() < 0.15:
            stream = self.random.choice(INLINE) * self.random.randint(1, 3)
        else:
            stream = b"".join(
                encode(self.random.choice(self.corpus)) for _ in range(self.random.randint(1, 3))
            )
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.random()
            if kind < 0.35:
                stream = self.change_length(stream)
            elif kind < 0.75:
                stream = self.change_bytes(stream)
            elif kind < 0.85:
                stream = stream[: self.random.randint(0, len(stream))]
            else:
                other = encode(self.random.choice(self.corpus))
                stream = self.splice(stream, other)
        return stream

    def change_bytes(self, data: bytes) -> bytes:
        """A bit flipped, a byte gone, something put in between or doubled."""
        at = self.random.randint(0, len(data))
        kind = self.random.random()
        if kind < 0.4 and at < len(data):
            return data[:at] + bytes([data[at] ^ (1 << self.random.randrange(8))]) + data[at + 1 :]
        if kind < 0.6:
            return data[:at] + data[at + 1 :]
        if kind < 0.8:
            return data[:at] + self.random.choice(PIECES) + data[at:]
        end = self.random.randint(at, min(len(data), at + 40))
        return data[:end] + data[at:end] * self.random.randint(1, 3) + data[end:]

    def change_length(self, stream: bytes) -> bytes:
        """Another number behind one of the marks * and $."""
        places = [at for at, code in enumerate(stream) if code in (36, 42)]
        if not places:
            return stream + self.random.choice(PIECES)
        at = self.random.choice(places)
        end = stream.find(b"\r\n", at)
        end = len(stream) if end < 0 else end
        return stream[: at + 1] + self.random.choice(LENGTHS) + stream[end:]

    def splice(self, one: bytes, other: bytes) -> bytes:
        head = one[: self.random.randint(0, len(one))]
        return head + other[self.random.randint(0, len(other)) :]
