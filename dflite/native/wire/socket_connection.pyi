from dflite.native.wire.connection import Connection

class SocketConnection(Connection):
    fd: int
