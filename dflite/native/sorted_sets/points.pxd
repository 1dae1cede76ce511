"""Members of a sorted set that a search for places has found."""

from dflite.native.sorted_sets.geohash cimport Spot
from dflite.native.sorted_sets.zsets cimport Place

cdef struct Point:
    size_t at               # where the member's name begins
    size_t length
    double score
    double distance         # in meters, from the middle of what was searched
    Spot spot

cdef class Points:
    cdef Point* points
    cdef size_t count
    cdef size_t room
    cdef char* names
    cdef size_t names_length
    cdef size_t names_room

    cdef int append(self, Place* place, Spot spot, double distance) except -1
