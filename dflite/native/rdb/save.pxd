from dflite.native.keyspace.entry cimport Entry
from dflite.native.rdb.writer cimport Writer
from dflite.native.values.list_nodes cimport Node

cdef int kind_in(Entry* e) except -1
cdef int kind_for(Entry* e, int forms) except -1
cdef int save_value(Writer writer, Entry* e, int kind) except -1
cdef int save_node(Writer writer, Node* node) except -1
cdef int save_element(Writer writer, Entry* e, int kind) except -1
