from dflite.native.base.clock import Clock

BY_IDLE_TIME: int
BY_FREQUENCY: int
BY_DENSITY: int

class Census: ...

class Uses:
    census: Census
    mode: int
    log_factor: int
    decay_minutes: int
    memory: int
    jumps: int
    def __init__(self, clock: Clock) -> None: ...
    def set_mode(self, mode: int) -> None: ...
    def idle_seconds(self, stamp: int) -> int: ...
    def frequency_of(self, stamp: int) -> int: ...
    def stamp_with(self, counter: int) -> int: ...
