"""Commands about places in sorted sets: adding them, asking where they are and how far apart."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.string_errors import NotOnTheMap, UnknownUnit
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    READONLY,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.sorted_sets import geohash
from dflite.native.sorted_sets.geohash import MAX_LATITUDE, MAX_LONGITUDE
from dflite.native.sorted_sets.points import reply_spot
from dflite.native.sorted_sets.zsets import IF_ABSENT, IF_PRESENT
from dflite.ops import geo

GEO: Final = Family("geo", "geo")

CONDITIONS: Final = {b"NX": IF_ABSENT, b"XX": IF_PRESENT, b"CH": 0}
METERS: Final = {b"M": 1.0, b"KM": 1000.0, b"FT": 0.3048, b"MI": 1609.34}


def read_place(args: Args) -> tuple[float, float]:
    """Longitude and latitude."""
    longitude, latitude = args.float(), args.float()
    if not (abs(longitude) <= MAX_LONGITUDE and abs(latitude) <= MAX_LATITUDE):
        raise NotOnTheMap(longitude, latitude)
    return longitude, latitude


def read_unit(args: Args) -> float:
    """A unit of length, in meters."""
    unit = METERS.get(args.word())
    if unit is None:
        raise UnknownUnit
    return unit


@GEO.command(
    "GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
    arity=-5,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | UPDATE)],
    since="3.2.0",
    complexity="O(log(N)) for each member, N being the number of members there are",
    summary="Give members of the sorted set at key a place; how many are new, with CH or moved.",
)
def cmd_geoadd(ctx: Context, args: Args) -> None:
    key = args.next()
    how = 0
    options: list[bytes] = []
    while args.more() and args.peek().upper() in CONDITIONS:
        option = args.word()
        how |= CONDITIONS[option]
        options.append(option)
    if args.left() % 3 or how == IF_ABSENT | IF_PRESENT:
        raise BadSyntax
    places: list[int] = []
    members: list[bytes] = []
    while args.more():
        longitude, latitude = read_place(args)
        places.append(geohash.encode(longitude, latitude))
        members.append(args.next())
    added = geo.add(ctx.db, key, places, members, how, options)
    ctx.reply.integer(added.new + added.changed if b"CH" in options else added.new)


@GEO.command(
    "GEOPOS key [member [member ...]]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="3.2.0",
    complexity="O(1) for each member",
    summary="Longitude and latitude of members; null for those that are not there.",
)
def cmd_geopos(ctx: Context, args: Args) -> None:
    key, members = args.next(), args.rest()
    scores = geo.scores(ctx.db, key, members)
    ctx.reply.array(len(scores))
    for score in scores:
        if score is None:
            ctx.reply.null_array()
        else:
            longitude, latitude = geohash.decode(score)
            reply_spot(ctx.reply, longitude, latitude)


@GEO.command(
    "GEOHASH key [member [member ...]]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="3.2.0",
    complexity="O(1) for each member",
    summary="Geohashes of members, in 11 letters; null for those that are not there.",
)
def cmd_geohash(ctx: Context, args: Args) -> None:
    key, members = args.next(), args.rest()
    scores = geo.scores(ctx.db, key, members)
    ctx.reply.bulks([None if score is None else geohash.spell(score) for score in scores])


@GEO.command(
    "GEODIST key member1 member2 [M | KM | FT | MI]",
    arity=-4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="3.2.0",
    complexity="O(1)",
    summary="How far two members are apart; null if one is not there.",
)
def cmd_geodist(ctx: Context, args: Args) -> None:
    key, one, other = args.next(), args.next(), args.next()
    unit = 1.0
    if args.left() == 1:
        unit = read_unit(args)
    args.end()
    distance = geo.distance(ctx.db, key, one, other)
    ctx.reply.bulk_or_null(None if distance is None else geohash.spell_distance(distance / unit))
