"""A client of memcached's protocol, of a node without sockets.

client = McClient(Node())
assert client.run("set k 0 0 1\\r\\nv") == "STORED"
"""

import dflite.memcached  # noqa: F401  (enters every verb in the table)
from dflite.engine.client import Client
from dflite.engine.context import Context
from dflite.memcached.service import Service
from dflite.memcached.session import McSession
from dflite.native.memcached.mc_parser import McParser
from tests.support.node import FakeConnection, Node


class McClient:
    """What it sends is answered at once; `service` is the one of its node, if others share it."""

    def __init__(self, node: Node, service: Service | None = None) -> None:
        executor = node.executor
        self.node = node
        self.service = service or Service(executor)
        self.session = McSession(executor, self.service)
        parser = McParser(self.service.figures)
        self.conn = FakeConnection(node.lane, node.limits, node.batch, parser)
        self.conn.node = node
        self.conn.sent = bytearray()
        self.conn.reading = True
        self.conn.session = self.session
        number = executor.next_client_id
        executor.next_client_id += 1
        self.state = Client(number, self.conn, executor.users.default, node.clock.now_ms)
        self.state.fd = 8 + number
        self.state.addr = f"127.0.0.1:{50000 + number}"
        self.state.laddr = "127.0.0.1:6371"
        self.state.authenticated = True
        self.state.protocol = "memcached"
        self.ctx = Context(executor, node.host, self.state, self.conn.reply)
        self.session.ctx = self.ctx
        executor.clients[number] = self.state
        executor.contexts[number] = self.ctx
        self.state.update_lane()

    @property
    def closed(self) -> bool:
        return bool(self.conn.closed)

    def raw(self, data: bytes) -> bytes:
        """Send bytes; whatever has been answered by the end of the wake-up."""
        self.conn.feed(data)
        self.conn.schedule()
        self.node.pump()
        return self.take()

    def take(self) -> bytes:
        """What has come since the last look."""
        self.conn.flush()
        data = bytes(self.conn.sent)
        self.conn.sent.clear()
        return data

    def run(self, text: str) -> str:
        """Some lines, the last one's end aside; the answer's too."""
        return self.raw(text.encode("latin-1") + b"\r\n").decode("latin-1").removesuffix("\r\n")

    def lines(self, text: str) -> list[str]:
        """As `run`, the answer in lines."""
        answer = self.run(text)
        return answer.split("\r\n") if answer else []
