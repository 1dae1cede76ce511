"""Streams: their nodes and index, and consumer groups."""
