"""The first deadlines of collections against a plain dict."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.store.effects import FAR
from dflite.store.element_deadlines import ElementDeadlines

KEYS = st.sampled_from((b"a", b"b", b"c"))


@given(st.lists(st.one_of(st.tuples(KEYS, st.integers(1, 50)), st.none()), max_size=30))
def test_keys_come_in_the_order_of_their_first_deadlines(
    steps: list[tuple[bytes, int] | None],
) -> None:
    deadlines, model = ElementDeadlines(), dict[bytes, int]()
    for step in steps:
        if step is not None:
            deadlines.note(*step)
            model[step[0]] = min(step[1], model.get(step[0], FAR))
        elif model:
            soonest = min(model.values())
            assert deadlines.next() == soonest
            key = deadlines.take()
            assert model.pop(key) == soonest
        deadlines.check()
        assert len(deadlines) == len(model)
        assert deadlines.next() == min(model.values(), default=FAR)
