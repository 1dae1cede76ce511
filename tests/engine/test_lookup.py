"""Which command a request is."""

import pytest

from dflite.base.errors import UnknownCommand, UnknownSubcommand
from dflite.engine.lookup import find
from tests.support.node import Node


def test_names_are_found_in_any_case() -> None:
    Node()
    assert find([b"GET", b"k"]).name == find([b"gEt", b"k"]).name == "get"
    assert find([b"client", b"Id"]).name == "client|id"
    assert find([b"CLIENT"]).name == "client"


def test_unknown_ones_are_quoted() -> None:
    with pytest.raises(UnknownCommand) as unknown:
        find([b"NOSUCH", b"a", b"x" * 200, b"y"])
    assert unknown.value.wire().startswith(b"ERR unknown command 'NOSUCH', with args beginning")
    assert len(unknown.value.wire()) < 250
    with pytest.raises(UnknownSubcommand) as subcommand:
        find([b"CLIENT", b"nosuch"])
    assert subcommand.value.wire() == b"ERR unknown subcommand 'nosuch'. Try CLIENT HELP."
