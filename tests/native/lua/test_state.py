"""Commands that a script calls: their words, their errors."""

import pytest

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


def test_words_are_handed_over_as_they_are(lua: Interpreter) -> None:
    lua.run("redis.call('x', 'a\\0b', 1, 1.5, 2^60, -0.0, 1e100, 0/0 * -1, 1/0)")
    assert lua.commands.asked[0][:5] == [b"x", b"a\0b", b"1", b"1.5", b"1152921504606846976"]
    assert lua.commands.asked[0][5:7] == [b"0", b"1e+100"]


@pytest.mark.parametrize("word", ["true", "nil", "{}", "function() end"])
def test_only_strings_and_numbers_are_words(lua: Interpreter, word: str) -> None:
    assert "arguments must be strings or integers" in str(
        lua.run(f"return redis.call('x', {word})")
    )
    assert lua.commands.asked == []


def test_call_raises_and_pcall_returns(lua: Interpreter) -> None:
    assert lua.run("return redis.call('refused')") == (
        "error: ERR refused script: sha, on @user_script:1."
    )
    assert lua.run("return redis.pcall('refused').err") == b"ERR refused"
    assert lua.errors == []  # counted where it was refused
