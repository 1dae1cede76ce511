"""The reply buffer beside a bytes object: every verb in both protocols, taking back, room."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.wire.reply import Reply, buffer_memory
from tests.native.models import INT64_MAX, INT64_MIN, ReplyModel

USUAL = 16 * 1024

TEXTS = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([0, 9, 10, 99, 100, USUAL - 40, USUAL, USUAL + 1, 70_000]).map(
        lambda length: b"x" * length
    ),
)
INTEGERS = st.one_of(
    st.integers(INT64_MIN, INT64_MAX), st.sampled_from([0, 9, 10, -1, INT64_MIN, INT64_MAX])
)
COUNTS = st.one_of(st.integers(0, 20), st.integers(0, 2**31))
VERBS = st.one_of(
    st.tuples(st.sampled_from(["ok", "null", "null_array"])),
    st.tuples(st.sampled_from(["simple", "error", "bulk", "big_number", "raw"]), TEXTS),
    st.tuples(st.just("bulk_or_null"), st.none() | TEXTS),
    st.tuples(st.just("integer"), INTEGERS),
    st.tuples(st.sampled_from(["array", "map", "set", "push", "attribute"]), COUNTS),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("double"), st.floats()),
    st.tuples(st.just("verbatim"), TEXTS, st.sampled_from([b"txt", b"mkd"])),
    st.tuples(st.just("bulks"), st.lists(st.none() | TEXTS, max_size=5)),
    st.tuples(st.just("integers"), st.lists(INTEGERS, max_size=5)),
)
STEPS = st.lists(
    st.one_of(
        VERBS,
        VERBS,
        st.tuples(st.sampled_from(["MARK", "ROLLBACK", "SINCE", "TAKE", "LENGTH"])),
        st.tuples(st.just("SPEAK"), st.booleans()),
    ),
    max_size=60,
)


@given(steps=STEPS, resp3=st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_verb_writes_what_the_model_writes(
    steps: list[tuple[object, ...]], resp3: bool
) -> None:
    reply, model = Reply(resp3), ReplyModel(resp3)
    marks = [0]
    for name, *arguments in steps:
        if name == "MARK":
            assert reply.mark() == len(model.data)
            marks.append(reply.mark())
        elif name == "ROLLBACK":
            reply.rollback(marks[-1])
            model.data = model.data[: marks.pop() if len(marks) > 1 else marks[-1]]
        elif name == "SINCE":
            assert reply.since(marks[-1]) == model.data[marks[-1] :]
        elif name == "TAKE":
            assert reply.take() == model.data
            model.data = b""
            marks = [0]
        elif name == "LENGTH":
            assert len(reply) == len(model.data)
        elif name == "SPEAK":
            reply.speak(arguments[0])  # type: ignore[arg-type]
            model.resp3 = bool(arguments[0])
            assert reply.resp3 == model.resp3
        else:
            getattr(reply, str(name))(*arguments)
            getattr(model, str(name))(*arguments)
    assert reply.take() == model.data


@pytest.mark.parametrize(
    ("verb", "arguments", "resp2", "resp3"),
    [
        ("ok", (), b"+OK\r\n", b"+OK\r\n"),
        ("simple", (b"QUEUED",), b"+QUEUED\r\n", b"+QUEUED\r\n"),
        ("error", (b"ERR no",), b"-ERR no\r\n", b"-ERR no\r\n"),
        ("integer", (-7,), b":-7\r\n", b":-7\r\n"),
        ("bulk", (b"",), b"$0\r\n\r\n", b"$0\r\n\r\n"),
        ("bulk", (b"a\r\nb",), b"$4\r\na\r\nb\r\n", b"$4\r\na\r\nb\r\n"),
        ("bulk_or_null", (None,), b"$-1\r\n", b"_\r\n"),
        ("null", (), b"$-1\r\n", b"_\r\n"),
        ("null_array", (), b"*-1\r\n", b"_\r\n"),
        ("array", (0,), b"*0\r\n", b"*0\r\n"),
        ("map", (2,), b"*4\r\n", b"%2\r\n"),
        ("set", (2,), b"*2\r\n", b"~2\r\n"),
        ("push", (3,), b"*3\r\n", b">3\r\n"),
        ("attribute", (1,), b"|1\r\n", b"|1\r\n"),
        ("boolean", (True,), b":1\r\n", b"#t\r\n"),
        ("boolean", (False,), b":0\r\n", b"#f\r\n"),
        ("double", (3.0,), b"$1\r\n3\r\n", b",3\r\n"),
        ("double", (0.1,), b"$3\r\n0.1\r\n", b",0.1\r\n"),
        ("double", (math.inf,), b"$3\r\ninf\r\n", b",inf\r\n"),
        ("double", (-math.inf,), b"$4\r\n-inf\r\n", b",-inf\r\n"),
        ("double", (math.nan,), b"$3\r\nnan\r\n", b",nan\r\n"),
        ("big_number", (b"12",), b"$2\r\n12\r\n", b"(12\r\n"),
        ("verbatim", (b"hi",), b"$2\r\nhi\r\n", b"=6\r\ntxt:hi\r\n"),
        ("verbatim", (b"hi", b"mkd"), b"$2\r\nhi\r\n", b"=6\r\nmkd:hi\r\n"),
        ("bulks", ([b"a", None],), b"*2\r\n$1\r\na\r\n$-1\r\n", b"*2\r\n$1\r\na\r\n_\r\n"),
        ("integers", ([1, -1],), b"*2\r\n:1\r\n:-1\r\n", b"*2\r\n:1\r\n:-1\r\n"),
        ("raw", (b"+x\r\n",), b"+x\r\n", b"+x\r\n"),
        ("raw", (b"",), b"", b""),
    ],
)
def test_a_verb_in_both_protocols(
    verb: str, arguments: tuple[object, ...], resp2: bytes, resp3: bytes
) -> None:
    for protocol3, expected in ((False, resp2), (True, resp3)):
        reply = Reply(protocol3)
        getattr(reply, verb)(*arguments)
        assert reply.take() == expected


@pytest.mark.parametrize("text", [b"ERR a\r\nb", b"ERR a\nb\r", b"\r\n", b"ERR a\n\n\nb"])
def test_an_error_stays_on_its_line(text: bytes) -> None:
    reply = Reply()
    reply.error(text)
    written = reply.take()
    assert written.count(b"\r") == written.count(b"\n") == 1
    assert len(written) == len(text) + 3


def test_what_is_no_text_is_refused_and_writes_nothing() -> None:
    reply = Reply()
    for verb in (reply.bulk, reply.simple, reply.error, reply.raw, reply.big_number):
        with pytest.raises(TypeError):
            verb(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        reply.bulks(None)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        reply.integer(INT64_MAX + 1)
    with pytest.raises(ValueError, match="three letters"):
        reply.verbatim(b"text", b"t")
    assert len(reply) == 0


def test_an_array_with_something_else_in_it_can_be_taken_back() -> None:
    reply = Reply()
    reply.ok()
    mark = reply.mark()
    with pytest.raises(TypeError):
        reply.bulks([b"a", "b"])  # type: ignore[arg-type]
    reply.rollback(mark)
    with pytest.raises((TypeError, OverflowError)):
        reply.integers([1, INT64_MAX + 1])
    reply.rollback(mark)
    assert reply.take() == b"+OK\r\n"


def test_a_mark_beyond_the_end_takes_nothing_back() -> None:
    reply = Reply()
    reply.ok()
    mark = reply.mark()
    reply.take()
    reply.rollback(mark)
    assert len(reply) == 0
    assert reply.since(mark) == b""
    reply.bulk(b"x")
    reply.rollback(1000)
    assert reply.take() == b"$1\r\nx\r\n"


def test_buffers_are_counted_and_given_back() -> None:
    before = buffer_memory()
    replies = [Reply() for _ in range(300)]
    assert buffer_memory() == before
    for reply in replies:
        reply.ok()
        assert reply.memory == USUAL
    assert buffer_memory() == before + 300 * USUAL
    for reply in replies:
        reply.bulk(b"x" * 100_000)
        assert reply.memory >= 100_000
    assert buffer_memory() == before + sum(reply.memory for reply in replies)
    for reply in replies[:100]:
        reply.take()
    for reply in replies[100:200]:
        reply.rollback(0)
    assert all(reply.memory == 0 for reply in replies[:200])
    del reply
    replies.clear()
    assert buffer_memory() == before


def test_a_reply_of_many_small_parts_grows_in_few_steps() -> None:
    reply = Reply()
    sizes = set()
    for number in range(200_000):
        reply.integer(number)
        sizes.add(reply.memory)
    assert len(sizes) < 20
    assert reply.take() == b"".join(b":%d\r\n" % number for number in range(200_000))
