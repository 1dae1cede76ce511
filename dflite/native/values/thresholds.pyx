# cython: language_level=3
"""Up to which size a collection is packed; names and defaults are redis.conf's."""

from libc.stdint cimport int64_t

cdef enum:
    MOST_ENTRIES = 65535        # a packed collection counts its elements in two bytes
    SAFE_BYTES = 8192           # of a list node that is limited by its number of elements

list_max_listpack_size = -2
hash_max_listpack_entries = 512
hash_max_listpack_value = 64
set_max_intset_entries = 512
set_max_listpack_entries = 128
set_max_listpack_value = 64
zset_max_listpack_entries = 128
zset_max_listpack_value = 64
stream_node_max_bytes = 4096
stream_node_max_entries = 100


cdef size_t list_node_bytes() noexcept nogil:
    """Bytes that a node of a list may have."""
    if list_max_listpack_size >= 0:
        return SAFE_BYTES
    return <size_t>2048 << min(-list_max_listpack_size, <int64_t>5)


cdef int64_t list_node_entries() noexcept nogil:
    """Elements that a node of a list may have."""
    if list_max_listpack_size < 0:
        return MOST_ENTRIES
    return min(max(list_max_listpack_size, <int64_t>1), <int64_t>MOST_ENTRIES)


def set_threshold(name: str, value: int) -> None:
    """Change one, by its name in CONFIG with underscores; KeyError if there is none of that name."""
    global list_max_listpack_size, hash_max_listpack_entries, hash_max_listpack_value
    global set_max_intset_entries, set_max_listpack_entries, set_max_listpack_value
    global zset_max_listpack_entries, zset_max_listpack_value
    global stream_node_max_bytes, stream_node_max_entries
    value = min(value, 0x7FFFFFFFFFFFFFFF)
    entries = min(value, MOST_ENTRIES)
    if name == "list_max_listpack_size":
        list_max_listpack_size = value
    elif name == "hash_max_listpack_entries":
        hash_max_listpack_entries = entries
    elif name == "hash_max_listpack_value":
        hash_max_listpack_value = value
    elif name == "set_max_intset_entries":
        set_max_intset_entries = value
    elif name == "set_max_listpack_entries":
        set_max_listpack_entries = entries
    elif name == "set_max_listpack_value":
        set_max_listpack_value = value
    elif name == "zset_max_listpack_entries":
        zset_max_listpack_entries = entries
    elif name == "zset_max_listpack_value":
        zset_max_listpack_value = value
    elif name == "stream_node_max_bytes":
        stream_node_max_bytes = value
    elif name == "stream_node_max_entries":
        stream_node_max_entries = value
    else:
        raise KeyError(name)
