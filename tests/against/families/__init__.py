"""The families of commands that programs are drawn from; one module each.

Those of sorted sets are made in the modules `zset_*`, by subject.
"""

from typing import Final

from tests.against.families import (
    acl,
    bitmaps,
    connection,
    dumps,
    expiry,
    geo,
    hashes,
    hyperloglog,
    keys,
    lists,
    notifications,
    pubsub,
    scripts,
    server,
    sets,
    sort,
    streams,
    strings,
    tracking,
    transactions,
    zsets,
)
from tests.against.programs import Family

ALL: Final[dict[str, Family]] = {
    family.name: family
    for family in (
        strings.FAMILY,
        bitmaps.FAMILY,
        hyperloglog.FAMILY,
        geo.FAMILY,
        hashes.FAMILY,
        lists.FAMILY,
        sets.FAMILY,
        scripts.FAMILY,
        sort.FAMILY,
        zsets.FAMILY,
        streams.FAMILY,
        keys.FAMILY,
        dumps.FAMILY,
        expiry.FAMILY,
        transactions.FAMILY,
        connection.FAMILY,
        server.FAMILY,
        pubsub.FAMILY,
        notifications.FAMILY,
        tracking.FAMILY,
        acl.FAMILY,
    )
}
MIXED: Final[list[Family]] = [family for family in ALL.values() if not family.alone]
# Their programs are played in another way (listening.py), and each by itself.
LISTENERS: Final = [pubsub.FAMILY, notifications.FAMILY, tracking.FAMILY, acl.FAMILY]
