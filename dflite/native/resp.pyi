from dflite.native.connection import Parser

class RespParser(Parser):
    began: int
    strict: bool
