# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Members of a sorted set that a search for places has found: put in order of distance, answered, stored.

All of them are sorted by merging, which leaves those of the same distance as they were found. Where only the
first are wanted, only these are put in order, by Bentley and McIlroy's quicksort ("Engineering a sort function",
1993), as in Redis: then the order of members of the same distance is what comes of it.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from dflite.native.base.clock cimport Clock
from dflite.native.base.floattext cimport LONG_DOUBLE_CHARS, format_long_double
from dflite.native.keyspace.index cimport hash_key
from dflite.native.sorted_sets.geohash cimport DISTANCE_CHARS, bits_of, format_distance
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.wire.reply cimport Reply

cdef enum:
    SHORT = 7               # what is sorted by inserting
    LONG = 40               # from how many on the pivot is a median of nine


# -- order ---------------------------------------------------------------------------------------------


cdef inline int compare(const Point* a, const Point* b, bint descending) noexcept nogil:
    cdef int c = (a.distance > b.distance) - (a.distance < b.distance)
    return -c if descending else c


cdef inline void swap(Point* points, int64_t a, int64_t b) noexcept nogil:
    cdef Point point = points[a]
    points[a] = points[b]
    points[b] = point


cdef void swap_ends(Point* points, int64_t a, int64_t b, int64_t count) noexcept nogil:
    """Exchange `count` points from a on with those from b on."""
    cdef int64_t i
    for i in range(count):
        swap(points, a + i, b + i)


cdef void insertion_sort(Point* points, int64_t first, int64_t count, bint descending) noexcept nogil:
    cdef int64_t i, j
    for i in range(first + 1, first + count):
        j = i
        while j > first and compare(&points[j - 1], &points[j], descending) > 0:
            swap(points, j, j - 1)
            j -= 1


cdef int64_t median(const Point* points, int64_t a, int64_t b, int64_t c, bint descending) noexcept nogil:
    if compare(&points[a], &points[b], descending) < 0:
        if compare(&points[b], &points[c], descending) < 0:
            return b
        return c if compare(&points[a], &points[c], descending) < 0 else a
    if compare(&points[b], &points[c], descending) > 0:
        return b
    return a if compare(&points[a], &points[c], descending) < 0 else c


cdef int64_t pivot_of(const Point* points, int64_t first, int64_t count, bint descending) noexcept nogil:
    cdef int64_t low = first, middle = first + count // 2, high = first + count - 1, eighth
    if count <= SHORT:
        return middle
    if count > LONG:
        eighth = count // 8
        low = median(points, low, low + eighth, low + 2 * eighth, descending)
        middle = median(points, middle - eighth, middle, middle + eighth, descending)
        high = median(points, high - 2 * eighth, high - eighth, high, descending)
    return median(points, low, middle, high, descending)


cdef void sort_first(Point* points, int64_t first, int64_t count, int64_t wanted, bint descending) noexcept nogil:
    """Put the first `wanted` of all points in order; of the others no more than that needs."""
    cdef int64_t left, right, low, high, below, above, moved
    cdef int c
    while count >= SHORT:
        swap(points, first, pivot_of(points, first, count, descending))
        # what equals the pivot is gathered at both ends: [first, left) and (right, end)
        left = low = first + 1
        right = high = first + count - 1
        while True:
            while low <= high:
                c = compare(&points[low], &points[first], descending)
                if c > 0:
                    break
                if c == 0:
                    swap(points, left, low)
                    left += 1
                low += 1
            while low <= high:
                c = compare(&points[high], &points[first], descending)
                if c < 0:
                    break
                if c == 0:
                    swap(points, high, right)
                    right -= 1
                high -= 1
            if low > high:
                break
            swap(points, low, high)
            low += 1
            high -= 1
        below = low - left
        above = right - high
        moved = min(left - first, below)
        swap_ends(points, first, low - moved, moved)
        moved = min(above, first + count - 1 - right)
        swap_ends(points, low, first + count - moved, moved)
        if below > 1 and first < wanted:
            sort_first(points, first, below, wanted, descending)
        if above <= 1 or first + count - above >= wanted:
            return
        first += count - above
        count = above
    insertion_sort(points, first, count, descending)


cdef int sort_all(Point* points, size_t count, bint descending) except -1:
    """Merge ever longer runs."""
    cdef Point* other = <Point*>malloc(count * sizeof(Point) + 1)
    cdef Point* source = points
    cdef Point* target = other
    cdef size_t width = 1, start, middle, end, a, b, at
    if other == NULL:
        raise MemoryError
    while width < count:
        start = 0
        while start < count:
            middle = min(start + width, count)
            end = min(start + 2 * width, count)
            a = start
            b = middle
            for at in range(start, end):
                if a < middle and (b >= end or compare(&source[a], &source[b], descending) <= 0):
                    target[at] = source[a]
                    a += 1
                else:
                    target[at] = source[b]
                    b += 1
            start = end
        source, target = target, source
        width *= 2
    if source != points:
        memcpy(points, source, count * sizeof(Point))
    free(other)
    return 0


# -- what was found ------------------------------------------------------------------------------------


cdef class Points:
    """What a search has found, in the order in which it came upon it."""

    def __dealloc__(self):
        free(self.points)
        free(self.names)

    def __len__(self):
        return self.count

    cdef int append(self, Place* place, Spot spot, double distance) except -1:
        """Note a member; its name is copied."""
        cdef Point* points
        cdef char* names
        cdef size_t room
        if self.count == self.room:
            room = self.room * 2 + 8
            points = <Point*>realloc(self.points, room * sizeof(Point))
            if points == NULL:
                raise MemoryError
            self.points = points
            self.room = room
        if self.names_length + place.length > self.names_room:
            room = self.names_room * 2 + place.length + 64
            names = <char*>realloc(self.names, room)
            if names == NULL:
                raise MemoryError
            self.names = names
            self.names_room = room
        points = self.points + self.count
        points.at = self.names_length
        points.length = place.length
        points.score = place.score
        points.distance = distance
        points.spot = spot
        memcpy(self.names + self.names_length, place.member, place.length)
        self.names_length += place.length
        self.count += 1
        return 0

    def sort(self, size_t wanted, bint descending) -> None:
        """Put the first `wanted` in order of their distance."""
        if wanted >= self.count:
            sort_all(self.points, self.count, descending)
        else:
            sort_first(self.points, 0, self.count, wanted, descending)

    def member(self, size_t i) -> bytes:
        """The name of one of them."""
        if i >= self.count:
            raise IndexError(i)
        return PyBytes_FromStringAndSize(self.names + self.points[i].at, self.points[i].length)

    def reply(self, Reply reply not None, size_t wanted, double unit, bint distances, bint hashes,
              bint places) -> None:
        """Answer the first `wanted`: their names, or arrays with distances in a unit, scores and places."""
        cdef size_t i
        cdef Point* point
        cdef char[DISTANCE_CHARS] text
        cdef int details = distances + hashes + places
        wanted = min(wanted, self.count)
        reply.put_head(42, wanted)
        for i in range(wanted):
            point = self.points + i
            if details:
                reply.put_head(42, details + 1)
            reply.put_bulk(self.names + point.at, point.length)
            if distances:
                reply.put_bulk(text, format_distance(point.distance / unit, text))
            if hashes:
                reply.put_head(58, <int64_t>bits_of(point.score))
            if places:
                put_spot(reply, point.spot)

    def as_zset(self, Clock clock not None, size_t wanted, double unit, bint distances):
        """The first `wanted`, with their scores or their distances in a unit."""
        cdef SortedSet zset = SortedSet(clock)
        cdef Point* point
        cdef size_t i
        for i in range(min(wanted, self.count)):
            point = self.points + i
            zset.collect(self.names + point.at, point.length, hash_key(self.names + point.at, point.length),
                         point.distance / unit if distances else point.score)
        zset.order()
        return zset


cdef int put_spot(Reply reply, Spot spot) except -1:
    """A place as GEOPOS answers it."""
    reply.put_head(42, 2)
    put_coordinate(reply, spot.longitude)
    put_coordinate(reply, spot.latitude)
    return 0


cdef int put_coordinate(Reply reply, double degrees) except -1:
    cdef char[LONG_DOUBLE_CHARS] text
    cdef int n = format_long_double(degrees, text)
    if not reply.resp3:
        return reply.put_bulk(text, n)
    reply.put(b",", 1)
    reply.put(text, n)
    return reply.put(b"\r\n", 2)


def reply_spot(Reply reply not None, double longitude, double latitude) -> None:
    """Answer a place."""
    cdef Spot spot
    spot.longitude = longitude
    spot.latitude = latitude
    put_spot(reply, spot)
