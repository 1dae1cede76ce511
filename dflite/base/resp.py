"""Requests in RESP, for what this program itself asks of a node."""


def request(*words: bytes) -> bytes:
    """A request of these words."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)
