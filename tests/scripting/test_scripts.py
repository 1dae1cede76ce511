"""The cache of scripts."""

from hashlib import sha1

from dflite.scripting.scripting import scripting_of
from dflite.scripting.scripts import MOST_EVALUATED
from tests.support.node import Node


def test_evaluated_scripts_are_dropped_by_age_loaded_ones_stay(node: Node) -> None:
    client = node.client()
    loaded = client.run("SCRIPT", "LOAD", "return 'kept'")
    for i in range(MOST_EVALUATED + 1):
        client.run("EVAL", f"return {i}", "0")
    scripts = scripting_of(client.ctx).scripts
    assert len(scripts.known) == MOST_EVALUATED + 1
    assert scripts.evicted == 1
    assert isinstance(loaded, bytes)
    assert client.run("SCRIPT", "EXISTS", loaded, sha1(b"return 0").hexdigest()) == [1, 0]
    before = scripts.text_bytes
    client.run("SCRIPT", "FLUSH")
    assert scripts.text_bytes == 0 < before


def test_the_text_is_compiled_once(node: Node) -> None:
    client = node.client()
    client.run("EVAL", "return 1", "0")
    scripts = scripting_of(client.ctx).scripts
    first = scripts.by_body(b"return 1", False)
    assert scripts.by_body(b"return 1", True) is first
    assert scripts.by_digest(first.name.upper()) is first
    assert not scripts.evaluated
