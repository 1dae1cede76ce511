from dflite.native.connection import Parser
from dflite.native.mc_lane import McFigures

class McParser(Parser):
    def __init__(self, figures: McFigures) -> None: ...
