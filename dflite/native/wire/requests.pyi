class Limits:
    bulk_length: int
    query_buffer: int
    high_water: int
    output_buffer: int
    turn_bytes: int
    turn_us: int
    round_us: int
    def __init__(self) -> None: ...

class Batch:
    def __init__(self) -> None: ...
