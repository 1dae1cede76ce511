"""Commands that search sorted sets for places: within a circle, a box or a polygon."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT32_MAX, INT32_MIN, read_int_between
from dflite.base.string_errors import (
    AnyNeedsCount,
    BadVertexCount,
    BoxNegative,
    CountNotPositive,
    NeedsCenter,
    NeedsHeight,
    NeedsRadius,
    NeedsShape,
    NeedsWidth,
    RadiusNegative,
    StoreWithDetails,
    TooFewVertices,
)
from dflite.commands.geo import read_place, read_unit
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    OW,
    READONLY,
    RO,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.floattext import parse_float
from dflite.ops import geo
from dflite.ops.geo import Search
from dflite.store.db import TYPE_ZSET

GEO: Final = Family("geo", "geo")

POLYGON: Final = b"BYPOLYGON"
LOGARITHMIC: Final = (
    "O(N+log(M)), N being the members in the cells around the shape and M all there are"
)
CIRCLE_OPTIONS: Final = "[WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]"
SHAPES: Final = (
    "[FROMMEMBER member | FROMLONLAT longitude latitude] "
    "<<BYRADIUS radius> <M | KM | FT | MI> | <BYBOX width> height <M | KM | FT | MI> | "
    "<BYPOLYGON num-vertices> longitude latitude [longitude latitude ...]> "
    "[ASC | DESC] [COUNT count [ANY]]"
)


class GeoRequest:
    """A search as a request asks for it; `target` is where the result goes, if anywhere."""

    def __init__(self, ctx: Context, key: bytes) -> None:
        self.ctx = ctx
        self.key = key
        self.is_there = ctx.db.reads_type(key, TYPE_ZSET)
        self.search = Search()
        self.target: bytes | None = None
        self.event = ""
        self.store_distances = False
        self.distances = False
        self.hashes = False
        self.places = False

    def read_option(self, word: bytes, args: Args) -> bool:
        """Take an option that all searches have, with what follows it; False if it is none."""
        if word == b"WITHDIST":
            self.distances = True
        elif word == b"WITHHASH":
            self.hashes = True
        elif word == b"WITHCOORD":
            self.places = True
        elif word == b"ANY":
            self.search.any = True
        elif word in (b"ASC", b"DESC"):
            self.search.ordered = True
            self.search.descending = word == b"DESC"
        elif word == b"COUNT" and args.more():
            self.search.count = args.integer()
            if self.search.count <= 0:
                raise CountNotPositive
        else:
            return False
        return True

    def around_member(self, member: bytes) -> None:
        """The middle is where a member is. Without the key, it is as if nothing were near."""
        if self.is_there:
            longitude, latitude = geo.place_of(self.ctx.db, self.key, member)
            self.search.shape.around(longitude, latitude)

    def within_circle(self, args: Args) -> None:
        radius = parse_float(args.next())
        if radius is None:
            raise NeedsRadius
        if radius < 0:
            raise RadiusNegative
        self.search.shape.be_circle(radius, read_unit(args))

    def within_box(self, args: Args) -> None:
        width = parse_float(args.next())
        if width is None:
            raise NeedsWidth
        height = parse_float(args.next())
        if height is None:
            raise NeedsHeight
        if width < 0 or height < 0:
            raise BoxNegative
        self.search.shape.be_box(width, height, read_unit(args))

    def within_polygon(self, args: Args) -> None:
        count = read_int_between(args.next(), INT32_MIN, INT32_MAX)
        if count is None:
            raise BadVertexCount
        if count < 3 or args.left() < 2 * count:
            raise TooFewVertices
        self.search.shape.be_polygon([read_place(args) for _ in range(count)])

    def check_details(self, what: bytes) -> None:
        """What is stored cannot be answered in detail, too."""
        if self.target is not None and (self.distances or self.hashes or self.places):
            raise StoreWithDetails(what)

    def run(self) -> None:
        """Search, and answer or store what is found."""
        search, reply, db = self.search, self.ctx.reply, self.ctx.db
        if search.any and not search.count:
            raise AnyNeedsCount
        if self.target is None:
            if not self.is_there:
                reply.array(0)
                return
            found = search.run(db, self.key)
            found.reply(
                reply,
                search.wanted(found),
                search.shape.unit,
                self.distances,
                self.hashes,
                self.places,
            )
        elif self.is_there:
            reply.integer(
                geo.store_found(db, self.key, self.target, search, self.store_distances, self.event)
            )
        else:
            db.remove(self.target)
            reply.integer(0)


# -- around a place or a member, within a circle ---------------------------------------------------


def read_circle_options(request: GeoRequest, args: Args, may_store: bool) -> None:
    """The options of GEORADIUS and GEORADIUSBYMEMBER; of several places to store at, the last."""
    while args.more():
        word = args.word()
        if word in (b"STORE", b"STOREDIST") and may_store and args.more():
            request.target = args.next()
            request.store_distances = word == b"STOREDIST"
            request.event = "georadiusstore"
        elif not request.read_option(word, args):
            raise BadSyntax
    request.check_details(b"STORE option in GEORADIUS")


def search_around_place(ctx: Context, args: Args, may_store: bool) -> None:
    request = GeoRequest(ctx, args.next())
    longitude, latitude = read_place(args)
    request.search.shape.around(longitude, latitude)
    request.within_circle(args)
    read_circle_options(request, args, may_store)
    request.run()


def search_around_member(ctx: Context, args: Args, may_store: bool) -> None:
    request = GeoRequest(ctx, args.next())
    if request.is_there:
        request.around_member(args.next())
        request.within_circle(args)
    else:
        args.at += 3  # whatever they are
    read_circle_options(request, args, may_store)
    request.run()


def circle_keys(start: int) -> list[KeySpec]:
    """The key, and where the result is stored, if it is."""
    stored = OW | UPDATE | VARIABLE_FLAGS
    return [
        KeySpec(RO | ACCESS),
        KeySpec(stored, begin=start, keyword="STORE"),
        KeySpec(stored, begin=start, keyword="STOREDIST"),
    ]


def keys_of_circle(argv: list[bytes]) -> list[int]:
    """The key, and the last one that the result is to be stored at."""
    stored = 0
    at = 5
    while at < len(argv) - 1:
        if argv[at].upper() in (b"STORE", b"STOREDIST"):
            at += 1
            stored = at
        at += 1
    return [1, stored] if stored else [1]


@GEO.command(
    f"GEORADIUS key longitude latitude radius <M | KM | FT | MI> {CIRCLE_OPTIONS} "
    "[STORE key | STOREDIST key]",
    arity=-6,
    flags=WRITE | DENYOOM,
    keys=circle_keys(6),
    find_keys=keys_of_circle,
    since="3.2.0",
    complexity=LOGARITHMIC,
    summary="Members near a place; or put them at another key.",
    deprecated_since="6.2.0",
    replaced_by="`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
)
def cmd_georadius(ctx: Context, args: Args) -> None:
    search_around_place(ctx, args, True)


@GEO.command(
    f"GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> {CIRCLE_OPTIONS}",
    arity=-6,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="3.2.10",
    complexity=LOGARITHMIC,
    summary="Members near a place.",
    deprecated_since="6.2.0",
    replaced_by="`GEOSEARCH` with the `BYRADIUS` argument",
)
def cmd_georadius_ro(ctx: Context, args: Args) -> None:
    search_around_place(ctx, args, False)


@GEO.command(
    f"GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> {CIRCLE_OPTIONS} "
    "[STORE key | STOREDIST key]",
    arity=-5,
    flags=WRITE | DENYOOM,
    keys=circle_keys(5),
    find_keys=keys_of_circle,
    since="3.2.0",
    complexity=LOGARITHMIC,
    summary="Members near a member; or put them at another key.",
    deprecated_since="6.2.0",
    replaced_by="`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
)
def cmd_georadiusbymember(ctx: Context, args: Args) -> None:
    search_around_member(ctx, args, True)


@GEO.command(
    f"GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> {CIRCLE_OPTIONS}",
    arity=-5,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="3.2.10",
    complexity=LOGARITHMIC,
    summary="Members near a member.",
    deprecated_since="6.2.0",
    replaced_by="`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
)
def cmd_georadiusbymember_ro(ctx: Context, args: Args) -> None:
    search_around_member(ctx, args, False)


# -- within any shape ------------------------------------------------------------------------------


def read_shape(request: GeoRequest, args: Args) -> None:
    """The options of GEOSEARCH; how it is written itself goes into two of the errors."""
    center = shape = b""
    while args.more():
        word = args.word()
        left = args.left()
        if request.read_option(word, args):
            continue
        if word == b"STOREDIST" and request.target is not None:
            request.store_distances = True
        elif word == b"FROMMEMBER" and left >= 1 and center in (b"", word) and shape != POLYGON:
            center = word
            request.around_member(args.next())
        elif word == b"FROMLONLAT" and left >= 2 and center in (b"", word) and shape != POLYGON:
            center = word
            longitude, latitude = read_place(args)
            request.search.shape.around(longitude, latitude)
        elif word == b"BYRADIUS" and left >= 2 and shape in (b"", word):
            shape = word
            request.within_circle(args)
        elif word == b"BYBOX" and left >= 3 and shape in (b"", word):
            shape = word
            request.within_box(args)
        elif word == POLYGON and left >= 2 and shape in (b"", word) and not center:
            shape = word
            request.within_polygon(args)
        else:
            raise BadSyntax
    request.check_details(b"GEOSEARCHSTORE")
    if not center and shape != POLYGON:
        raise NeedsCenter(args.argv[0])
    if not shape:
        raise NeedsShape(args.argv[0])


@GEO.command(
    f"GEOSEARCH key {SHAPES} [WITHCOORD] [WITHDIST] [WITHHASH]",
    arity=-7,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="6.2.0",
    complexity=LOGARITHMIC,
    summary="Members within a circle, a box or a polygon.",
)
def cmd_geosearch(ctx: Context, args: Args) -> None:
    request = GeoRequest(ctx, args.next())
    read_shape(request, args)
    request.run()


@GEO.command(
    f"GEOSEARCHSTORE destination source {SHAPES} [STOREDIST]",
    arity=-8,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2)],
    since="6.2.0",
    complexity=LOGARITHMIC,
    summary="Put members within a circle, a box or a polygon at another key; how many there are.",
)
def cmd_geosearchstore(ctx: Context, args: Args) -> None:
    target = args.next()
    request = GeoRequest(ctx, args.next())
    request.target = target
    request.event = "geosearchstore"
    read_shape(request, args)
    request.run()
