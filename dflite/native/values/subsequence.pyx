# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Longest common subsequences of two byte strings, 64 cells of the classic table at a time.

A row of the table is kept as bits: bit i is 0 where the length grows by one from column i to i + 1. One
row follows from the last by an addition with carry (Hyyrö, "Bit-parallel LCS-length computation
revisited", 2004). The longer string lies along the columns, so that all rows together take one bit a
cell. Walking back needs the lengths to the left and above: both follow from the bits.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int16_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

cdef extern from *:
    """
    #define DFLITE_POPCOUNT(x) __builtin_popcountll(x)
    """
    int DFLITE_POPCOUNT(uint64_t x) noexcept nogil


cdef class Rows:
    """The rows of one table, as bits; `rows` is the string of a row a byte, `columns` the longer one."""

    cdef const uint8_t* rows
    cdef const uint8_t* columns
    cdef size_t row_count
    cdef size_t column_count
    cdef size_t words
    cdef uint64_t* masks        # for each byte that occurs in `rows`, where `columns` has it
    cdef int16_t[256] mask_of
    cdef uint64_t* bits

    def __cinit__(self, bytes first not None, bytes second not None, bint keep_all):
        cdef size_t i
        cdef int distinct = 0
        cdef size_t rows_kept
        if PyBytes_GET_SIZE(first) < PyBytes_GET_SIZE(second):
            first, second = second, first
        self.columns = <const uint8_t*>PyBytes_AS_STRING(first)
        self.column_count = PyBytes_GET_SIZE(first)
        self.rows = <const uint8_t*>PyBytes_AS_STRING(second)
        self.row_count = PyBytes_GET_SIZE(second)
        self.words = (self.column_count + 63) // 64
        memset(self.mask_of, 0xFF, sizeof(self.mask_of))
        for i in range(self.row_count):
            if self.mask_of[self.rows[i]] < 0:
                self.mask_of[self.rows[i]] = distinct
                distinct += 1
        rows_kept = self.row_count + 1 if keep_all else 1
        self.masks = <uint64_t*>calloc(distinct * self.words + 1, 8)
        self.bits = <uint64_t*>malloc((rows_kept * self.words + 1) * 8)
        if self.masks == NULL or self.bits == NULL:
            raise MemoryError
        for i in range(self.column_count):
            if self.mask_of[self.columns[i]] >= 0:
                self.masks[self.mask_of[self.columns[i]] * self.words + i // 64] |= <uint64_t>1 << (i % 64)
        memset(self.bits, 0xFF, self.words * 8)
        for i in range(self.row_count):
            if keep_all:
                self.follow(self.bits + i * self.words, self.bits + (i + 1) * self.words, self.rows[i])
            else:
                self.follow(self.bits, self.bits, self.rows[i])

    def __dealloc__(self):
        free(self.masks)
        free(self.bits)

    cdef void follow(self, const uint64_t* above, uint64_t* row, uint8_t byte) noexcept nogil:
        """Fill the row of `byte` from the one above."""
        cdef const uint64_t* mask = self.masks + self.mask_of[byte] * self.words
        cdef uint64_t old, total, carry = 0
        cdef size_t i
        for i in range(self.words):
            old = above[i]
            total = old + carry
            carry = total < carry
            total += old & mask[i]
            carry |= total < (old & mask[i])
            row[i] = total | (old & ~mask[i])

    cdef size_t length(self, const uint64_t* row, size_t column) noexcept nogil:
        """The length at the end of the first `column` columns."""
        cdef size_t i, found = 0
        for i in range(column // 64):
            found += DFLITE_POPCOUNT(~row[i])
        if column % 64:
            found += DFLITE_POPCOUNT(~row[column // 64] & ((<uint64_t>1 << (column % 64)) - 1))
        return found


cdef inline size_t grows(const uint64_t* row, size_t column) noexcept nogil:
    """1 if the length grows with the last of the first `column` columns, else 0."""
    return (~row[(column - 1) // 64] >> ((column - 1) % 64)) & 1


def common_length(first: bytes, second: bytes) -> int:
    """The length of the longest common subsequence."""
    cdef Rows table = Rows(first, second, False)
    return table.length(table.bits, table.column_count)


def common_runs(first: bytes, second: bytes) -> list:
    """A longest common subsequence as runs (start in first, start in second, length), the last one first.

    Of several equally long ones, the one that walking back finds by leaving out the last byte of `second`
    wherever that loses nothing.
    """
    cdef Rows table = Rows(first, second, True)
    cdef bint swapped = PyBytes_GET_SIZE(first) < PyBytes_GET_SIZE(second)
    cdef size_t column = table.column_count, row = table.row_count, words = table.words
    cdef size_t here, above, left, run = 0, run_column = 0, run_row = 0
    cdef list runs = []
    cdef bint drop_row
    if column == 0 or row == 0:
        return runs
    here = table.length(table.bits + row * words, column)
    above = table.length(table.bits + (row - 1) * words, column)
    while column > 0 and row > 0:
        if table.columns[column - 1] == table.rows[row - 1]:
            if run and run_column == column and run_row == row:
                run += 1
            else:
                if run:
                    runs.append((run_row, run_column, run) if swapped else (run_column, run_row, run))
                run = 1
            run_column = column - 1
            run_row = row - 1
            here = above - grows(table.bits + (row - 1) * words, column)
            column -= 1
            row -= 1
            if row > 0:
                above = table.length(table.bits + (row - 1) * words, column)
            continue
        left = here - grows(table.bits + row * words, column)
        # of equal lengths, the last byte of `second` goes
        drop_row = above > left if swapped else left <= above
        if drop_row:
            row -= 1
            here = above
            if row > 0:
                above = table.length(table.bits + (row - 1) * words, column)
        else:
            above -= grows(table.bits + (row - 1) * words, column)
            here = left
            column -= 1
    if run:
        runs.append((run_row, run_column, run) if swapped else (run_column, run_row, run))
    return runs
