"""Scripts and functions: values there and back, errors, nesting, the libraries, what is refused.

Tables with several fields come in an order of their own, so each has one at most.
"""

from hashlib import sha1
from typing import Final

from tests.against.programs import Family, Words
from tests.against.sources import Source

KEYS: Final = (b"script:1", b"script:2", b"script:list", b"script:hash", b"script:zset", b"text")
NUMBERS: Final = (
    b"0", b"1", b"-1", b"3.99", b"-3.99", b"2^53", b"2^63", b"-2^63", b"1e300", b"0.1", b"1/0",
    b"-1/0", b"0/0", b"255", b"65536", b"1e15", b"123456789012", b"-129", b"-33",
)  # fmt: skip
STRINGS: Final = (b"''", b"'a'", b"'a b'", b"'\\0'", b"'\\n\\r'", b"'\\255'", b"'12'", b"'\\34'")
CALLS: Final = (
    b"'get','script:1'", b"'set','script:1','v'", b"'incr','script:1'", b"'incr','text'",
    b"'set','text','x'", b"'lpush','script:list','a',1.5", b"'lrange','script:list',0,-1",
    b"'hset','script:hash','f',0.1", b"'hget','script:hash','f'", b"'hgetall','script:hash'",
    b"'zadd','script:zset',1.5,'m'", b"'zscore','script:zset','m'", b"'del','script:1','text'",
    b"'zrange','script:zset',0,-1,'withscores'", b"'type','script:1'", b"'ttl','none'",
    b"'mget','script:1','none'", b"'exists','script:1'", b"'expire','script:1',1000",
    b"'smembers','none'", b"'ping'", b"'echo',1e17",
    b"'echo',2^53", b"'echo',-0.0", b"'nope'", b"'get'", b"'multi'", b"'subscribe','x'", b"",
    b"true", b"{}", b"'get',nil", b"'select',99", b"'blpop','none',0", b"'lpop','none'",
    b"'config','get','x'", b"'zincrby','script:zset',1,'m'", b"'sort','script:list','by','x'",
)  # fmt: skip
FIXED: Final = (
    b"return foo", b"foo = 1", b"string.x = 1", b"error('x')", b"error({err='E x'})", b"error()",
    b"error({})", b"return (", b"return 1 +", b"x = = 2", b"setmetatable(_G, {})", b"return print",
    b"return {pcall(error, {err='E x'})}", b"local t = nil return t.x", b"return 1 + {}",
    b"rawset(string, 'x', 1)", b"table.insert(redis, 1)", b"getmetatable('').__index = 1",
    b"return loadstring(string.dump(function() end))", b"return redis.sha1hex(ARGV[1] or '')",
    b"return redis.error_reply('My err')", b"return redis.error_reply('x')", b"return redis.nope",
    b"return redis.status_reply('fine')", b"return redis.status_reply(1)", b"return {KEYS, ARGV}",
    b"redis.setresp(4)", b"redis.log(9, 'x')", b"return redis.replicate_commands()",
    b"return redis.set_repl(redis.REPL_ALL)", b"return redis.acl_check_cmd('get', 'x')",
    b"return unpack({1, 2, 3})", b"return select('#', 1, nil)", b"return {1, nil, 3}",
    b"local function f() return f() + 1 end return f()", b"return ('x'):rep(3)",
    b"return string.format('%5.2f|%s|%d', 1/3, 'x', 7)", b"return {('abc'):find('b')}",
    b"return {tostring(1e15), tostring(0.1), tostring(2^53), tostring(1/0)}",
    b"math.randomseed(7) return {math.random(1000), math.random(1000)}",
    b"return {pcall(cjson.decode, ARGV[1] or '{')}", b"return {pcall(cmsgpack.unpack, '\\193')}",
    b"#!lua flags=no-writes\nreturn redis.call('set', 'script:1', 1)", b"#!lua flags=x\nreturn 1",
    b"#!lua\nreturn 1", b"#!js\nreturn 1", b"#!lua x=1\nreturn 1", b"#!lua",
)  # fmt: skip
JSON: Final = (
    b"{", b"[1,2", b'{"a":1}', b'{"a":[1,{"b":null}]}', b"nul", b"1 2", b'"\\u00e9\\ud83d\\ude00"',
    b'"\\ud800"', b"[1,]", b"-", b"0x10", b"1e5", b"inf", b'"a\\q"', b"\0\0", b"[[[[]]]]", b"",
    b"012",
)  # fmt: skip
BITS: Final = (
    b"bit.tobit", b"bit.bnot", b"bit.bswap", b"bit.tohex", b"bit.band", b"bit.bor", b"bit.bxor",
    b"bit.lshift", b"bit.rshift", b"bit.arshift", b"bit.rol", b"bit.ror",
)  # fmt: skip
FORMATS: Final = (
    b"b", b"B", b"h", b"H", b"i", b"I", b"l", b"L", b"T", b"f", b"d", b"s", b"c0", b"c3", b"x",
    b"i3", b"I8", b"i33", b"i0", b"<i4", b">h", b"=!4i", b"!3i", b"bi", b"!bi", b"Bc0", b"hxs",
    b"c2147483648", b"i99999999999", b" ", b"", b"q", b"(", b"bb", b"dd",
)  # fmt: skip
# Places in a text, and how many values are taken from there.
PLACES: Final = (
    b"0", b"1", b"2", b"5", b"-1", b"100", b"2^31", b"2^31-1", b"-2^31", b"2^32", b"2^53",
    b"1.5", b"'1'", b"'x'", b"nil",
)  # fmt: skip
PACKED: Final = (
    b"''", b"'\\1\\2\\3'", b"'\\147\\1\\2\\3'", b"'\\193'", b"'\\220\\255\\255'", b"'\\219\\255'",
    b"'\\129\\1'", b"'\\203\\63\\240\\0\\0\\0\\0\\0\\0'", b"'\\202\\127\\192\\0\\0'",
    b"cmsgpack.pack(1, 'a', {2}, {x=1})", b"cmsgpack.pack()", b"12",
)  # fmt: skip
LIBRARIES: Final = (
    b"#!lua name=one\nredis.register_function('f', function(k, a) return {k, a} end)",
    b"#!lua name=two\nredis.register_function{function_name='g', callback=function(k) return "
    b"redis.call('get', k[1]) end, flags={'no-writes'}, description='gets'}",
    b"#!lua name=three\nredis.register_function('f', function() error('three') end)",
    b"#!lua name=four\nreturn redis.call('ping')",
    b"#!lua name=five\nredis.register_function('x y', function() end)",
    b"#!lua name=six\nreturn 1",
    b"#!lua name=seven\nlocal x = (",
    b"#!lua name=bad-name\nreturn 1",
    b"#!js name=eight\nreturn 1",
    b"#!lua\nreturn 1",
    b"return 1",
)


def value(source: Source, depth: int = 3) -> bytes:
    """A Lua expression."""
    kind = source.number(0, 13 if depth else 5)
    if kind <= 1:
        return source.pick(NUMBERS)
    if kind <= 3:
        return source.pick(STRINGS)
    if kind == 4:
        return source.pick((b"true", b"false"))
    if kind == 5:
        return source.pick((b"nil", b"cjson.null", b"KEYS[1]", b"ARGV[1]"))
    if kind <= 8:
        inside = [value(source, depth - 1) for _ in range(source.number(0, 3))]
        return b"{" + b", ".join(inside) + b"}"
    name = source.pick((b"ok", b"err", b"double", b"big_number", b"map", b"set", b"x", b"[7]"))
    if name in (b"map", b"set"):
        return b"{%b={[%b]=%b}}" % (name, source.pick(STRINGS), value(source, depth - 1))
    if kind == 9:
        return b"{verbatim_string={string=%b, format='txt'}}" % source.pick(STRINGS)
    return b"{%b=%b}" % (name, value(source, depth - 1))


def library_call(source: Source) -> bytes:
    """Something of bit, struct, cmsgpack or cjson; all that it returns."""
    first, second = source.pick(NUMBERS), source.pick(NUMBERS)
    place = source.pick(PLACES)
    kind = source.number(0, 6)
    if kind <= 1:
        return b"%b, %b, %b" % (source.pick(BITS), first, second)
    if kind == 2:
        chosen = source.pick((first, source.pick(STRINGS)))
        return b"struct.pack, '%b', %b, %b" % (source.pick(FORMATS), chosen, second)
    if kind == 3:
        text = source.pick((b"'\\1\\2\\3\\4\\5\\6\\7\\8\\0x'", b"''", b"'\\2ab'"))
        return b"struct.unpack, '%b', %b, %b" % (source.pick(FORMATS), text, place)
    if kind == 4:
        return b"struct.size, '%b'" % source.pick(FORMATS)
    if kind == 5:
        name = source.pick((b"unpack", b"unpack_one", b"unpack_limit"))
        return b"cmsgpack.%b, %b, %b, %b" % (
            name, source.pick(PACKED), place, source.pick(PLACES)
        )  # fmt: skip
    return b"cjson.encode, %b, %b" % (value(source), first)


def body(source: Source) -> bytes:
    kind = source.number(0, 11)
    before = source.pick((b"", b"", b"redis.setresp(3) ", b"\n\n"))
    if kind <= 2:
        return before + b"return " + value(source)
    if kind <= 5:
        call = source.pick((b"call", b"pcall"))
        return before + b"return redis.%b(%b)" % (call, source.pick(CALLS))
    if kind == 6:
        first, second = source.pick(CALLS), source.pick(CALLS)
        return before + b"redis.pcall(%b) return {redis.pcall(%b)}" % (first, second)
    if kind == 7:
        there = source.pick((b"cjson.encode", b"cmsgpack.pack", b"type", b"tostring"))
        if there == b"tostring":
            return b"return tostring(%b)" % source.pick(NUMBERS)
        return b"return {pcall(%b, %b)}" % (there, value(source))
    if kind == 8:
        both = source.pick(
            (b"cjson.decode(cjson.encode(%b))", b"cmsgpack.unpack(cmsgpack.pack(%b))")
        )
        return b"return " + both % value(source, 2)
    if kind >= 10:
        called = library_call(source)
        return (
            b"local t = {pcall(%b)} for i = 1, #t do t[i] = type(t[i]) == 'number' "
            b"and tostring(t[i]) or t[i] end return t" % called
        )
    return source.pick(FIXED)


def rest(source: Source) -> Words:
    """The number of keys, keys and arguments."""
    keys = source.number(0, 2)
    words = [b"%d" % keys, *[source.pick(KEYS) for _ in range(keys)]]
    if source.chance(50):
        words.append(source.pick(JSON))
    if source.chance(3):
        words[0] = source.pick((b"x", b"-1", b"100", b""))
    return words


def evaluate(source: Source) -> Words:
    return [b"EVAL_RO" if source.chance(15) else b"EVAL", body(source), *rest(source)]


def by_digest(source: Source) -> Words:
    digest = sha1(source.pick(FIXED)).hexdigest().encode()
    name = b"EVALSHA_RO" if source.chance(15) else b"EVALSHA"
    return [name, digest if source.chance(90) else b"short", *rest(source)]


def script(source: Source) -> Words:
    text = source.pick(FIXED)
    digest = sha1(text).hexdigest().encode()
    return source.pick((
        [b"SCRIPT", b"LOAD", text],
        [b"SCRIPT", b"EXISTS", digest, b"x"],
        [b"SCRIPT", b"SHOW", digest],
        [b"SCRIPT", b"FLUSH"],
        [b"SCRIPT", b"FLUSH", b"LATER"],
        [b"SCRIPT", b"KILL"],
    ))  # fmt: skip


def library(source: Source) -> Words:
    return source.pick((
        [b"FUNCTION", b"LOAD", source.pick(LIBRARIES)],
        [b"FUNCTION", b"LOAD", b"REPLACE", source.pick(LIBRARIES)],
        [b"FUNCTION", b"LOAD", source.pick(LIBRARIES[:3])],
        [b"FUNCTION", b"DELETE", source.pick((b"one", b"two", b"none"))],
        [b"FUNCTION", b"LIST", b"LIBRARYNAME", source.pick((b"one", b"TWO", b"none"))],
        [b"FUNCTION", b"LIST", b"LIBRARYNAME", b"two", b"WITHCODE"],
        [b"FUNCTION", b"LIST", source.pick((b"x", b"LIBRARYNAME"))],
        [b"FUNCTION", b"FLUSH", source.pick((b"SYNC", b"ASYNC", b"x"))],
        [b"FUNCTION", b"STATS"],
        [b"FUNCTION", b"KILL"],
        [b"FUNCTION", b"RESTORE", source.pick((b"", b"x" * 20)), b"APPEND"],
        [b"FUNCTION", b"RESTORE", b"x", b"NEVER"],
    ))  # fmt: skip


def call_function(source: Source) -> Words:
    name = b"FCALL_RO" if source.chance(30) else b"FCALL"
    return [name, source.pick((b"f", b"g", b"G", b"none")), *rest(source)]


def look(source: Source) -> Words:
    return source.pick((
        [b"GET", b"script:1"],
        [b"LRANGE", b"script:list", b"0", b"-1"],
        [b"DEL", b"text", b"script:list"],
    ))  # fmt: skip


FAMILY: Final = Family(
    "scripts",
    [
        (30, evaluate),
        (5, by_digest),
        (4, script),
        (6, library),
        (6, call_function),
        (3, look),
    ],
    alone=True,
    oldest_redis=(7, 0),
)
