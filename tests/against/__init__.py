"""The same programs of commands to dflite and to a reference server, replies compared exactly.

A *family* (`families/<name>.py`) is a list of command makers: functions that draw one request
from a source of choices. Adding a data type is adding one such module to `families.ALL`.
Programs are made of requests of some families, played on both servers by `play`, compared by
`compare`, and what may differ stands in `differences`, each with its reason.

pytest plays short programs that Hypothesis makes and shrinks; `python -m tests.against` plays
long ones from a seed.
"""
