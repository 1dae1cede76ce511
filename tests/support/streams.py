"""Streams for tests."""

from dflite.native.streams.stream import Stream


def stream_of(*entries: tuple[int, list[bytes]]) -> Stream:
    """A stream of these IDs, with fields and values in turn."""
    stream = Stream()
    for number, words in entries:
        assert stream.add(0, number, False, words, 0) is not None
    return stream
