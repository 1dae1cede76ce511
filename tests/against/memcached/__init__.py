"""The same programs of memcached's protocol, text and meta, against dflite and memcached."""
