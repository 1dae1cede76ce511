"""The rows of the table of settings, in groups that --help and the docs follow."""
