from dflite.native.rdb.writer cimport Writer
from dflite.native.streams.stream cimport Stream
from dflite.native.streams.stream_index cimport Place

cdef int save_whole(Writer writer, Stream stream, int kind) except -1
cdef bint save_node(Writer writer, Stream stream, Place* place) except -1
cdef int save_behind_nodes(Writer writer, Stream stream, int kind) except -1
