from libc.stdint cimport int64_t

cdef int64_t list_max_listpack_size
cdef int64_t hash_max_listpack_entries
cdef int64_t hash_max_listpack_value
cdef int64_t set_max_intset_entries
cdef int64_t set_max_listpack_entries
cdef int64_t set_max_listpack_value
cdef int64_t zset_max_listpack_entries
cdef int64_t zset_max_listpack_value
cdef int64_t stream_node_max_bytes
cdef int64_t stream_node_max_entries
cdef size_t list_node_bytes() noexcept nogil
cdef int64_t list_node_entries() noexcept nogil
