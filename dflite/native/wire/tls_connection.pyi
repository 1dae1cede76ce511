from dflite.native.wire.seal import Seal
from dflite.native.wire.socket_connection import SocketConnection

class TlsConnection(SocketConnection):
    seal: Seal
    def shake(self) -> None: ...
