"""The table of keys: its layers, deadlines, walks, times of use, and what goes when it is full."""
