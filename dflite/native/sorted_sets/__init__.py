"""Sorted sets: their forms, ranges, algebra, and places on a map, which are sorted sets too."""
