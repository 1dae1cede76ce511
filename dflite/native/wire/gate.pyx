# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a user with rules may do in the hot lane: one gate a user, shared by its connections.

A gate says yes only when the rules surely allow the request. All else goes to the command's handler,
where it is checked in full, and where a refusal is worded, counted and logged.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

cimport cython

from dflite.native.base.bytesops cimport glob_match

LAYOUTS = {"one": ONE_KEY, "each": EACH_WORD, "second": EVERY_SECOND, "none": NO_KEY}


@cython.final
cdef class Gate:
    """`patterns` are (text, uses, kind), or None where every key is allowed; of a PREFIX the text is what
    stands before the star. `databases` is None where every one is allowed."""

    def __cinit__(self, list patterns, list databases):
        cdef int i
        self.all_keys = patterns is None
        self.texts = [] if patterns is None else [bytes(text) for text, _, _ in patterns]
        self.count = len(self.texts)
        self.patterns = <KeyPattern*>calloc(max(self.count, 1), sizeof(KeyPattern))
        if self.patterns == NULL:
            raise MemoryError
        for i in range(self.count):
            self.patterns[i].text = <bytes>self.texts[i]
            self.patterns[i].length = len(self.texts[i])
            self.patterns[i].uses = patterns[i][1]
            self.patterns[i].kind = patterns[i][2]
        self.all_databases = databases is None
        for index in databases or []:
            if index < 64:      # others are for the handlers
                self.databases |= <uint64_t>1 << <int>index

    def __dealloc__(self):
        free(self.patterns)

    def let(self, int code, int uses, str layout) -> None:
        """Allow an operation of the lane that does this to its keys, which stand so."""
        if 0 < code < CODES:
            self.open[code] = 1
            self.uses[code] = uses
            self.layouts[code] = LAYOUTS[layout]

    def opens(self, int code) -> bool:
        """Is the operation allowed, on some key?"""
        return 0 < code < CODES and self.open[code]

    cdef bint admits(self, int code, const char* base, Slice* args, size_t count, int database) noexcept nogil:
        """Do the rules surely allow this request?"""
        cdef size_t i, step
        cdef uint8_t layout, use
        if not self.open[code]:
            return False
        if not self.all_databases and (database > 63 or not (self.databases >> database) & 1):
            return False
        layout = self.layouts[code]
        if self.all_keys or layout == NO_KEY:
            return True
        if count < 2:
            return False
        use = self.uses[code]
        if layout == ONE_KEY:
            return self.admits_key(base + args[1].offset, args[1].length, use)
        step = 2 if layout == EVERY_SECOND else 1
        i = 1
        while i < count:
            if not self.admits_key(base + args[i].offset, args[i].length, use):
                return False
            i += step
        return True

    cdef bint admits_key(self, const char* key, size_t n, uint8_t use) noexcept nogil:
        cdef int i
        cdef KeyPattern* p
        for i in range(self.count):
            p = &self.patterns[i]
            if (p.uses & use) != use:
                continue
            if p.kind == PREFIX:
                if n >= p.length and memcmp(key, p.text, p.length) == 0:
                    return True
            elif p.kind == EXACT:
                if n == p.length and memcmp(key, p.text, n) == 0:
                    return True
            elif glob_match(p.text, p.length, key, n, False):
                return True
        return False
