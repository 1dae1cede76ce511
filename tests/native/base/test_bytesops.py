"""The operations on bytes against plain models, known vectors, and a real Valkey."""

import fnmatch
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.bytesops import (
    crc16,
    crc64,
    format_int,
    glob_match,
    key_slot,
    lzf_compress,
    lzf_decompress,
    parse_int,
    quote,
    siphash13,
)
from dflite.native.wire.inline import split_inline
from tests.support.servers import Server

MASK = (1 << 64) - 1
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)

# --- hashing -------------------------------------------------------------------------------------


def plain_siphash13(data: bytes, k0: int, k1: int) -> int:
    def rotate(x: int, bits: int) -> int:
        return (x << bits | x >> (64 - bits)) & MASK

    def rounds(v: list[int], count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        rounds(v, 1)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(v, 3)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@given(st.binary(max_size=70), st.integers(0, MASK), st.integers(0, MASK))
def test_siphash_is_the_plain_one(data: bytes, k0: int, k1: int) -> None:
    assert siphash13(data, k0, k1) == plain_siphash13(data, k0, k1)


def test_siphash_of_nothing_is_the_published_value() -> None:
    assert siphash13(b"", 0x0706050403020100, 0x0F0E0D0C0B0A0908) == 0xABAC0158050FC4DC


@pytest.mark.skipif(sys.hash_info.algorithm != "siphash13", reason="this Python hashes otherwise")
def test_siphash_is_what_python_hashes_bytes_with() -> None:
    program = "print([hash(bytes(range(n))) for n in range(1, 40)])"
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours = []
    for n in range(1, 40):
        value = siphash13(bytes(range(n)), 0, 0)
        ours.append(value - (1 << 64) if value >> 63 else value)
    assert shown.strip() == str(ours)


def plain_crc64(data: bytes, crc: int = 0) -> int:
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_crc64_is_the_plain_one_and_can_go_on(first: bytes, second: bytes) -> None:
    assert crc64(first + second) == plain_crc64(first + second)
    assert crc64(second, crc64(first)) == crc64(first + second)


def test_checksums_of_the_usual_digits() -> None:
    assert crc64(b"123456789") == 0xE9C6D914C4B8D9CA
    assert crc16(b"123456789") == 0x31C3


@given(st.binary(max_size=40))
def test_crc16_is_the_plain_one(data: bytes) -> None:
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    assert crc16(data) == crc


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"foo", b"foo"),
        (b"{user1000}.following", b"user1000"),
        (b"foo{}{bar}", b"foo{}{bar}"),
        (b"foo{{bar}}zap", b"{bar"),
        (b"foo{bar}{zap}", b"bar"),
        (b"foo{bar", b"foo{bar"),
        (b"}foo{bar}", b"bar"),
        (b"", b""),
    ],
)
def test_a_slot_is_of_the_hash_tag_if_there_is_one(key: bytes, hashed: bytes) -> None:
    assert key_slot(key) == crc16(hashed) % 16384


def test_the_slot_of_foo_is_the_documented_one() -> None:
    assert key_slot(b"foo") == 12182


# --- integers ------------------------------------------------------------------------------------


@given(INT64)
def test_an_integer_comes_back_from_its_text(value: int) -> None:
    assert format_int(value) == b"%d" % value
    assert parse_int(b"%d" % value) == value


@pytest.mark.parametrize("digits", range(1, 20))
def test_integers_of_every_length_are_written_right(digits: int) -> None:
    for value in (10 ** (digits - 1), 10**digits - 1, 7 * 10 ** (digits - 1)):
        if value < 1 << 63:
            assert format_int(value) == b"%d" % value
            assert format_int(-value) == b"-%d" % value


@given(
    st.one_of(
        st.text("0123456789+- .xe_", max_size=22).map(str.encode),
        st.integers(-(1 << 66), 1 << 66).map(lambda n: b"%d" % n),
        st.binary(max_size=4),
    )
)
def test_only_the_canonical_spelling_of_64_bits_is_an_integer(text: bytes) -> None:
    try:
        value: int | None = int(text)
    except ValueError:
        value = None
    if value is not None and (b"%d" % value != text or not -(1 << 63) <= value < 1 << 63):
        value = None
    assert parse_int(text) == value


# --- patterns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (b"*", b"anything", True),
        (b"*", b"", False),
        (b"", b"", True),
        (b"", b"a", False),
        (b"h?llo", b"hello", True),
        (b"h?llo", b"hllo", False),
        (b"h*llo", b"heeeello", True),
        (b"h*llo", b"hllo", True),
        (b"h[ae]llo", b"hallo", True),
        (b"h[ae]llo", b"hillo", False),
        (b"h[^e]llo", b"hallo", True),
        (b"h[^e]llo", b"hello", False),
        (b"h[a-b]llo", b"hbllo", True),
        (b"h[b-a]llo", b"hallo", True),
        (b"[a-]", b"a", True),
        (b"[a-]", b"-", False),
        (b"[a-", b"-", True),
        (b"[abc", b"c", True),
        (b"[abc", b"d", False),
        (b"[", b"[", False),
        (b"[^", b"x", True),
        (b"[]a]", b"a", False),
        (b"[\\]]", b"]", True),
        (b"\\*", b"*", True),
        (b"\\*", b"a", False),
        (b"a\\", b"a\\", True),
        (b"a***", b"a", True),
        (b"*a*b*c", b"xxaxxbxxc", True),
        (b"*ab", b"aab", True),
        (b"[a-\xff]", b"\x80", False),
        (b"[\x80-\xff]", b"\x90", True),
    ],
)
def test_patterns_match_as_in_redis(pattern: bytes, text: bytes, matches: bool) -> None:
    assert glob_match(pattern, text) is matches


def test_case_is_ignored_when_asked_but_not_behind_a_backslash_in_a_class() -> None:
    assert glob_match(b"max[M]em*", b"MAXmemory", True)
    assert glob_match(b"[A-C]x", b"bX", True)
    assert not glob_match(b"max*", b"MAXMEMORY")
    assert glob_match(b"\\A", b"a", True)
    assert not glob_match(b"[\\A]", b"a", True)


@given(st.text("abc*?", max_size=12), st.text("abc", min_size=1, max_size=12))
def test_stars_and_question_marks_are_those_of_the_shell(pattern: str, text: str) -> None:
    assert glob_match(pattern.encode(), text.encode()) == fnmatch.fnmatchcase(text, pattern)


def test_a_hostile_pattern_costs_no_more_than_its_length_times_the_texts() -> None:
    assert not glob_match(b"a*" * 40 + b"b", b"a" * 20_000)
    assert not glob_match(b"*?[a]" * 40 + b"b", b"a" * 2_000)


def test_more_than_a_thousand_stars_match_nothing() -> None:
    text = b"a" * 3000
    assert glob_match(b"a*" * 1000 + b"a", text)
    assert glob_match(b"a*" * 1001, text)
    assert not glob_match(b"a*" * 1001 + b"a", text)


LETTERS = [b"a", b"b", b"A", b"-", b"]", b"[", b"^", b"\\", b"*", b"?", b"\xff", b"\x80", b"\x00"]


def random_text(chance: random.Random, longest: int) -> bytes:
    return b"".join(chance.choice(LETTERS) for _ in range(chance.randrange(longest)))


def random_pattern(chance: random.Random) -> bytes:
    parts = []
    for _ in range(chance.randrange(9)):
        some = random_text(chance, 5)
        one = chance.choice(LETTERS)
        parts.append(
            chance.choice(
                [one, b"*", b"[" + some + b"]", b"[^" + some + b"]", b"[" + some, b"\\" + one, b"?"]
            )
        )
    return b"".join(parts)


def test_keys_of_valkey_finds_the_same(shared_valkey: Server) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    keys = {random_text(chance, 8) for _ in range(200)}
    patterns = [pattern for _ in range(1000) if (pattern := random_pattern(chance)) != b"*"]
    with shared_valkey.connect() as connection:
        connection.call("FLUSHALL")
        connection.pipeline([["SET", key, b""] for key in keys])
        found = connection.pipeline([["KEYS", pattern] for pattern in patterns])
        connection.call("FLUSHALL")
    for pattern, theirs in zip(patterns, found, strict=True):
        ours = {key for key in keys if glob_match(pattern, key)}
        assert ours == {key.data for key in theirs.items}, f"{pattern!r}, seed {seed}"


# --- quotes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        (b"", b'""'),
        (b"key", b'"key"'),
        (b'a"b', b'"a\\"b"'),
        (b"a\\b", b'"a\\\\b"'),
        (b"\r\n\t\a\b", b'"\\r\\n\\t\\a\\b"'),
        (b"\x00\x0b\x0c\x7f\xff", b'"\\x00\\x0b\\x0c\\x7f\\xff"'),
    ],
)
def test_words_are_quoted(word: bytes, shown: bytes) -> None:
    assert quote(word) == shown


@given(st.binary())
def test_what_is_quoted_is_printable_and_reads_back_as_it_was(data: bytes) -> None:
    shown = quote(data)
    assert shown.decode("ascii").isprintable()
    assert split_inline(shown) == [data]


# --- LZF -----------------------------------------------------------------------------------------


def plain_lzf_decompress(data: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            out += data[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += data[at]
            at += 1
        back = (control & 31) << 8 | data[at]
        at += 1
        for _ in range(length + 2):
            out.append(out[-back - 1])
    return bytes(out)


REPEATING = st.lists(
    st.tuples(st.binary(min_size=1, max_size=12), st.integers(1, 60)), max_size=12
).map(lambda runs: b"".join(run * times for run, times in runs))


@given(st.one_of(st.binary(max_size=300), REPEATING))
def test_what_was_compressed_comes_back(data: bytes) -> None:
    packed = lzf_compress(data, len(data) * 2 + 8)
    if not data:
        assert packed is None
        return
    assert packed is not None
    assert plain_lzf_decompress(packed) == data
    assert lzf_decompress(packed, len(data)) == data
    assert lzf_decompress(packed, len(data) + 1) is None
    assert lzf_decompress(packed, len(data) - 1) is None


@given(REPEATING, st.integers(0, 400))
def test_compressing_keeps_to_the_room_there_is(data: bytes, room: int) -> None:
    packed = lzf_compress(data, room)
    roomy = lzf_compress(data, len(data) * 2 + 8)
    if packed is None:
        assert roomy is None or len(roomy) > room - 1
    else:
        assert len(packed) <= room
        assert packed == roomy


@given(st.binary(max_size=200), st.integers(0, 500))
def test_damaged_data_is_none_or_has_the_size_that_was_asked(data: bytes, size: int) -> None:
    out = lzf_decompress(data, size)
    assert out is None or len(out) == size


def test_copies_reach_as_far_and_as_long_as_the_format_allows() -> None:
    far = random.Random(1).randbytes(8192)
    data = far + far + bytes(10_000)
    packed = lzf_compress(data)
    assert packed is not None
    assert len(packed) < 8192 + 300 + 400
    assert lzf_decompress(packed, len(data)) == data


def test_what_cannot_shrink_is_none() -> None:
    assert lzf_compress(random.Random(2).randbytes(1000)) is None
    assert lzf_compress(b"") is None


def test_valkey_restores_what_we_compress_and_we_read_what_it_dumps(shared_valkey: Server) -> None:
    chance = random.Random(3)
    words = [b"%d" % chance.randrange(10**9) for _ in range(50)]
    with shared_valkey.connect() as connection:
        for size in (10, 100, 1000, 10_000):
            data = b" ".join(chance.choice(words) for _ in range(size))
            connection.call("SET", "lzf", data)
            dump = connection.call("DUMP", "lzf").data
            assert crc64(dump[:-8]) == int.from_bytes(dump[-8:], "little")
            assert dump[1] == 0xC3
            packed_size, at = read_length(dump, 2)
            size_there, at = read_length(dump, at)
            assert size_there == len(data)
            assert lzf_decompress(dump[at : at + packed_size], len(data)) == data

            packed = lzf_compress(data)
            assert packed is not None
            payload = b"\0\xc3" + write_length(len(packed)) + write_length(len(data)) + packed
            payload += dump[-10:-8]
            payload += crc64(payload).to_bytes(8, "little")
            assert connection.call("RESTORE", "lzf", "0", payload, "REPLACE").text == "OK"
            assert connection.call("GET", "lzf").data == data
        connection.call("DEL", "lzf")


def read_length(data: bytes, at: int) -> tuple[int, int]:
    if data[at] < 0x40:
        return data[at], at + 1
    if data[at] < 0x80:
        return (data[at] & 0x3F) << 8 | data[at + 1], at + 2
    return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


def write_length(length: int) -> bytes:
    return b"\x80" + length.to_bytes(4, "big")


# --- types ---------------------------------------------------------------------------------------


def test_functions_carry_their_own_names() -> None:
    assert crc16.__name__ == "crc16"
    assert glob_match.__qualname__ == "glob_match"


def test_only_bytes_are_taken() -> None:
    with pytest.raises(TypeError):
        crc16("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        glob_match(b"*", None)  # type: ignore[arg-type]
