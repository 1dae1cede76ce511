"""Where Lua is."""

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from dflite.native.lua import library as lua_library
from dflite.native.lua.library import NoLua, library


def test_the_library_is_opened_once() -> None:
    assert library() == library() != 0


@pytest.mark.parametrize("origin", [None, "/nonexistent.so", __file__])
def test_why_there_is_no_lua_is_said(monkeypatch: pytest.MonkeyPatch, origin: str | None) -> None:
    spec = None if origin is None else ModuleSpec("lupa.lua51", None, origin=origin)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(lua_library, "_opened", [])
    with pytest.raises(NoLua):
        library()
