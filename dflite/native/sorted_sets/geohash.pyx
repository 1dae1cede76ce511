# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Places on Earth as 52 interleaved bits, and distances between them, in Redis' doubles to the last bit.

The map reaches from 180 degrees west to 180 degrees east and, as Web Mercator does, to 85.05112878 degrees north
and south. It is halved 26 times each way; the halves chosen, longitude before latitude, are the bits of a score,
which a double holds exactly. What lies in one cell of the map has scores with the same first bits. A score that
no place has may stand in a sorted set too, since ZADD can put it there; it is decoded as Redis does on x86.
"""

from libc.math cimport M_PI, asin, cos, fabs, llrint, sin, sqrt
from libc.stdint cimport int64_t, uint32_t, uint64_t

from dflite.native.base.bytesops cimport format_int64

cdef double LONGITUDE_LIMIT = 180
cdef double LATITUDE_LIMIT = 85.05112878
cdef double WHOLE_LATITUDE = 90         # of geohashes as the world writes them
cdef double EARTH_RADIUS = 6372797.560856
cdef double RADIAN = M_PI / 180.0       # a degree in radians
cdef uint64_t EVEN = <uint64_t>0x5555555555555555
cdef uint64_t ODD = <uint64_t>0xAAAAAAAAAAAAAAAA

cdef const char* ALPHABET = b"0123456789bcdefghjkmnpqrstuvwxyz"

MAX_LONGITUDE = LONGITUDE_LIMIT
MAX_LATITUDE = LATITUDE_LIMIT


cdef inline uint64_t spread(uint32_t x) noexcept nogil:
    """The bits of x, a zero before each."""
    cdef uint64_t bits = x
    bits = (bits | bits << 16) & <uint64_t>0x0000FFFF0000FFFF
    bits = (bits | bits << 8) & <uint64_t>0x00FF00FF00FF00FF
    bits = (bits | bits << 4) & <uint64_t>0x0F0F0F0F0F0F0F0F
    bits = (bits | bits << 2) & <uint64_t>0x3333333333333333
    return (bits | bits << 1) & EVEN


cdef inline uint32_t gather(uint64_t bits) noexcept nogil:
    """Every second bit, from the lowest on."""
    bits &= EVEN
    bits = (bits | bits >> 1) & <uint64_t>0x3333333333333333
    bits = (bits | bits >> 2) & <uint64_t>0x0F0F0F0F0F0F0F0F
    bits = (bits | bits >> 4) & <uint64_t>0x00FF00FF00FF00FF
    bits = (bits | bits >> 8) & <uint64_t>0x0000FFFF0000FFFF
    return <uint32_t>(bits | bits >> 16)


cdef uint64_t bits_of(double score) noexcept nogil:
    """A score as bits."""
    if -9223372036854775808.0 <= score < 9223372036854775808.0:
        return <uint64_t><int64_t>score
    if score < 0:
        return <uint64_t>1 << 63
    return <uint64_t>score if score < 18446744073709551616.0 else 0


cdef Cell cell_of(double longitude, double latitude, double latitude_limit, int steps) noexcept nogil:
    """The cell where a place within the limits is."""
    cdef double east = (longitude + LONGITUDE_LIMIT) / (LONGITUDE_LIMIT - -LONGITUDE_LIMIT)
    cdef double north = (latitude + latitude_limit) / (latitude_limit - -latitude_limit)
    cdef Cell cell
    east *= <double>(<uint64_t>1 << steps)
    north *= <double>(<uint64_t>1 << steps)
    cell.bits = spread(<uint32_t>north) | spread(<uint32_t>east) << 1
    cell.steps = steps
    return cell


cdef inline double edge(uint32_t halves, int steps, double limit) noexcept nogil:
    return -limit + (halves * 1.0 / <double>(<uint64_t>1 << steps)) * (limit - -limit)


cdef Area area_of(Cell cell) noexcept nogil:
    """The edges of a cell."""
    cdef uint32_t north = gather(cell.bits), east = gather(cell.bits >> 1)
    cdef Area area
    area.west = edge(east, cell.steps, LONGITUDE_LIMIT)
    area.east = edge(east + 1, cell.steps, LONGITUDE_LIMIT)
    area.south = edge(north, cell.steps, LATITUDE_LIMIT)
    area.north = edge(north + 1, cell.steps, LATITUDE_LIMIT)
    return area


cdef Spot spot_of(double score) noexcept nogil:
    """The middle of the smallest cell."""
    cdef Cell cell
    cdef Area area
    cdef Spot spot
    cell.bits = bits_of(score)
    cell.steps = STEPS
    area = area_of(cell)
    spot.longitude = min(max((area.west + area.east) / 2, -LONGITUDE_LIMIT), LONGITUDE_LIMIT)
    spot.latitude = min(max((area.south + area.north) / 2, -LATITUDE_LIMIT), LATITUDE_LIMIT)
    return spot


cdef inline uint64_t step_aside(uint64_t moved, uint64_t gaps, int by) noexcept nogil:
    """One more or one less in the bits of `moved`, which stand between set bits of `gaps`."""
    return moved + (gaps + 1) if by > 0 else (moved | gaps) - (gaps + 1)


cdef Cell beside(Cell cell, int east, int north) noexcept nogil:
    """The neighbour so many cells (-1, 0 or 1) to the east and north; the map has no edges."""
    cdef int unused = 64 - 2 * cell.steps
    cdef uint64_t x = cell.bits & ODD, y = cell.bits & EVEN
    if east != 0:
        x = step_aside(x, EVEN >> unused, east) & (ODD >> unused)
    if north != 0:
        y = step_aside(y, ODD >> unused, north) & (EVEN >> unused)
    cell.bits = x | y
    return cell


cdef double meters_north(double latitude1, double latitude2) noexcept nogil:
    """How far it is along a meridian."""
    return EARTH_RADIUS * fabs(latitude2 * RADIAN - latitude1 * RADIAN)


cdef double meters(double longitude1, double latitude1, double longitude2, double latitude2) noexcept nogil:
    """How far it is along a great circle of a ball, by the haversine formula."""
    cdef double u, a
    cdef double v = sin((longitude2 * RADIAN - longitude1 * RADIAN) / 2)
    if v == 0:
        return meters_north(latitude1, latitude2)
    u = sin((latitude2 * RADIAN - latitude1 * RADIAN) / 2)
    a = u * u + cos(latitude1 * RADIAN) * cos(latitude2 * RADIAN) * v * v
    return 2.0 * EARTH_RADIUS * asin(sqrt(a))


cdef int format_distance(double distance, char* out) noexcept nogil:
    """A distance of less than a trillion meters with four decimals, rounded to even; its length."""
    cdef int64_t scaled = llrint(distance * 10000)
    cdef int n = format_int64(scaled // 10000, out)
    cdef int i
    scaled %= 10000
    out[n] = c"."
    for i in range(4):
        out[n + 4 - i] = <char>(48 + scaled % 10)
        scaled //= 10
    return n + 5


# -- from Python -----------------------------------------------------------------------------------------


def encode(double longitude, double latitude) -> int:
    """The score of a place."""
    if not (-LONGITUDE_LIMIT <= longitude <= LONGITUDE_LIMIT and -LATITUDE_LIMIT <= latitude <= LATITUDE_LIMIT):
        raise ValueError("a place beyond the map")
    return cell_of(longitude, latitude, LATITUDE_LIMIT, STEPS).bits


def decode(double score):
    """(longitude, latitude) of a score."""
    cdef Spot spot = spot_of(score)
    return spot.longitude, spot.latitude


def distance(double score1, double score2) -> float:
    """Meters between the places of two scores."""
    cdef Spot a = spot_of(score1), b = spot_of(score2)
    return meters(a.longitude, a.latitude, b.longitude, b.latitude)


def spell(double score) -> bytes:
    """The geohash that the world knows, of 11 letters: it halves all 180 degrees of latitude."""
    cdef Spot spot = spot_of(score)
    cdef uint64_t bits = cell_of(spot.longitude, spot.latitude, WHOLE_LATITUDE, STEPS).bits
    cdef char[11] letters
    cdef int i
    for i in range(10):
        letters[i] = ALPHABET[(bits >> (52 - 5 * (i + 1))) & 31]
    letters[10] = c"0"      # two bits are left
    return letters[:11]


def spell_distance(double distance) -> bytes:
    """A distance with four decimals."""
    cdef char[DISTANCE_CHARS] text
    return text[:format_distance(distance, text)]
