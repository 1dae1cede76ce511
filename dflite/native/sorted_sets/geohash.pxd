"""Places on Earth as 52 interleaved bits, and distances between them."""

from libc.stdint cimport uint64_t

cdef enum:
    STEPS = 26              # bits of each coordinate in a score
    DISTANCE_CHARS = 32     # the room format_distance needs

cdef double LONGITUDE_LIMIT
cdef double LATITUDE_LIMIT

cdef struct Spot:
    double longitude
    double latitude

cdef struct Cell:
    # The first bits of all scores in a part of the map; no steps, no cell.
    uint64_t bits
    int steps

cdef struct Area:
    double west
    double east
    double south
    double north

cdef uint64_t bits_of(double score) noexcept nogil
cdef Cell cell_of(double longitude, double latitude, double latitude_limit, int steps) noexcept nogil
cdef Area area_of(Cell cell) noexcept nogil
cdef Spot spot_of(double score) noexcept nogil
cdef Cell beside(Cell cell, int east, int north) noexcept nogil
cdef double meters_north(double latitude1, double latitude2) noexcept nogil
cdef double meters(double longitude1, double latitude1, double longitude2, double latitude2) noexcept nogil
cdef int format_distance(double distance, char* out) noexcept nogil
