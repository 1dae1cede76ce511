# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Searching sorted sets for places within a circle, a box or a polygon.

A search looks at one cell of the map and its eight neighbours, as large as the shape needs: each is a range of
scores. Which cells these are, and in which order, decides the order of an answer that is not sorted, and what
is found when only some are wanted; so both are Redis'.
"""

from libc.math cimport M_PI, atan2, cos, sin, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.geohash cimport (
    LATITUDE_LIMIT,
    LONGITUDE_LIMIT,
    STEPS,
    Area,
    Cell,
    Spot,
    area_of,
    beside,
    cell_of,
    meters,
    meters_north,
    spot_of,
)
from dflite.native.sorted_sets.packed_zset cimport pairs_before
from dflite.native.sorted_sets.points cimport Points
from dflite.native.sorted_sets.scored cimport BY_SCORE, Bound
from dflite.native.sorted_sets.zsets cimport Place, go_to, is_packed, large, read_place, size_of
from dflite.native.values.small cimport end_of, first_of

cdef double EARTH_RADIUS = 6372797.560856
cdef double HALF_MAP = 20037726.37      # meters from its middle to an edge
cdef double RADIAN = M_PI / 180.0

cdef enum:
    CIRCLE = 0
    BOX = 1
    POLYGON = 2


cdef class Shape:
    """What is searched: a circle until it is given another form. Lengths are in units of so many meters."""

    cdef int form
    cdef Spot middle
    cdef readonly double unit
    cdef double radius
    cdef double width
    cdef double height
    cdef Spot* corners
    cdef int corner_count
    cdef Area bounds

    def __cinit__(self):
        self.unit = 1

    def __dealloc__(self):
        free(self.corners)

    def around(self, double longitude, double latitude) -> None:
        """Where its middle is."""
        self.middle.longitude = longitude
        self.middle.latitude = latitude

    def be_circle(self, double radius, double unit) -> None:
        self.form = CIRCLE
        self.radius = radius
        self.unit = unit

    def be_box(self, double width, double height, double unit) -> None:
        self.form = BOX
        self.width = width
        self.height = height
        self.unit = unit

    def be_polygon(self, list corners not None) -> None:
        """Corners are pairs of longitude and latitude, at least three. Its middle is that of the corners."""
        cdef int i, count = len(corners)
        cdef double x = 0, y = 0, z = 0, longitude, latitude
        free(self.corners)
        self.corners = <Spot*>malloc(count * sizeof(Spot) + 1)
        if self.corners == NULL:
            raise MemoryError
        self.form = POLYGON
        self.unit = 1
        self.corner_count = count
        for i in range(count):
            self.corners[i].longitude, self.corners[i].latitude = corners[i]
            longitude = self.corners[i].longitude * RADIAN
            latitude = self.corners[i].latitude * RADIAN
            x += cos(latitude) * cos(longitude)
            y += cos(latitude) * sin(longitude)
            z += sin(latitude)
        self.middle.longitude = atan2(y, x) / RADIAN
        self.middle.latitude = atan2(z, sqrt(x * x + y * y)) / RADIAN

    cdef void find_bounds(self) noexcept nogil:
        """Its edges on the map; degrees of longitude are shorter near the poles."""
        cdef double height, width, up, top, bottom
        cdef int i
        if self.form == POLYGON:
            self.bounds.west = LONGITUDE_LIMIT
            self.bounds.east = -LONGITUDE_LIMIT
            self.bounds.south = LATITUDE_LIMIT
            self.bounds.north = -LATITUDE_LIMIT
            for i in range(self.corner_count):
                self.bounds.west = min(self.bounds.west, self.corners[i].longitude)
                self.bounds.east = max(self.bounds.east, self.corners[i].longitude)
                self.bounds.south = min(self.bounds.south, self.corners[i].latitude)
                self.bounds.north = max(self.bounds.north, self.corners[i].latitude)
            return
        if self.form == CIRCLE:
            height = width = self.unit * self.radius
        else:
            height = self.unit * self.height / 2
            width = self.unit * self.width / 2
        up = height / EARTH_RADIUS / RADIAN
        top = width / EARTH_RADIUS / cos((self.middle.latitude + up) * RADIAN) / RADIAN
        bottom = width / EARTH_RADIUS / cos((self.middle.latitude - up) * RADIAN) / RADIAN
        if self.middle.latitude < 0:
            top = bottom
        self.bounds.west = self.middle.longitude - top
        self.bounds.east = self.middle.longitude + top
        self.bounds.south = self.middle.latitude - up
        self.bounds.north = self.middle.latitude + up

    cdef double reach(self, double latitude) noexcept nogil:
        """Meters from its middle, but at that latitude, to what is farthest away in it."""
        cdef double far, longitude = self.middle.longitude
        if self.form == CIRCLE:
            return self.radius * self.unit
        if self.form == BOX:
            return sqrt((self.width / 2) * (self.width / 2) + (self.height / 2) * (self.height / 2)) * self.unit
        far = meters(longitude, latitude, self.bounds.west, self.bounds.north)
        far = max(far, meters(longitude, latitude, self.bounds.east, self.bounds.north))
        far = max(far, meters(longitude, latitude, self.bounds.west, self.bounds.south))
        return max(far, meters(longitude, latitude, self.bounds.east, self.bounds.south))

    cdef bint holds(self, Spot spot, double* distance) noexcept nogil:
        """Is a place within it? If so, how far is it from the middle?"""
        cdef Spot* m = &self.middle
        if self.form == BOX:
            if meters_north(spot.latitude, m.latitude) > self.height * self.unit / 2:
                return False
            if meters(spot.longitude, spot.latitude, m.longitude, spot.latitude) > self.width * self.unit / 2:
                return False
        elif self.form == POLYGON and not self.surrounds(spot):
            return False
        distance[0] = meters(m.longitude, m.latitude, spot.longitude, spot.latitude)
        return self.form != CIRCLE or not distance[0] > self.radius * self.unit

    cdef bint surrounds(self, Spot spot) noexcept nogil:
        """Does a ray to the east cross the polygon's sides an odd number of times?"""
        cdef bint inside = False
        cdef int i, j = self.corner_count - 1
        cdef Spot* a
        cdef Spot* b
        for i in range(self.corner_count):
            a = self.corners + i
            b = self.corners + j
            j = i
            if (a.latitude > spot.latitude) != (b.latitude > spot.latitude):
                if spot.longitude < ((b.longitude - a.longitude) * (spot.latitude - a.latitude)
                                     / (b.latitude - a.latitude) + a.longitude):
                    inside = not inside
        return inside


# -- which cells -----------------------------------------------------------------------------------------


cdef int steps_for(double reach, double latitude) noexcept nogil:
    """How often the map is halved for cells that are hardly larger than what is searched."""
    cdef int steps = 1
    if reach == 0:
        return STEPS
    while reach < HALF_MAP:
        reach *= 2
        steps += 1
    steps -= 2
    if latitude > 66 or latitude < -66:
        steps -= 1
        if latitude > 80 or latitude < -80:
            steps -= 1
    return min(max(steps, 1), STEPS)


cdef void cells_around(Cell cell, Cell* cells) noexcept nogil:
    """The cell, then its neighbours: north, south, east, west, north-east, -west, south-east, -west."""
    cells[0] = cell
    cells[1] = beside(cell, 0, 1)
    cells[2] = beside(cell, 0, -1)
    cells[3] = beside(cell, 1, 0)
    cells[4] = beside(cell, -1, 0)
    cells[5] = beside(cell, 1, 1)
    cells[6] = beside(cell, -1, 1)
    cells[7] = beside(cell, 1, -1)
    cells[8] = beside(cell, -1, -1)


cdef void leave_out(Cell* cells, int a, int b, int c) noexcept nogil:
    cells[a].steps = cells[b].steps = cells[c].steps = 0
    cells[a].bits = cells[b].bits = cells[c].bits = 0


cdef void choose_cells(Shape shape, Cell* cells) noexcept:
    """Nine cells that cover the shape, without those (of no steps) that it does not touch."""
    cdef double longitude = shape.middle.longitude
    # that of a polygon's corners may lie beyond the map
    cdef double latitude = min(max(shape.middle.latitude, -LATITUDE_LIMIT), LATITUDE_LIMIT)
    cdef Area* bounds = &shape.bounds
    cdef Area own
    cdef int steps
    shape.find_bounds()
    steps = steps_for(shape.reach(latitude), latitude)
    cells_around(cell_of(longitude, latitude, LATITUDE_LIMIT, steps), cells)
    if steps > 1 and (area_of(cells[1]).north < bounds.north or area_of(cells[2]).south > bounds.south
                      or area_of(cells[3]).east < bounds.east or area_of(cells[4]).west > bounds.west):
        # the middle is near an edge of its cell, and the shape reaches beyond the neighbour
        steps -= 1
        cells_around(cell_of(longitude, latitude, LATITUDE_LIMIT, steps), cells)
    if steps < 2:
        return
    own = area_of(cells[0])
    if own.south < bounds.south:
        leave_out(cells, 2, 7, 8)
    if own.north > bounds.north:
        leave_out(cells, 1, 5, 6)
    if own.west < bounds.west:
        leave_out(cells, 4, 6, 8)
    if own.east > bounds.east:
        leave_out(cells, 3, 5, 7)


# -- searching -------------------------------------------------------------------------------------------


cdef int search_cell(Entry* e, Shape shape, Cell cell, Points found, size_t limit) except -1:
    """Add what is found in one cell, until there are `limit` altogether; 0 is no limit."""
    cdef double low = <double>(cell.bits << (2 * STEPS - 2 * cell.steps))
    cdef double high = <double>((cell.bits + 1) << (2 * STEPS - 2 * cell.steps))
    cdef int64_t rank, size = size_of(e)
    cdef double distance = 0
    cdef Place place
    cdef Bound bound
    cdef Spot spot
    bound.by = BY_SCORE
    bound.behind = False
    bound.score = low
    rank = pairs_before(first_of(e), end_of(e), &bound) if is_packed(e) else <int64_t>large(e).rank_at(&bound)
    if rank >= size:
        return 0
    go_to(&place, e, rank, False)
    while rank < size:
        rank += 1
        read_place(&place)
        if place.score >= high:
            break
        spot = spot_of(place.score)
        if shape.holds(spot, &distance):
            found.append(&place, spot, distance)
        if limit and found.count >= limit:
            break
    return 0


def search(Table table not None, bytes key not None, Shape shape not None, size_t limit):
    """The members of the sorted set at key that are places within the shape: all, or the first `limit`."""
    cdef Entry* e = table.entry_of(key)
    cdef Points found = Points()
    cdef Cell[9] cells
    cdef int i, last = 0
    if e == NULL:
        return found
    choose_cells(shape, cells)
    for i in range(9):
        if cells[i].steps == 0:
            continue
        if last and cells[i].bits == cells[last].bits:
            continue        # where cells are very large, the same one lies on both sides
        if limit and found.count >= limit:
            break
        search_cell(e, shape, cells[i], found, limit)
        last = i
    return found
