"""LOLWUT."""

import pytest

from dflite import __version__
from dflite.base.errors import NotAnInteger
from tests.support.node import NodeClient
from tests.support.resp import BULK, VERBATIM


def test_it_is_a_picture_with_the_version_below(client: NodeClient) -> None:
    text = client.run("LOLWUT")
    assert isinstance(text, bytes)
    assert text.endswith(b"\ndflite ver. %b\n" % __version__.encode())
    assert len(text.splitlines()) == 17


def test_it_is_verbatim_in_resp3(client: NodeClient) -> None:
    assert client.run_exactly("LOLWUT").kind == BULK
    client.run("HELLO 3")
    assert client.run_exactly("LOLWUT VERSION 5").kind == VERBATIM


@pytest.mark.parametrize("words", ["30 12", "VERSION 6 30 12", "30 12 7 7"])
def test_its_size_can_be_asked_for(client: NodeClient, words: str) -> None:
    text = client.run("LOLWUT " + words)
    assert isinstance(text, bytes)
    lines = text.splitlines()
    assert len(lines) == 13
    assert max(len(line) for line in lines) == 30


def test_a_size_has_its_limits(client: NodeClient) -> None:
    text = client.run("LOLWUT 99999999 -5")
    assert isinstance(text, bytes)
    assert len(text) < 3000


@pytest.mark.parametrize("words", ["VERSION abc", "VERSION 5 x", "x", "10 y"])
def test_what_is_no_number_is_refused(client: NodeClient, words: str) -> None:
    assert client.run("LOLWUT " + words) == NotAnInteger
