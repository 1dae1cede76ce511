"""Clients that write and remember what they were promised; and what a node has kept of it.

Each writer has keys of its own, of every type, and counts its requests: each request of a kind says
the next number. So after a kill the number that is there has to lie between the last one that was
answered and the last one that was sent, and must be the same wherever one request has put it.
"""

import random
import threading
from typing import Final

from tests.support.connection import Closed, Connection
from tests.support.resp import ERROR, Reply, encode_all

KINDS: Final = ("string", "pair", "list", "hash", "count", "zset", "stream", "long", "gone")
LONG: Final = 30_000  # bytes of a long value
REQUESTS: Final = {"pair": 4}  # that a kind sends for one number; else 1
Request = list[str]


class Promise:
    """A kind's numbers: up to `kept` they were answered, up to `sent` there may be one."""

    def __init__(self) -> None:
        self.kept = 0
        self.sent = 0


class Writer(threading.Thread):
    """One connection that writes in pipelines until the node is gone, or `stop` is set."""

    def __init__(self, number: int, port: int, promises: dict[str, Promise], seed: int) -> None:
        super().__init__(name=f"writer {number}", daemon=True)
        self.number = number
        self.port = port
        self.promises = promises
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.answered = 0
        self.refused = ""

    def requests_of(self, kind: str, number: int) -> list[Request]:
        """What puts a number of that kind."""
        key, text = f"{kind}:{self.number}", str(number)
        if kind == "pair":
            both = [["SET", f"{key}:a", text], ["SET", f"{key}:b", text]]
            return [["MULTI"], *both, ["EXEC"]]
        if kind == "list":
            return [["RPUSH", key, text]]
        if kind == "hash":
            return [["HSET", key, "a", text, "b", text, "c", text]]
        if kind == "count":
            return [["INCR", key]]
        if kind == "zset":
            return [["ZADD", key, text, "member"]]
        if kind == "stream":
            return [["XADD", key, "MAXLEN", "100", f"{number}-1", "n", text]]
        if kind == "long":
            return [["SET", key, (text + ",") * (LONG // (len(text) + 1))]]
        if kind == "gone":  # there with an even number, not there with an odd one
            return [["SET", key, text, "EX", "10000"] if number % 2 == 0 else ["DEL", key]]
        return [["SET", key, text]]

    def run(self) -> None:
        try:
            with Connection(self.port) as client:
                while not self.stop.is_set():
                    self.write_some(client)
        except (Closed, OSError):
            return  # killed: what was not answered was not promised

    def write_some(self, client: Connection) -> None:
        kinds = self.random.choices(KINDS, k=self.random.choice((1, 1, 4, 16)))
        requests: list[Request] = []
        for kind in kinds:
            promise = self.promises[kind]
            promise.sent += 1
            requests += self.requests_of(kind, promise.sent)
        client.send_raw(encode_all(requests))
        for kind in kinds:
            replies = client.read_many(REQUESTS.get(kind, 1))
            for reply in replies:
                if reply.kind == ERROR:
                    self.refused = reply.text
                    self.stop.set()
                    return
            self.promises[kind].kept += 1
            self.answered += 1


class Broken(Exception):
    """A promise that was not kept, or half a write."""


def check(client: Connection, number: int, promises: dict[str, Promise], exact: bool) -> None:
    """Compare what a node has with what a writer was promised, then take that as promised.

    Without `exact` a node may have less than was promised, but never half of something.
    """
    for kind, promise in promises.items():
        found = number_of(client, kind, f"{kind}:{number}")
        if kind == "gone":
            if not exact:
                continue
            # an even number is there; without one, the last was odd
            ends = range(promise.kept, promise.sent + 1)
            fits = found in ends if found else any(end % 2 or end == 0 for end in ends)
            if not fits:
                raise Broken(
                    f"{kind}:{number} is {found}, kept {promise.kept}, sent {promise.sent}"
                )
            found = found or max(end for end in ends if end % 2 or end == 0)
        elif found > promise.sent or (exact and found < promise.kept):
            raise Broken(told(kind, number, found, promise))
        promise.kept = promise.sent = found


def told(kind: str, number: int, found: int, promise: Promise) -> str:
    return f"{kind}:{number} is {found}, kept {promise.kept}, sent {promise.sent}"


def number_of(client: Connection, kind: str, key: str) -> int:
    """The number that is there; Broken if it is only half there."""
    if kind == "pair":
        return same(key, texts(client.call("MGET", f"{key}:a", f"{key}:b")))
    if kind == "hash":
        return same(key, texts(client.call("HMGET", key, "a", "b", "c")))
    if kind == "list":
        numbers = texts(client.call("LRANGE", key, "0", "-1"))
        if numbers != [str(n) for n in range(1, len(numbers) + 1)]:
            raise Broken(f"{key} has a gap, or something twice")
        return len(numbers)
    if kind == "stream":
        entries = client.call("XREVRANGE", key, "+", "-").items
        numbers = [entry.items[1].items[1].text for entry in entries]
        ids = [entry.items[0].text for entry in entries]
        last = int(numbers[0]) if numbers else 0
        expected = [str(n) for n in range(last, last - len(numbers), -1)]
        if numbers != expected or ids != [f"{n}-1" for n in expected]:
            raise Broken(f"{key} has a gap, or something twice")
        return last
    words = ("ZSCORE", key, "member") if kind == "zset" else ("GET", key)
    text = text_of(client.call(*words))
    if kind == "long" and text:
        parts = set(text.strip(",").split(","))
        if len(parts) != 1:
            raise Broken(f"{key} is half of one value and half of another")
        text = parts.pop()
    return int(text or 0)


def text_of(reply: Reply) -> str:
    return reply.text if reply.value is not None else ""


def texts(reply: Reply) -> list[str]:
    return [text_of(item) for item in reply.items]


def same(key: str, values: list[str]) -> int:
    if len(set(values)) > 1:
        raise Broken(f"{key} was half written: {values}")
    return int(values[0] or 0)
