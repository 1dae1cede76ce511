from dflite.native.values.hashed import HashedValue

class Members(HashedValue):
    encoding: bytes
    def copy(self) -> Members: ...
