"""Lua: one state, its sandbox and libraries, and values on their way in and out."""
