from dflite.native.values.hashed import HashedValue

class Fields(HashedValue):
    encoding: bytes
    def copy(self) -> Fields: ...
