"""The notes of a step."""

from dflite.store.effects import FAR, GENERIC, Change, Effects, Record


def test_clearing_forgets_the_step_and_keeps_the_counters() -> None:
    effects = Effects()
    effects.changed = 3
    effects.changes.append(Change(0, b"k", "del", GENERIC))
    effects.records.append(Record(0, [b"DEL", b"k"]))
    effects.replaced = True
    effects.clear()
    assert (effects.changes, effects.records, effects.replaced) == ([], [], False)
    assert effects.changed == 3
    assert effects.soonest_deadline == FAR
