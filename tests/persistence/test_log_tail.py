"""An end that was cut off is told from damage that looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.persistence.log_tail import damage_before_end, end_of, next_request
from tests.support.resp import encode

WORDS = st.binary(max_size=12) | st.sampled_from([b"\r\n", b"*1\r\n", b"a\r\n$1\r\n", b"\0\0"])


@given(st.lists(WORDS, min_size=2, max_size=4), st.data())
def test_whatever_is_cut_off_is_no_damage(words: list[bytes], data: st.DataObject) -> None:
    request = encode([b"MSET", *words])
    length = data.draw(st.integers(0, len(request) - 1))
    for zeros in (0, 1, 5000):
        assert damage_before_end(b"before" + request[:length] + bytes(zeros), 6) == ""


@given(st.lists(WORDS, min_size=2, max_size=4), st.integers(0, 4), st.integers(0, 10), st.binary())
def test_a_length_beyond_the_end_is_damage_if_requests_follow(
    words: list[bytes], place: int, more: int, tail: bytes
) -> None:
    words = [b"MSET", *words]
    head = b"*%d\r\n" % len(words)
    for number, word in enumerate(words):
        length = 10_000 if number == place % len(words) else len(word)
        head += b"$%d\r\n%b\r\n" % (length, word)
    follow = encode([b"SET", b"a", b"1"]) + encode([b"INCR", b"a"]) * more
    said = damage_before_end(head + follow + tail, 0)
    assert said == f"an argument has no end, but the requests go on at byte {len(head)}"


@pytest.mark.parametrize(
    "text", [b"x", b"*x", b"*1x", b"*1\r\n1", b"*1\r\n$x", b"*1\r\n$1\r\na\r\n", b"*1\r\n$1\r\nax"]
)
def test_what_does_not_begin_a_request_is_damage(text: bytes) -> None:
    assert damage_before_end(text, 0) == "there is something that is no request"


def test_a_note_of_the_time_may_be_cut_off() -> None:
    assert damage_before_end(b"#TS:17", 0) == ""


def test_zeros_at_the_end_were_never_written() -> None:
    assert end_of(b"ab\0c" + bytes(200_000), 1) == 4
    assert end_of(bytes(200_000), 5) == 5
    assert end_of(b"abc", 3) == 3


def test_only_what_could_be_run_is_a_request() -> None:
    for request in (
        encode(["NONSENSE"]),
        encode(["GET", "a", "b"]),
        encode(["SET", "a", "1"])[:-1],
    ):
        text = b"x\r\n" + request
        assert next_request(text, 0, len(text)) == -1
    text += b"\n"
    assert next_request(text, 0, len(text)) == 3


def test_looking_for_requests_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dflite.persistence.log_tail.MOST_ARGUMENTS", 50)
    text = b"\r\n" + encode(["NONSENSE", *["x"] * 9]) * 6
    assert next_request(text, 0, len(text)) == 2 + 5 * len(encode(["NONSENSE", *["x"] * 9]))
