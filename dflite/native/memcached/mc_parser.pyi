from dflite.native.memcached.mc_figures import McFigures
from dflite.native.wire.connection import Parser

class McParser(Parser):
    def __init__(self, figures: McFigures) -> None: ...
