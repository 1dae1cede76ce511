"""Where Lua is: the shared library of lupa's, opened once."""

import ctypes
import importlib.util

_opened: list[ctypes.CDLL] = []


class NoLua(Exception):
    """Scripts cannot run here, and why."""


def library() -> int:
    """The handle of lupa's library of Lua 5.1, for dlsym; raises NoLua if it cannot be had."""
    if not _opened:
        try:
            spec = importlib.util.find_spec("lupa.lua51")
        except ImportError:
            spec = None
        if spec is None or spec.origin is None:
            raise NoLua("lupa is not installed, or without its Lua 5.1")
        try:
            found = ctypes.CDLL(spec.origin)
        except OSError as error:
            raise NoLua(f"lupa's Lua 5.1 cannot be opened: {error}") from error
        if not hasattr(found, "lua_newstate"):
            raise NoLua(f"{spec.origin} does not show the functions of Lua")
        _opened.append(found)
    return _opened[0]._handle
