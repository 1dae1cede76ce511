"""What the table `redis` has beside commands, and chance."""

import pytest

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


def test_chance_is_the_same_everywhere(lua: Interpreter) -> None:
    script = "math.randomseed(10) return {math.random(1000000), tostring(math.random())}"
    assert lua.run(script) == [878852, b"0.7958066229689"]
    assert "interval is empty" in str(lua.run("return math.random(0)"))


def test_the_log_gets_level_and_text(lua: Interpreter) -> None:
    lua.run("redis.log(redis.LOG_WARNING, 'a', 1)")
    assert lua.commands.logged == [(3, b"a 1")]
    assert "Invalid debug level." in str(lua.run("redis.log(4, 'x')"))


def test_permission_can_be_asked_for(lua: Interpreter) -> None:
    assert lua.run("return {redis.acl_check_cmd('get'), redis.acl_check_cmd('forbidden')}") == [
        1,
        None,
    ]
    assert "Invalid command passed" in str(lua.run("return redis.acl_check_cmd('unknown')"))


def test_digests_and_constants(lua: Interpreter) -> None:
    assert lua.run("return redis.sha1hex('')") == b"da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert lua.run("return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}") == [b"7.4.0", 459776]
