from dflite.native.keyspace.index import Index

class Fields(Index):
    encoding: bytes
    def copy(self) -> Fields: ...
