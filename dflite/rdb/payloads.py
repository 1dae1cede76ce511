"""What DUMP answers and RESTORE takes: a value as RDB, with a version and a checksum behind it.

number of the form | value | uint16 version | uint64 CRC-64 of all before
"""

from typing import Final

from dflite.base.errors import BadPayload, BadValue
from dflite.native.base.bytesops import crc64
from dflite.native.keyspace.table import Table
from dflite.rdb.values import (
    BadFormat,
    Reader,
    Writer,
    is_known,
    kind_of,
    read_value,
    version_for,
    write_value,
)

VERSION_BYTES: Final = 2
SUM_BYTES: Final = 8
FOOTER_BYTES: Final = VERSION_BYTES + SUM_BYTES


def dump(table: Table, key: bytes, packing: bool) -> bytes:
    """The value at key, which has to be there; `packing` makes long strings shorter."""
    writer = Writer(packing)
    kind = kind_of(table, key)
    writer.byte(kind)
    write_value(writer, table, key)
    writer.seal(version_for(kind))
    return writer.take()


def version_of(payload: bytes) -> int:
    """The version of a payload; BadPayload if it is not known, or the checksum is wrong."""
    end = len(payload) - SUM_BYTES
    if end < VERSION_BYTES:
        raise BadPayload
    version = int.from_bytes(payload[end - VERSION_BYTES : end], "little")
    if not is_known(version) or crc64(payload[:end]) != int.from_bytes(payload[end:], "little"):
        raise BadPayload
    return version


def restore(payload: bytes, table: Table, key: bytes) -> None:
    """Put the value in a payload at key of a table where nothing is.

    BadValue, and nothing there, unless every byte of it is as it should be.
    """
    version = version_of(payload)
    reader = Reader(payload, 0, len(payload) - FOOTER_BYTES)
    try:
        read_value(reader, reader.byte(), version, table, key)
    except BadFormat:
        raise BadValue from None
    if reader.left:
        table.delete(key)
        raise BadValue
