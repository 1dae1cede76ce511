"""Requests of the commands about places, near each other and at the ends of the map."""

from typing import Final

from tests.against.arguments import floating, key, small, spelled
from tests.against.programs import Family, Words
from tests.against.sources import Source

TOWNS: Final = (
    (b"13.361389", b"38.115556"),
    (b"15.087269", b"37.502669"),
    (b"13.583333", b"37.316667"),
    (b"12.758489", b"38.788135"),
    (b"17.241510", b"38.788135"),
    (b"-0.1", b"51.5"),
    (b"2.35", b"48.85"),
    (b"-73.9", b"40.7"),
    (b"139.7", b"35.7"),
    (b"18.4", b"-33.9"),
    (b"0", b"0"),
)
ENDS: Final = (
    (b"180", b"0"),
    (b"-180", b"0.5"),
    (b"179.999999", b"-0.2"),
    (b"10", b"85.05112878"),
    (b"-170", b"-85.05112878"),
    (b"25", b"84.9"),
    (b"-155", b"84.9"),
    (b"1e1", b"6.7e1"),
)
BEYOND: Final = (
    (b"180.1", b"0"),
    (b"0", b"85.1"),
    (b"0", b"-86"),
    (b"inf", b"0"),
    (b"nan", b"0"),
    (b"abc", b"0"),
    (b"0", b""),
)
MEMBERS: Final = tuple(b"m%d" % number for number in range(40))
ODD_MEMBERS: Final = (b"", b"12345", b"-7", b"a" * 64, b"a" * 65, b"\xff\r\n", b"two words")
UNITS: Final = (b"m", b"km", b"km", b"km", b"mi", b"ft")
SCORES: Final = (
    b"0", b"-1", b"1.5", b"inf", b"-inf", b"4503599627370496", b"3479099956230698", b"1e300",
)  # fmt: skip


def place(source: Source) -> list[bytes]:
    """Longitude and latitude: a town, a place near one, anywhere, or nowhere."""
    if source.chance(4):
        return list(source.pick(BEYOND))
    if source.chance(15):
        return list(source.pick(ENDS))
    if source.chance(40):
        return list(source.pick(TOWNS))
    if source.chance(70):
        town = source.pick(TOWNS)
        return [b"%.5f" % (float(degrees) + source.number(-900, 900) / 1000) for degrees in town]
    return [
        b"%d.%d" % (source.number(-179, 179), source.number(0, 99)),
        b"%d" % source.number(-85, 85),
    ]


def member(source: Source) -> bytes:
    return source.pick(ODD_MEMBERS) if source.chance(4) else source.pick(MEMBERS)


def unit(source: Source) -> bytes:
    if source.chance(3):
        return source.pick((b"miles", b"", b"k"))
    return spelled(source, source.pick(UNITS))


def length(source: Source) -> bytes:
    if source.chance(6):
        text = floating(source)
        # Valkey 9 reads no hexadecimal numbers any more; Redis does.
        return b"8" if text.startswith(b"0x") else text
    if source.chance(10):
        return source.pick((b"0", b"-1", b"1e9", b"6000", b"1e-3", b"20037.7", b"inf", b"40000000"))
    return source.pick((b"100", b"200", b"50", b"1000", b"5000", b"%d" % source.number(1, 500)))


def geoadd(source: Source) -> Words:
    words = [b"GEOADD", key(source)]
    for _ in range(source.pick((0, 0, 0, 1, 2))):
        words.append(spelled(source, source.pick((b"NX", b"XX", b"CH", b"CH"))))
    for _ in range(source.number(1, 6)):
        words += [*place(source), member(source)]
    return words


def geoadd_many(source: Source) -> Words:
    """So many that the sorted set is large; often several at one place."""
    words = [b"GEOADD", key(source)]
    count = source.pick((40, 60, 150))
    for number in range(count):
        words += [*source.pick(TOWNS[:5]), b"x%d" % (number * source.number(1, 3))]
    return words


def zadd(source: Source) -> Words:
    """Scores that are no places."""
    return [b"ZADD", key(source), source.pick(SCORES), member(source)]


def other(source: Source) -> Words:
    name = source.pick((b"DEL", b"TYPE", b"EXISTS", b"OBJECT ENCODING", b"SET", b"ZCARD"))
    if name == b"SET":
        return [b"SET", key(source), b"text"]
    return [*name.split(), key(source)]


def zrange(source: Source) -> Words:
    return [b"ZRANGE", key(source), b"0", b"-1", b"WITHSCORES"]


def geopos(source: Source) -> Words:
    return [b"GEOPOS", key(source), *[member(source) for _ in range(source.number(0, 4))]]


def geohash(source: Source) -> Words:
    return [b"GEOHASH", key(source), *[member(source) for _ in range(source.number(0, 4))]]


def geodist(source: Source) -> Words:
    words = [b"GEODIST", key(source), member(source), member(source)]
    if source.chance(60):
        words.append(unit(source))
    return words


def count(source: Source) -> Words:
    number = b"%d" % source.number(1, 30) if source.chance(85) else small(source)
    words = [spelled(source, b"COUNT"), number]
    if source.chance(35):
        words.append(spelled(source, b"ANY"))
    return words


def details(source: Source, kinds: tuple[bytes, ...]) -> Words:
    words: Words = []
    for _ in range(source.pick((0, 1, 1, 2, 3))):
        kind = source.pick(kinds)
        if kind == b"COUNT":
            words += count(source)
        elif kind in (b"STORE", b"STOREKEY"):
            words += [source.pick((b"STORE", b"STOREDIST")), key(source)]
        else:
            words.append(spelled(source, kind))
    return words


WITH: Final = (b"WITHDIST", b"WITHCOORD", b"WITHHASH", b"ASC", b"DESC", b"COUNT", b"COUNT")
ODD: Final = (*WITH, b"ANY", b"STORE", b"STOREDIST", b"FOO")


def options(source: Source, kinds: tuple[bytes, ...]) -> Words:
    return details(source, ODD if source.chance(6) else kinds)


def georadius(source: Source) -> Words:
    name = source.pick((b"GEORADIUS", b"GEORADIUS", b"GEORADIUS_RO"))
    words = [name, key(source), *place(source), length(source), unit(source)]
    if name == b"GEORADIUS" and source.chance(40):
        return words + options(source, (b"STORE", b"COUNT", b"ASC"))
    return words + options(source, WITH)


def georadiusbymember(source: Source) -> Words:
    name = source.pick((b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO"))
    words = [name, key(source), member(source), length(source), unit(source)]
    if name == b"GEORADIUSBYMEMBER" and source.chance(40):
        return words + options(source, (b"STORE", b"COUNT", b"DESC"))
    return words + options(source, WITH)


def center(source: Source) -> Words:
    if source.chance(50):
        return [spelled(source, b"FROMMEMBER"), member(source)]
    return [spelled(source, b"FROMLONLAT"), *place(source)]


def shape(source: Source) -> Words:
    form = source.pick((b"BYRADIUS", b"BYRADIUS", b"BYBOX"))
    words = [spelled(source, form), length(source)]
    if form == b"BYBOX":
        words.append(length(source))
    return [*words, unit(source)]


def polygon(source: Source) -> Words:
    corners = source.number(3, 6) if source.chance(90) else source.number(0, 3)
    words = [spelled(source, b"BYPOLYGON"), b"%d" % corners]
    if source.chance(5):
        words[1] = source.pick((b"abc", b"-1", b"2147483648", b"7", b"2"))
    for _ in range(corners):
        words += place(source)
    return words


def area(source: Source) -> Words:
    """Where GEOSEARCH looks; now and then with a part too few or too many."""
    parts = [polygon(source)] if source.chance(25) else [center(source), shape(source)]
    if source.chance(6):
        parts.append(source.pick((center, shape, polygon))(source))
    if source.chance(3):
        parts.pop(0)
    if source.chance(30):
        parts.reverse()
    return [word for part in parts for word in part]


def geosearch(source: Source) -> Words:
    return [b"GEOSEARCH", key(source), *area(source), *options(source, WITH)]


def geosearchstore(source: Source) -> Words:
    kinds = (b"COUNT", b"ASC", b"DESC", b"STOREDIST")
    return [b"GEOSEARCHSTORE", key(source), key(source), *area(source), *options(source, kinds)]


FAMILY: Final = Family(
    "geo",
    [
        (10, geoadd),
        (3, geoadd_many),
        (1, zadd),
        (1, other),
        (2, zrange),
        (3, geopos),
        (2, geohash),
        (3, geodist),
        (5, georadius),
        (5, georadiusbymember),
        (12, geosearch),
        (5, geosearchstore),
    ],
)
