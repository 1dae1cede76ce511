"""The families of commands that programs are drawn from; one module each."""

from typing import Final

from tests.against.families import (
    bitmaps,
    connection,
    expiry,
    hashes,
    hyperloglog,
    keys,
    lists,
    server,
    sets,
    streams,
    strings,
    transactions,
)
from tests.against.programs import Family

ALL: Final[dict[str, Family]] = {
    family.name: family
    for family in (
        strings.FAMILY,
        bitmaps.FAMILY,
        hyperloglog.FAMILY,
        hashes.FAMILY,
        lists.FAMILY,
        sets.FAMILY,
        streams.FAMILY,
        keys.FAMILY,
        expiry.FAMILY,
        transactions.FAMILY,
        connection.FAMILY,
        server.FAMILY,
    )
}
MIXED: Final[list[Family]] = [family for family in ALL.values() if not family.alone]
