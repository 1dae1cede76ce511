# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The sum of what the node holds, and how far it is from its limit.

Data are counted where they are allocated: each table knows its bytes, values charge theirs to one sum,
buffers of connections have counters of their own. What lies elsewhere is told by kind. What was deleted
and only waits to be freed in slices counts as used, but not towards the limit: it will be gone before
anything that is deleted for its sake. Nor does what slow replicas have still to read: evicting for its sake
would give them more to read. Nor does a request that is longer than the limit: it will be refused.
"""

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

cimport cython

from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.value cimport buried_bytes, held_bytes

# Kinds of memory that is no data and that no allocation counts by itself.
CLIENTS = 1         # objects of connected clients
QUEUES = 2          # requests that wait for EXEC
WATCHES = 3         # watched keys
CHANNELS = 4        # subscriptions
TRACKING = 5        # which client has read which key
SCRIPTS = 6         # cached scripts and their interpreter
FUNCTIONS = 7       # function libraries
BACKLOG = 8         # the ring that replicas catch up from
REPLICAS = REPLICAS_KIND        # what is on its way to replicas
LOADING = 11        # what a replica is loading, to have it in the place of its data
POLICY = POLICY_KIND    # what the eviction policy remembers

cdef enum:
    COUNTERS = 8
    TIDE = 4 << 20          # bytes of buffers that are expected to come back
    EBB = 18                # of the difference, 1/2**EBB is forgotten at each look

cdef size_t* counters[COUNTERS]
cdef int counted = 0
cdef size_t apart = 0            # bytes of buffers whose requests will be refused, for their length


cdef void count_too(size_t* counter) noexcept:
    """From now on all sums have the bytes of this counter in them, which stays where it is."""
    global counted
    counters[counted] = counter
    counted += 1


cdef void keep_apart(int64_t n) noexcept:
    """More bytes, or fewer, of the buffers are there for requests that are longer than the limit."""
    global apart
    apart += <size_t>n


@cython.final
cdef class Memory:
    """One node's. `limit` is in bytes, 0 for none."""

    def __cinit__(self, list databases):
        cdef int i
        self.databases = databases
        self.all_tables = [table for tables in databases for table in tables]
        self.table_count = <int>len(self.all_tables)
        self.tables = <PyObject**>malloc(self.table_count * sizeof(PyObject*))
        if self.tables == NULL:
            raise MemoryError
        for i in range(self.table_count):
            self.tables[i] = <PyObject*>(<Table>self.all_tables[i])

    def __dealloc__(self):
        free(self.tables)

    @property
    def limit(self) -> int:
        """Bytes that `binding_bytes` shall not exceed; 0 sets no bound."""
        return self.bound

    @limit.setter
    def limit(self, size_t bound):
        self.bound = bound
        self.allowance = 0

    cdef size_t binding(self) noexcept:
        cdef int64_t total = held_bytes() - buried_bytes() + self.beside - <int64_t>apart
        cdef int i
        for i in range(counted):
            total += <int64_t>counters[i][0]
        for i in range(self.table_count):
            total += (<Table>self.tables[i]).entry_bytes + (<Table>self.tables[i]).directory.bytes
        return <size_t>max(total, <int64_t>0)

    cdef size_t pressing(self) noexcept:
        """As `binding`, but with buffers as they were lately at most, if that is not much.

        They come and go with each batch of requests. If room were made for them each time, that
        many keys would go at once, and then none while they are refilled.
        """
        cdef size_t used = self.binding(), buffers = 0
        cdef int i
        for i in range(counted):
            buffers += counters[i][0]
        buffers -= min(buffers, apart)
        if buffers >= self.high_tide:
            self.high_tide = buffers
            return used
        self.high_tide -= ((self.high_tide - buffers) >> EBB) + 1
        return used + min(self.high_tide - buffers, min(<size_t>TIDE, self.bound >> 5))

    cdef bint has_room(self, size_t n) noexcept:
        """May about n bytes come? Exact near the limit; far from it only every now and then.

        What the lane writes between two looks is bounded by half of the room that there was; whoever
        else writes looks for itself, and calls `look_again`.
        """
        cdef size_t used
        cdef size_t most = (n << 1) + 256   # a value takes more than its text: its entry, perhaps a new segment
        if self.bound == 0:
            return True
        if self.allowance > most:
            self.allowance -= most
            return True
        if n > self.bound:
            return False                    # the request alone is too much
        used = self.binding()
        if used + (self.bound >> 5) >= self.bound:
            used = self.pressing()
        if used >= self.bound:
            self.allowance = 0
            return False
        self.allowance = (self.bound - used) >> 1
        return True

    def exceeds(self, list argv not None) -> bool:
        """Is this request alone longer than the limit?"""
        cdef size_t total = 0
        if self.bound == 0:
            return False
        for word in argv:
            total += PyBytes_GET_SIZE(word)
        return total > self.bound

    def look_again(self) -> None:
        """Somebody writes who is not counted as he writes: the lane has to look before its next write."""
        self.allowance = 0

    def binding_bytes(self) -> int:
        """Bytes that count towards the limit."""
        return self.binding()

    def used_bytes(self) -> int:
        """Bytes of everything: also of values that wait to be freed, and of what replicas lag behind,
        and requests that are too long."""
        return self.binding() + apart + buried_bytes() + self.kinds[REPLICAS_KIND]

    def buffer_bytes(self) -> int:
        """Bytes of the buffers of all connections."""
        cdef size_t total = 0
        cdef int i
        for i in range(counted):
            total += counters[i][0]
        return total

    cdef void put_down(self, int kind, int64_t size) noexcept:
        if kind != REPLICAS_KIND:
            self.beside += size - self.kinds[kind]
        self.kinds[kind] = size

    def tell(self, int kind, int64_t size) -> None:
        """There are so many bytes of this kind."""
        self.put_down(kind, size)

    def told(self, int kind) -> int:
        """Bytes of this kind as they were told last."""
        return self.kinds[kind]

    def tell_all(self, int64_t clients, int64_t queues, int64_t watches, int64_t channels,
                 int64_t tracking) -> int:
        """What clients have besides buffers, as it stands; then `binding_bytes`."""
        self.beside += (clients + queues + watches + channels + tracking - self.kinds[1] - self.kinds[2]
                        - self.kinds[3] - self.kinds[4] - self.kinds[5])
        self.kinds[1] = clients
        self.kinds[2] = queues
        self.kinds[3] = watches
        self.kinds[4] = channels
        self.kinds[5] = tracking
        return self.binding()
