from dflite.native.wire.connection import Parser

class RespParser(Parser):
    began: int
    strict: bool
