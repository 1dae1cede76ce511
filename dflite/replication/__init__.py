"""Following a primary: its snapshot, then its stream."""
