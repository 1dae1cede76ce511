"""Compose files read as far as they are written here: mappings, lists, texts in several lines."""

import json
import re
from pathlib import Path
from typing import Final

DOCKER: Final = Path(__file__).resolve().parents[2] / "docker"
WORD: Final = re.compile(r"^[A-Za-z][\w-]*$")

Node = dict[str, "Node"] | list[str] | str
Lines = list[tuple[int, str]]


def read_compose(name: str) -> dict[str, Node]:
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in (DOCKER / name).read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    found, rest = read_mapping(lines, 0)
    assert not rest, f"not understood: {rest[0]}"
    return found


def read_mapping(lines: Lines, indent: int) -> tuple[dict[str, Node], Lines]:
    found: dict[str, Node] = {}
    while lines and lines[0][0] == indent:
        name, colon, text = lines[0][1].partition(":")
        assert colon, f"no mapping: {lines[0]}"
        lines = lines[1:]
        text = text.strip()
        deeper = lines[0][0] if lines and lines[0][0] > indent else 0
        assert name not in found, f"{name} is there twice"
        if text == "|":
            inner = [line for at, line in lines[: count_deeper(lines, indent)] if at >= deeper]
            lines = lines[len(inner) :]
            found[name] = "\n".join(inner) + "\n"
        elif text:
            found[name] = read_scalar(text)
        elif deeper and lines[0][1].startswith("- "):
            items = [line[2:].strip('"') for _, line in lines[: count_deeper(lines, indent)]]
            lines = lines[len(items) :]
            found[name] = items
        elif deeper:
            found[name], lines = read_mapping(lines, deeper)
        else:
            found[name] = {}
    return found, lines


def count_deeper(lines: Lines, indent: int) -> int:
    n = 0
    while n < len(lines) and lines[n][0] > indent:
        n += 1
    return n


def read_scalar(text: str) -> Node:
    if not text.startswith("["):
        return text
    inner = text[1:-1].split(", ")
    if all(WORD.match(word) for word in inner):
        return inner
    words: list[str] = json.loads(text)
    return words
