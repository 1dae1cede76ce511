"""The settings of a node: one table of them, and every way to give, ask, change and write them.

`setting` says what a row is, `kinds` and `lists` how its text is read, `tables/` holds the rows,
`settings` the values of one node, `command_line` where they come from at start-up.
"""
