"""Modules: each opens with a sentence, has its tests, stays short, and names no machine."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import CHECKOUT, PACKAGE, modules, native_modules, parsed, short

LONGEST: Final = 500

# Modules that another test module covers, or none can, with the reason.
TESTED_ELSEWHERE: Final = {
    "dflite/__main__.py": "calls the command line, which has its tests",
    "dflite/base/collection_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/conversation_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/replication_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/script_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/server_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/stream_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/string_errors.py": "texts only: tests/architecture/test_errors.py",
    "dflite/base/versions.py": "constants only",
    "dflite/commands/popping.py": "arguments of LMPOP and ZMPOP, whose tests go through it",
    "dflite/engine/context.py": "holds parts together; every test of a command goes through it",
    "dflite/engine/settling.py": "the ends of steps: engine/test_executor.py, test_blocking.py",
    "dflite/engine/usage_names.py": "tables of usage.py",
    "dflite/native/keyspace/cut.pyx": "what snapshots overrule: test_snapshot.py",
    "dflite/native/keyspace/cas.pyx": "the field of an entry: test_mc_items.py",
    "dflite/native/keyspace/directory.pyx": "how a table grows: test_table.py, its machine",
    "dflite/native/keyspace/due.pyx": "what an index finds due: test_table.py, test_members.py",
    "dflite/native/values/fields.pyx": "large hashes: test_hashes.py",
    "dflite/native/values/hll_estimate.pyx": "of HyperLogLogs: test_hyperloglog.py",
    "dflite/native/values/hll_registers.pyx": "of HyperLogLogs: test_hyperloglog.py",
    "dflite/native/values/hll_sketch.pyx": "HyperLogLogs that change: test_hyperloglog.py",
    "dflite/native/values/hashed.pyx": "large values: keyspace/test_value.py, test_members.py",
    "dflite/native/values/hash_walks.pyx": "test_hashes.py, beside a model of the whole hash",
    "dflite/native/values/list_edits.pyx": "test_lists.py, beside a model of the whole list",
    "dflite/native/values/list_nodes.pyx": "nodes of large lists: test_packed_list.py",
    "dflite/native/values/list_walks.pyx": "test_lists.py, beside a model of the whole list",
    "dflite/native/values/set_walks.pyx": "test_sets.py, beside a model of the whole set",
    "dflite/native/keyspace/index.pyx": "the table's lower half: test_table.py",
    "dflite/native/wire/inline.pyx": "test_bytesops.py",
    "dflite/native/wire/lane_collections.pyx": "properties/test_lane_and_handlers.py",
    "dflite/native/wire/lane_journal.pyx": "the stream of lanes: properties/test_journal.py",
    "dflite/native/wire/loop.pyx": "what connections see of a reactor: test_reactor.py",
    "dflite/native/wire/seal.pyx": "TLS without a socket: test_tls_connection.py",
    "dflite/native/memcached/mc_figures.pyx": "counted: test_mc_parser.py, memcached/test_stats.py",
    "dflite/native/memcached/mc_journal.pyx": "the stream of items: replication/test_items.py",
    "dflite/native/memcached/mc_lane.pyx": "beside the handlers: test_mc_parser.py",
    "dflite/native/memcached/mc_meta_lane.pyx": "beside the handlers: test_mc_parser.py",
    "dflite/native/memcached/mc_verbs.pyx": "names only: memcached/test_verbs.py",
    "dflite/native/sorted_sets/ordered_nodes.pyx": "the tree's nodes: test_ordered.py",
    "dflite/native/sorted_sets/packed_zset.pyx": "small sorted sets: test_zsets.py",
    "dflite/native/rdb/loader.pyx": "test_snapshot.py, persistence/test_rdb_file.py",
    "dflite/native/rdb/snapshot_output.pyx": "a snapshot's bytes: test_snapshot.py",
    "dflite/native/rdb/snapshot_parts.pyx": "a snapshot's large values: test_snapshot.py",
    "dflite/native/keyspace/remains.pyx": "what Table.clear leaves: test_table.py",
    "dflite/native/wire/requests.pyx": "what connections parse into: test_connection.py",
    "dflite/native/wire/resp.pyx": "RESP's parser: test_connection.py",
    "dflite/native/keyspace/segment.pyx": "the table's buckets: test_table.py",
    "dflite/native/values/small.pyx": "values in entries: test_hashes.py, test_lists.py, ...",
    "dflite/native/sorted_sets/sortedset.pyx": "large ones: test_ordered.py and test_zsets.py",
    "dflite/native/streams/stream_log.pyx": "entries: test_stream.py, test_stream_node.py",
    "dflite/native/streams/stream_range.pyx": "reading a stream: test_stream.py",
    "dflite/native/keyspace/walk.pyx": "scans of indexes: test_table.py, test_members.py",
    "dflite/server/metric_kinds.py": "kinds of metrics: tests/server/test_metrics.py",
    "dflite/server/ports.py": "opens sockets of a running node: tests/wire/test_listeners.py",
    "dflite/server/replication_metrics.py": "tests/server/test_metrics.py",
    "dflite/server/replication_host.py": "passes on: tests/server/test_failover.py, following.py",
    "dflite/settings/setting.py": "a row; tests/settings/test_registry.py and test_settings.py",
    "dflite/settings/typed.py": "types only; tests/settings/test_registry.py",
    "dflite/settings/upstream.py": "names only",
}
# Folders whose modules hold rows of one table, which has its tests.
TABLES: Final = ("dflite/settings/tables/",)

# Paths of one person's machine; a file that is tracked holds none.
MACHINE: Final = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)(?:/[\w.-]+|\b)")


def module_tests(path: Path) -> Path:
    """The test module of a module."""
    inside = path.relative_to(PACKAGE)
    return CHECKOUT / "tests" / inside.parent / f"test_{inside.stem}.py"


def tracked() -> list[Path]:
    """Files in git; where this is no checkout of git, the test is skipped."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a checkout of git")
    names = listed.stdout.decode().split("\0")
    return [CHECKOUT / name for name in names if name and (CHECKOUT / name).is_file()]


def test_every_module_has_a_test_module() -> None:
    without = []
    for path in modules() + native_modules():
        name = short(path)
        if path.name == "__init__.py" or name.startswith(TABLES):
            continue
        if not module_tests(path).exists() and name not in TESTED_ELSEWHERE:
            without.append(name)
    assert without == []


def test_the_list_of_modules_without_tests_is_not_longer_than_needed() -> None:
    for name in TESTED_ELSEWHERE:
        path = CHECKOUT / name
        assert path.exists(), f"{name} is gone"
        assert not module_tests(path).exists(), f"{name} has its tests"


def test_modules_open_with_a_docstring() -> None:
    without = []
    for path in modules():
        if path.stat().st_size and ast.get_docstring(parsed(path)) is None:
            without.append(short(path))
    assert without == []


def test_no_module_is_too_long() -> None:
    lengths = {
        short(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules() + native_modules()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_names_a_machine() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in (".png", ".svg", ".rdb"):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if MACHINE.search(line):
                found.append(f"{short(path)}:{number}: {line.strip()[:80]}")
    assert found == []
