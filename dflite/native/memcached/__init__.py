"""Memcached's parser, hot lane and view of items."""
