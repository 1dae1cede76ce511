class Limits:
    bulk_length: int
    query_buffer: int
    high_water: int
    output_buffer: int
    def __init__(self) -> None: ...

class Batch:
    def __init__(self) -> None: ...
