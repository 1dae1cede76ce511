"""The flags of meta requests: a letter each, perhaps with a word; answers keep their order."""

import base64
import binascii
from typing import Final

from dflite.memcached.numbers import UINT32_MAX, UINT64_MAX, deadline_of, read_int32, read_unsigned
from dflite.memcached.service import Call

KNOWN: Final = b"bNTRlOPLkstcfvhuqFCEMJDI"
LONGEST_OPAQUE: Final = 32
MOST_WORDS: Final = 18

BAD_TOKEN: Final = b"CLIENT_ERROR bad token in command line format\r\n"
BAD_FORMAT: Final = b"CLIENT_ERROR bad command line format\r\n"
LONG_OPAQUE: Final = b"CLIENT_ERROR opaque token too long\r\n"


def decoded(key: bytes) -> bytes:
    """The key that a request with the flag b has in base64; empty if it cannot be read."""
    try:
        return base64.b64decode(key)  # what is no letter of base64 is passed over
    except (binascii.Error, ValueError):
        return b""


class Flags:
    """The flags of a request whose key is `key`; `error` is the answer if they are wrong."""

    def __init__(self, call: Call, first: int, last: int) -> None:
        self.words = call.words[first:last]
        self.now_ms = call.now_ms
        self.key = call.words[1]
        self.shown_key = self.key  # as the client wrote it
        self.error = b""
        self.binary = False
        self.quiet = False
        self.value = False
        self.no_update = False
        self.vivify = False
        self.has_ttl = False
        self.has_cas = False
        self.stale = False
        self.deadline = -1
        self.vivify_deadline = -1
        self.recache_ms = -1
        self.mc_flags = 0
        self.cas = 0
        self.new_cas = 0
        self.mode = b""
        self.delta = 1
        self.initial = 0
        seen = b""
        for word in self.words:
            letter = word[:1]
            if letter in seen or letter >= b"\x7f":
                self.error = b"CLIENT_ERROR duplicate flag\r\n"
                return
            seen += letter
            if letter not in KNOWN:
                self.error = b"CLIENT_ERROR invalid flag\r\n"
                return
            self.take(letter, word[1:])

    def take(self, letter: bytes, rest: bytes) -> None:
        """One flag; what is wrong with it is an error, but those that follow are looked at."""
        if letter == b"v":
            self.value = True
        elif letter == b"q":
            self.quiet = True
        elif letter == b"u":
            self.no_update = True
        elif letter == b"I":
            self.stale = True
        elif letter == b"b":
            self.decode_key()
        elif letter in b"NTR":
            self.take_time(letter, rest)
        elif letter in b"FCEJD":
            self.take_number(letter, rest)
        elif letter == b"M":
            if len(rest) == 1:
                self.mode = rest
            else:
                self.error = b"CLIENT_ERROR incorrect length for M token\r\n"

    def decode_key(self) -> None:
        self.binary = True
        self.key = decoded(self.key)
        if not self.key:
            self.error = b"CLIENT_ERROR error decoding key\r\n"

    def take_time(self, letter: bytes, rest: bytes) -> None:
        exptime = read_int32(rest)
        if exptime is None:
            self.error = BAD_TOKEN
            return
        deadline = deadline_of(exptime, self.now_ms)
        if letter == b"N":
            self.vivify = True
            self.vivify_deadline = deadline
        elif letter == b"T":
            self.has_ttl = True
            self.deadline = deadline
        else:
            self.recache_ms = deadline

    def take_number(self, letter: bytes, rest: bytes) -> None:
        number = read_unsigned(rest, UINT32_MAX if letter == b"F" else UINT64_MAX)
        if number is None:
            if letter == b"J":
                self.error = b"CLIENT_ERROR invalid numeric initial value\r\n"
            elif letter == b"D":
                self.error = b"CLIENT_ERROR invalid numeric delta value\r\n"
            elif letter != b"F":
                self.error = BAD_TOKEN
            elif not self.error:
                self.error = BAD_FORMAT
        elif letter == b"F":
            self.mc_flags = number
        elif letter == b"C":
            self.has_cas = True
            self.cas = number
        elif letter == b"E":
            self.new_cas = number
        elif letter == b"J":
            self.initial = number
        else:
            self.delta = number

    def check_opaque(self) -> bool:
        """Is there no opaque, or one that is not too long? Else it is an error."""
        for word in self.words:
            if word[:1] == b"O" and len(word) > LONGEST_OPAQUE:
                self.error = LONG_OPAQUE
                return False
        return True

    def key_token(self) -> bytes:
        return b" k" + self.shown_key + (b" b" if self.binary else b"")

    def echoes(self) -> bytes:
        """The flags that say again what the request said."""
        answer = b""
        for word in self.words:
            letter = word[:1]
            if letter == b"O":
                answer += b" " + word
            elif letter == b"k":
                answer += self.key_token()
        return answer
