"""Scripts and functions together."""

from dflite.scripting.scripting import scripting_of
from tests.support.node import Node


def test_the_interpreters_are_made_when_needed(node: Node) -> None:
    client = node.client()
    assert node.executor.scripting is None
    client.run("EVAL", "return 1", "0")
    scripting = scripting_of(client.ctx)
    assert scripting.loaded is None
    before = scripting.memory()
    client.run("FUNCTION", "LIST")
    assert scripting.loaded is not None
    assert scripting.memory() > before > 20_000
    assert scripting.running() is None


def test_scripts_and_functions_do_not_share_globals_or_settings(node: Node) -> None:
    client = node.client()
    client.run(
        "FUNCTION", "LOAD",
        "#!lua name=l\nredis.register_function('f', function() return KEYS end)",
    )  # fmt: skip
    assert "nonexistent global variable 'KEYS'" in repr(client.run("FCALL f 0"))
    assert client.run("EVAL", "return KEYS", "1", "k") == [b"k"]
