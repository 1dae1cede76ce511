"""What the whole native floor stands on: bytes, numbers as text, hashes, time, memory."""
