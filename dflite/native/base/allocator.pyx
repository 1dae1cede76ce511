# cython: language_level=3
"""What the C library's allocator can be asked: to give memory back, to describe itself.

Importing this tells it not to hoard small blocks that were freed. It would join millions of them at once
when it next needs a large one, and everybody would wait for that; instead each is joined as it is freed.
"""

from libc.stdlib cimport free

cdef extern from *:
    """
    #include <stdio.h>
    #include <stdlib.h>
    #if defined(__GLIBC__)
    #include <malloc.h>
    static void dflite_join_at_once(void) { mallopt(M_MXFAST, 0); }
    static int dflite_trim(void) { return malloc_trim(0); }
    static int dflite_describe(char **text, size_t *length) {
        FILE *stream = open_memstream(text, length);
        int failed;
        if (stream == NULL) return -1;
        failed = malloc_info(0, stream);
        return fclose(stream) != 0 || failed ? -1 : 0;
    }
    #else
    static void dflite_join_at_once(void) { }
    static int dflite_trim(void) { return 0; }
    static int dflite_describe(char **text, size_t *length) {
        *text = NULL; *length = 0; return -1;
    }
    #endif
    """
    void dflite_join_at_once() nogil
    int dflite_trim() nogil
    int dflite_describe(char** text, size_t* length) nogil

dflite_join_at_once()


def release_free_memory() -> bool:
    """Give free pages back to the operating system; True if there were any."""
    cdef int released
    with nogil:
        released = dflite_trim()
    return released == 1


def allocator_report() -> bytes | None:
    """The allocator's own description of its state; None where it has none."""
    cdef char* text = NULL
    cdef size_t length = 0
    cdef int failed
    with nogil:
        failed = dflite_describe(&text, &length)
    try:
        return None if failed else text[:length]
    finally:
        free(text)
