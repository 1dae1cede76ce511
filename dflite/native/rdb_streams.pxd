from dflite.native.rdb_writer cimport Writer
from dflite.native.stream cimport Stream
from dflite.native.stream_index cimport Place

cdef bint save_node(Writer writer, Stream stream, Place* place) except -1
cdef int save_behind_nodes(Writer writer, Stream stream, int kind) except -1
