"""Nodes that are killed while clients write: what was promised, and what is there afterwards.

python -m tests.durability --rounds 100
"""
