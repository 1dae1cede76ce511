"""dflite: an in-memory data store node."""

__version__ = "0.1.0"
