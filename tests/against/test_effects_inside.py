"""What commands about bits, HyperLogLogs and places do besides answering.

As in test_effects.py, each request runs on a fresh keyspace of Valkey and of a node in this
process.
"""

from typing import Final

import pytest

from tests.against.test_effects import Reference, effects_here, valkey

__all__ = ["valkey"]

SETUP: Final = (
    "SET s hello",
    "SET n 5",
    "SET e x PX 100000000",
    "PFADD h a b c",
    "PFADD d 1 2 3",
    "PFDEBUG TODENSE d",
    "PFADD counted 1 2",
    "PFCOUNT counted",
    "GEOADD g 13.361389 38.115556 p 15.087269 37.502669 c 2.35 48.85 f",
)
# s is "hello", n is 5, e has a deadline, h is sparse, d dense, l a list, g has places, x nothing.
REQUESTS: Final = """
SETBIT s 0 0 | SETBIT s 0 1 | SETBIT s 40 0 | SETBIT x 0 0 | SETBIT x 100 1 | SETBIT l 0 1
SETBIT s abc 1 | SETBIT s 0 2 | SETBIT n 2 1 | SETBIT e 7 1 | SETBIT s 4294967296 1
GETBIT s 0 | GETBIT x 0 | GETBIT l 0 | GETBIT s abc | GETBIT l abc
BITCOUNT s | BITCOUNT x | BITCOUNT l | BITCOUNT s 0 | BITCOUNT s 0 0 | BITCOUNT s 0 0 FOO
BITCOUNT s 0 abc | BITCOUNT x abc | BITCOUNT l -1 -2 | BITCOUNT s -1 -2 | BITCOUNT s 0 1 BIT 3
BITPOS s 1 | BITPOS s 0 | BITPOS x 1 | BITPOS x 0 | BITPOS l 1 | BITPOS s 2 | BITPOS s 1 0 -1 BIT
BITPOS s 1 0 -1 FOO | BITPOS s 1 0 1 BIT 2 | BITPOS l 2 | BITPOS x 0 5 6
BITOP AND x s n | BITOP OR s s n | BITOP NOT s x | BITOP NOT x x | BITOP NOT l s | BITOP XOR x s l
BITOP NOT e s n | BITOP AND l x x | BITOP FOO x s | BITOP OR e x s | BITOP AND x l s
BITFIELD s | BITFIELD x | BITFIELD l | BITFIELD s GET u8 0 | BITFIELD x GET u8 0
BITFIELD l GET u8 0
BITFIELD s SET u8 0 104 | BITFIELD s SET u8 0 1 | BITFIELD s SET u8 0 1 SET u8 0 2 GET u8 0
BITFIELD s INCRBY u8 0 0 | BITFIELD x INCRBY u8 0 0 | BITFIELD s OVERFLOW FAIL INCRBY u8 0 255
BITFIELD l SET u8 0 1 | BITFIELD s SET u8 100 0 SET u8 0 104 | BITFIELD s GET u8 | BITFIELD s FOO
BITFIELD s OVERFLOW FOO | BITFIELD s OVERFLOW FAIL SET u8 40 0 INCRBY u8 40 -1
BITFIELD_RO s GET u8 0 | BITFIELD_RO x GET u8 0 | BITFIELD_RO l GET u8 0 | BITFIELD_RO s SET u8 0 1
BITFIELD_RO s
PFADD h a | PFADD h z y | PFADD h | PFADD x | PFADD x a b | PFADD l a | PFADD s a | PFADD d 1
PFADD d 4
PFCOUNT h | PFCOUNT d | PFCOUNT counted | PFCOUNT x | PFCOUNT l | PFCOUNT s | PFCOUNT h d x
PFCOUNT h l d | PFCOUNT s h | PFCOUNT x x
PFMERGE x | PFMERGE h | PFMERGE x h | PFMERGE x h d | PFMERGE h l | PFMERGE s h | PFMERGE x x
PFMERGE counted h | PFMERGE e h
PFDEBUG GETREG d | PFDEBUG GETREG h | PFDEBUG TODENSE h | PFDEBUG TODENSE d | PFDEBUG DECODE h
PFDEBUG DECODE d | PFDEBUG ENCODING h | PFDEBUG FOO h | PFDEBUG DECODE x | PFDEBUG DECODE l
PFDEBUG FOO x | PFDEBUG DECODE s
GEOADD g 1 1 a | GEOADD g 1 1 a 2 2 b 3 3 p | GEOADD g XX 1 1 a | GEOADD g XX CH 1 1 a 2 2 p
GEOADD g NX 1 1 a 2 2 p | GEOADD g 13.361389 38.115556 p | GEOADD x 1 1 a | GEOADD x XX 1 1 a
GEOADD l 1 1 a | GEOADD l 1 100 a | GEOADD g 1 1 a 2 100 b | GEOADD g 1 1 a 2 | GEOADD g NX XX 1 1 a
GEOPOS g p x | GEOPOS x p | GEOPOS l p | GEOPOS g | GEOHASH g p x | GEOHASH x | GEOHASH l
GEODIST g p c | GEODIST g p x | GEODIST x p c km | GEODIST l p c | GEODIST l p c x | GEODIST g p c x
GEOSEARCH g FROMMEMBER p BYRADIUS 200 km ASC | GEOSEARCH g FROMMEMBER x BYRADIUS 200 km
GEOSEARCH x FROMMEMBER x BYRADIUS 200 km | GEOSEARCH l FOO 1 2 3 4 | GEOSEARCH g FOO 1 2 3 4
GEOSEARCHSTORE x g FROMMEMBER p BYRADIUS 200 km | GEOSEARCHSTORE s g FROMMEMBER p BYRADIUS 200 km
GEOSEARCHSTORE s g FROMLONLAT 0 0 BYRADIUS 2 km | GEOSEARCHSTORE x g FROMLONLAT 0 0 BYRADIUS 2 km
GEOSEARCHSTORE s x FROMLONLAT 0 0 BYRADIUS 2 km | GEOSEARCHSTORE x x FROMLONLAT 0 0 BYRADIUS 2 km
GEOSEARCHSTORE g g FROMMEMBER p BYRADIUS 200 km STOREDIST | GEOSEARCHSTORE s l 1 2 3 4 5
GEOSEARCHSTORE s g FROMMEMBER p BYRADIUS 200 km WITHDIST | GEOSEARCHSTORE l g 1 2 3 4 5
GEORADIUS g 15 37 200 km ASC | GEORADIUS g 15 37 200 km STORE x | GEORADIUS g 0 0 2 km STORE s
GEORADIUS x 15 37 200 km | GEORADIUS x 15 37 200 km STORE s | GEORADIUS l 15 37 200 km STORE s
GEORADIUS g 15 37 200 km STORE x STOREDIST s | GEORADIUS_RO g 15 37 200 km DESC COUNT 1
GEORADIUSBYMEMBER g p 200 km ASC | GEORADIUSBYMEMBER g x 200 km | GEORADIUSBYMEMBER x x y z
GEORADIUSBYMEMBER x x y z STORE s | GEORADIUSBYMEMBER g p 200 km STOREDIST e
GEORADIUSBYMEMBER_RO g p 200 km ASC | GEORADIUSBYMEMBER_RO x p 200 km
"""


@pytest.mark.parametrize("request_line", [
    line.strip() for line in REQUESTS.replace("\n", "|").split("|") if line.strip()
])  # fmt: skip
def test_effects_are_those_of_valkey(valkey: Reference, request_line: str) -> None:
    theirs = valkey.run(request_line, SETUP)
    assert effects_here(request_line, 1, SETUP) == theirs
    assert effects_here(request_line, 3, SETUP) == theirs
