from dflite.native.index import Index

class Members(Index):
    encoding: bytes
    def copy(self) -> Members: ...
