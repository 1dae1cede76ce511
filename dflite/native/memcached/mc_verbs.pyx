# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The numbers of memcached's verbs, by which their calls in the hot lane are counted."""

OPERATIONS = {
    "get": GET, "gets": GETS, "gat": GAT, "gats": GATS, "set": SET, "add": ADD, "replace": REPLACE,
    "delete": DELETE, "incr": INCR, "decr": DECR, "touch": TOUCH, "mg": MG, "ms": MS, "md": MD, "mn": MN,
}
