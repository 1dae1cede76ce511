from dflite.native.keyspace.index import Index

class Members(Index):
    encoding: bytes
    def copy(self) -> Members: ...
