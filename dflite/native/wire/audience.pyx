# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Messages for many connections: written once, laid behind the replies of each.

A message is bytes in RESP without its first one, which says what it is: a push in RESP3, in RESP2 an
array.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport glob_match
from dflite.native.wire.connection cimport Connection
from dflite.native.wire.reply cimport Reply


def fan_out(dict audience not None, bytes message not None, Connection but=None):
    """Send the message to all connections that are the keys of `audience`, but for one.

    Those who leave more unread than their limits allow are returned, if there are any; the message
    went to them too.
    """
    cdef Py_ssize_t at = 0
    cdef PyObject* key
    cdef PyObject* value
    cdef Connection connection
    cdef Reply reply
    cdef size_t n = PyBytes_GET_SIZE(message)
    cdef const char* data = PyBytes_AS_STRING(message)
    cdef char* p
    cdef list flooded = None
    while PyDict_Next(audience, &at, &key, &value):
        connection = <Connection?><object>key
        if connection.closing or connection is but:
            continue
        reply = connection.reply
        p = reply.reserve(n + 1)
        p[0] = c">" if reply.resp3 else c"*"
        memcpy(p + 1, data, n)
        reply.end += n + 1
        connection.mark_dirty()
        if 0 < connection.limits.output_buffer < <int64_t>reply.pending():
            if flooded is None:
                flooded = []
            flooded.append(connection)
    return flooded


def matching(dict patterns not None, bytes text not None):
    """The keys of `patterns` that match the whole text, in order."""
    cdef Py_ssize_t at = 0
    cdef PyObject* key
    cdef PyObject* value
    cdef bytes pattern
    cdef list found = []
    while PyDict_Next(patterns, &at, &key, &value):
        pattern = <bytes?><object>key
        if glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                      PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), False):
            found.append(pattern)
    return found
