"""Measures dflite beside Valkey, Redis, memcached and Dragonfly on one machine."""
