"""The names of what a node keeps for itself."""

from dflite.server.own_files import OwnFiles


def test_all_of_them_are_in_the_folder() -> None:
    files = OwnFiles("/data")
    assert files.all() == [
        "/data/dflite-ca.crt", "/data/dflite-ca.key", "/data/dflite.crt", "/data/dflite.key",
    ]  # fmt: skip
