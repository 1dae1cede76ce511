"""The C library's allocator: giving back, telling."""

from dflite.native.allocator import allocator_report, release_free_memory


def test_free_memory_can_be_released_at_any_time() -> None:
    blocks = [bytes(2000) for _ in range(1000)]
    del blocks
    assert release_free_memory() in (True, False)
    assert release_free_memory() in (True, False)


def test_the_report_is_text_or_nothing() -> None:
    report = allocator_report()
    assert report is None or b"malloc" in report
