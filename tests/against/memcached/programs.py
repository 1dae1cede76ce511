"""Random requests of memcached's protocol: mostly right ones, on few keys, some wrong ones."""

import base64
import random
from typing import Final

# A request in parts: bytes, or a key whose CAS number the server has told last.
Part = bytes | str
Request = list[Part]

KEYS: Final = [b"a", b"b", b"c", b"key:1", b"k" * 250]
ODD_KEYS: Final = [b"k" * 251, b"\xc3\xa4", b"\x01", b"a\tb", b"%s"]
VALUES: Final = [
    b"", b"x", b"abc", b"hello world", b"1", b"10", b"99", b"007", b"-1", b"12 x",
    b"18446744073709551615", b"9223372036854775807", b" 5", b"+3", b"1\r\n2", b"v" * 300,
]  # fmt: skip
LETTERS: Final = [b"", b"x", b"abc", b"hello world"]  # to be appended to what may be padded
NUMBERS: Final = [b"0", b"1", b"2", b"5", b"90", b"9223372036854775807", b"18446744073709551615"]
BAD_NUMBERS: Final = [b"x", b"-1", b"1x", b"18446744073709551616", b"+2", b"1.5", b"00003"]
EXPTIMES: Final = [b"0", b"0", b"100", b"1000", b"2592000", b"-1", b"2147483647", b"2592001"]
BAD_EXPTIMES: Final = [b"x", b"99999999999", b"1x", b"--1", b"+100"]
FLAGS: Final = [b"0", b"0", b"1", b"65535", b"4294967295"]
BAD_FLAGS: Final = [b"-1", b"x", b"+1", b"1 "]
FOREIGN_CAS: Final = [b"0", b"1", b"x", b"18446744073709551616", b"-1"]
OPAQUES: Final = [b"O", b"O1", b"Oabc", b"O" + b"x" * 31, b"O" + b"x" * 32]


class Source:
    """Draws requests from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def pick(self, items: list[bytes]) -> bytes:
        return self.random.choice(items)

    def key(self) -> bytes:
        return self.pick(ODD_KEYS) if self.chance(3) else self.pick(KEYS)

    def number(self) -> bytes:
        return self.pick(BAD_NUMBERS) if self.chance(8) else self.pick(NUMBERS)

    def exptime(self) -> bytes:
        return self.pick(BAD_EXPTIMES) if self.chance(5) else self.pick(EXPTIMES)

    def noreply(self) -> bytes:
        return b" noreply" if self.chance(12) else b" junk" if self.chance(2) else b""

    # -- classic -----------------------------------------------------------------------------------

    def get(self) -> Request:
        verb = self.pick([b"get", b"gets", b"get", b"gets", b"gat", b"gats"])
        keys = [self.key() for _ in range(self.random.choice([1, 1, 1, 2, 3, 6]))]
        if ODD_KEYS[0] in keys:
            keys.sort(key=len, reverse=True)  # what stands before it, memcached has fetched
        if verb.startswith(b"gat"):
            keys.insert(0, self.exptime())
        if self.chance(2):
            keys = keys[:1] if verb.startswith(b"gat") else []
        gap = b" " if self.chance(95) else b"   "
        return [gap.join([verb, *keys]) + b"\r\n"]

    def store(self) -> Request:
        verb = self.pick(
            [b"set", b"set", b"set", b"add", b"replace", b"append", b"prepend", b"cas"]
        )
        key = self.key()
        value = self.pick(VALUES)
        if verb in (b"append", b"prepend"):
            value = self.pick(LETTERS)
        flags = self.pick(BAD_FLAGS) if self.chance(4) else self.pick(FLAGS)
        length = b"%d" % len(value)
        if self.chance(4):
            length = self.pick([b"x", b"-1", b"2000000000", b"0"])
        head = b"%b %b %b %b %b" % (verb, key, flags, self.exptime(), length)
        tail = self.noreply() + b"\r\n"
        if length in (b"2000000000",):
            cas = b" 1" if verb == b"cas" else b""
            return [b"%b %b 0 0 2000000%b\r\n" % (verb, key, cas), b"x" * 2000000 + b"\r\n"]
        end = b"\r\n" if self.chance(96) else self.pick([b"\n\n", b"xx\r\n", b"  \r\n"])
        if verb == b"cas":
            told: Part = key.decode("latin-1") if self.chance(80) else self.pick(FOREIGN_CAS)
            return [head + b" ", told, tail + value + end]
        return [head + tail + value + end]

    def change(self) -> Request:
        verb = self.pick([b"incr", b"incr", b"decr", b"delete", b"touch"])
        words = [verb, self.key()]
        if verb == b"touch":
            words.append(self.exptime())
        elif verb != b"delete":
            words.append(self.number())
        elif self.chance(10):
            words.append(self.pick([b"0", b"1", b"0 noreply", b"x"]))
        if self.chance(2):
            words.pop()
        return [b" ".join(words) + self.noreply() + b"\r\n"]

    def other(self) -> Request:
        return [
            self.pick(
                [
                    b"verbosity 1", b"verbosity x", b"verbosity", b"verbosity 1 noreply",
                    b"flush_all", b"flush_all 0", b"flush_all noreply", b"flush_all x",
                    b"flush_all 0 noreply", b"flush_all -1",
                    b"cache_memlimit x", b"cache_memlimit 4", b"cache_memlimit", b"shutdown",
                    b"", b" ", b"x", b"gett a", b"GET a", b"bogus a b", b"m", b"mx a",
                    b"stats reset",
                    b"stats bogus", b"stats detail", b"stats sizes", b"slabs", b"lru", b"lru foo",
                    b"lru_crawler", b"stats cachedump 1", b"stats cachedump x 1",
                    b"stats cachedump 100 1", b"get a\0b",
                ]
            )
            + b"\r\n"
        ]  # fmt: skip

    # -- meta --------------------------------------------------------------------------------------

    def meta_flags(self, letters: bytes) -> tuple[list[Part], bool]:
        """Some flags, and whether the key is to be in base64."""
        parts: list[Part] = []
        coded = False
        drawn = bytes(self.random.sample(letters, self.random.randrange(min(len(letters), 6) + 1)))
        for letter in drawn:
            flag = bytes([letter])
            if flag in b"NTR":
                flag += self.exptime() if self.chance(97) else b""
            elif flag in b"JD":
                flag += self.number()
            elif flag == b"F":
                flag += self.pick(BAD_FLAGS[:3]) if self.chance(6) else self.pick(FLAGS)
            elif flag == b"O":
                flag = self.pick(OPAQUES)
            elif flag == b"b":
                coded = self.chance(90)
            elif flag == b"M":
                flag += self.pick(
                    [b"S", b"E", b"A", b"P", b"R", b"I", b"D", b"+", b"-", b"", b"SS"]
                )
            parts.append(b" " + flag)
            if flag == b"C":
                parts.append(self.pick([b"0", b"1", b"x"]) if self.chance(30) else "")
        if self.chance(3):
            parts.append(self.pick([b" v v", b" z", b" ?", b" \xff", b" k k"]))
        return parts, coded

    def meta(self) -> Request:
        verb = self.pick([b"mg", b"mg", b"ms", b"ms", b"md", b"ma", b"me"])
        letters = {
            b"mg": b"bcfhklOqstvuNRT", b"ms": b"bcFIkOqTMC", b"md": b"bCIkOqT",
            b"ma": b"bCNJDMqtcvkO", b"me": b"",
        }[verb]  # fmt: skip
        key = self.key()
        parts, coded = self.meta_flags(letters)
        parts = [key.decode("latin-1") if part == "" else part for part in parts]
        if verb in (b"mg", b"ma") and b" " + OPAQUES[-1] in parts:
            parts.remove(b" " + OPAQUES[-1])  # an error then, that has changed something already
        shown = base64.b64encode(key) if coded else key
        if verb != b"ms":
            return [b"%b %b" % (verb, shown), *parts, b"\r\n"]
        value = self.pick(LETTERS if b" MA" in parts or b" MP" in parts else VALUES)
        length = b"%d" % len(value)
        if self.chance(4):
            length = self.pick([b"x", b"-1", b"0", b""])
        end = b"\r\n" if self.chance(97) else self.pick([b"\n\n", b"xx\r\n"])
        return [b"ms %b %b" % (shown, length), *parts, b"\r\n" + value + end]

    def request(self) -> Request:
        draws = [self.get, self.store, self.store, self.change, self.meta, self.meta, self.meta]
        if self.chance(4):
            return self.other()
        return self.random.choice(draws)()


def draw_program(seed: int, length: int) -> list[Request]:
    source = Source(seed)
    return [source.request() for _ in range(length)]
