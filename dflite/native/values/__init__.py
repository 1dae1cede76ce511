"""Strings, lists, hashes and sets: their forms, small and large, and what can be done to them."""
