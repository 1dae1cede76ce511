"""How often scripts are looked at, whatever their instructions take."""

from dflite.native.lua.pace import next_count
from tests.support.lua import Interpreter

USUAL = 1000


def test_quick_instructions_are_left_alone_for_as_many_as_usual() -> None:
    assert next_count(USUAL, 10, False) == USUAL
    assert next_count(USUAL, 1_000, False) == USUAL


def test_a_look_that_came_late_is_followed_by_one_that_comes_in_time() -> None:
    for each_us in (3, 10, 100, 500, 100_000):
        count = USUAL
        for _ in range(2):
            count = next_count(count, count * each_us, True)
        assert count == 1 or count * each_us <= 2_000


def test_one_is_the_least() -> None:
    assert next_count(1, 10_000_000, True) == 1
    assert next_count(USUAL, 10**12, True) == 1


def test_it_grows_again_but_not_as_far_for_who_had_long_ones() -> None:
    count = wary = 1
    for _ in range(20):
        count = next_count(count, 1, False)
        wary = next_count(wary, 1, True)
    assert count == USUAL
    assert 1 < wary < USUAL


def slow(kill_after: int) -> Interpreter:
    """Commands take some milliseconds, and the script is killed when others have been asked."""
    lua = Interpreter()
    lua.vm.busy_after_us = 1
    lua.commands.kill_after = kill_after
    lua.commands.takes = 0.003
    return lua


def test_a_script_of_few_slow_instructions_can_be_killed() -> None:
    lua = slow(3)
    assert "ERR Killed" in str(lua.run("for i = 1, 400 do redis.call('x') end return 'over'"))


def test_others_have_their_turn_between_any_two_slow_instructions() -> None:
    lua = slow(50)
    assert "ERR Killed" in str(lua.run("for i = 1, 400 do redis.call('x') end return 'over'"))
    assert len(lua.commands.asked) < 400


def test_coroutines_do_not_get_around_it() -> None:
    lua = slow(3)
    script = """
        local function body() for i = 1, 10 do redis.call('x') end end
        for i = 1, 40 do
            pcall(coroutine.wrap(body))
            coroutine.resume(coroutine.create(body))
        end
        return 'over'
    """
    assert "ERR Killed" in str(lua.run(script))
    assert len(lua.commands.asked) < 100


def test_a_library_of_slow_instructions_is_ended_while_it_is_loaded() -> None:
    lua = Interpreter(for_functions=True)
    code = b"""
        local b = ('x'):rep(1000000)
        local n = 0
        for i = 1, 2000 do n = n + #b:reverse() end
    """
    problem = lua.vm.load(lua.vm.compile(code, 0, b"@user_function"))
    assert problem is not None
    assert b"FUNCTION LOAD timeout" in problem
