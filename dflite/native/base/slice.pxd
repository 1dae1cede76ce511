"""A word of a request, as a place in the input buffer."""

cdef struct Slice:
    size_t offset       # from the start of the input buffer
    size_t length
