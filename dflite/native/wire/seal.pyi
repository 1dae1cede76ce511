import ssl

class Seal:
    established: bool
    engine: ssl.SSLObject
    def __init__(self, context: ssl.SSLContext) -> None: ...
    def version(self) -> str: ...
