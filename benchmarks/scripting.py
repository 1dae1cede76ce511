"""Scripts: EVALSHA of one with three calls, what a call within costs, and a million of them."""

from typing import Final

from benchmarks.load import Generator
from benchmarks.process import cpu_ns, rss_bytes
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import Connection, resp
from benchmarks.workloads import RANDOM, Workload, nothing, send

PIPELINES: Final = (1, 16)
ROW: Final = "EVALSHA of three calls"
THREE_CALLS: Final = (
    b"redis.call('INCR', KEYS[1]) redis.call('SET', KEYS[2], ARGV[1]) "
    b"return redis.call('GET', KEYS[2])"
)
LOOP: Final = b"for i = 1, ARGV[1] do redis.call(%b) end"
CALLS: Final = {
    "SET": b"'SET', 'key', i",
    "GET": b"'GET', 'key'",
    "HSET": b"'HSET', 'hash', 'field', i",
    "ZADD": b"'ZADD', 'zset', i % 100, 'member'",
    "GETRANGE": b"'GETRANGE', 'key', 0, 1",
}
TURNS: Final = 20_000
MEMORY_ROW: Final = "resident MB more after the calls than after a tenth of them"


def measure_scripts(
    running: Running, settings: Settings, generator: Generator, results: Results
) -> None:
    """CPU and throughput of EVALSHA, and CPU of single calls."""
    name = running.server.name
    connection = Connection(running.port)
    digest = connection.bulk(resp(b"SCRIPT", b"LOAD", THREE_CALLS)).decode()
    random = RANDOM.decode()
    words = f"EVALSHA {digest} 2 count:{random} key:{random} value"
    workload = Workload(ROW, words, nothing)
    for pipeline in PIPELINES:
        requests = settings.requests_for(ROW, pipeline)
        before = cpu_ns(running.pid)
        load = generator.run_workload(running.port, workload, pipeline, requests, settings.keyspace)
        used = cpu_ns(running.pid) - before
        row = f"{ROW} P={pipeline}"
        results.add("scripts_us", row, name, used / requests / 1000)
        results.add("scripts_throughput", row, name, load.rps)
    for command, call in CALLS.items():
        request = resp(b"EVAL", LOOP % call, b"0", b"%d" % TURNS)
        send(connection, [request])
        before = cpu_ns(running.pid)
        send(connection, [request] * 5)
        used = cpu_ns(running.pid) - before
        results.add("scripts_us", f"redis.call of {command}", name, used / TURNS / 5 / 1000)
    connection.close()


def measure_many_calls(running: Running, settings: Settings, results: Results) -> None:
    """What a million calls of one script leave behind."""
    connection = Connection(running.port)
    digest = connection.bulk(resp(b"SCRIPT", b"LOAD", THREE_CALLS))
    request = resp(b"EVALSHA", digest, b"2", b"count", b"key", b"value")
    batches = settings.script_calls // 500
    grown = 0
    for number in range(batches):
        if number == batches // 10:
            grown = rss_bytes(running.pid)
        connection.finish(request * 500)
    grown = rss_bytes(running.pid) - grown
    results.add("scripts_memory", MEMORY_ROW, running.server.name, grown / 1e6)
    connection.close()
