"""docker/Dockerfile read as far as its steps can be done, or looked at, without an engine."""

import fnmatch
import json
import shlex
import shutil
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
DOCKERFILE: Final = CHECKOUT / "docker" / "Dockerfile"
IGNORE: Final = CHECKOUT / ".dockerignore"


class Step:
    """One instruction: its word, and the rest of its line."""

    def __init__(self, word: str, text: str) -> None:
        self.word = word
        self.text = text

    @property
    def json(self) -> list[str]:
        """The words of its exec form."""
        words: list[str] = json.loads(self.text[self.text.index("[") :])
        return words

    @property
    def copied(self) -> tuple[str, list[str], str]:
        """What COPY names: a stage or "", the sources, the target."""
        words = shlex.split(self.text)
        stage = ""
        if words[0].startswith("--from="):
            stage = words.pop(0).removeprefix("--from=")
        return stage, words[:-1], words[-1]

    def __repr__(self) -> str:
        return f"{self.word} {self.text}"


def stages() -> dict[str, list[Step]]:
    """The steps of each stage by its name; the last stage's name is "runtime"."""
    found: list[tuple[str, list[Step]]] = []
    for step in steps():
        if step.word == "FROM":
            name = step.text.partition(" AS ")[2]
            found.append((name, []))
        found[-1][1].append(step)
    found[-1] = ("runtime", found[-1][1])
    return dict(found)


def steps() -> list[Step]:
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    found = []
    for line in whole.splitlines():
        if line.strip():
            word, _, text = line.partition(" ")
            found.append(Step(word, " ".join(text.split())))
    return found


def environment(stage: list[Step]) -> dict[str, str]:
    """What its ENV lines set."""
    pairs: dict[str, str] = {}
    for step in stage:
        if step.word == "ENV":
            for word in shlex.split(step.text):
                name, _, value = word.partition("=")
                pairs[name] = value
    return pairs


def is_sent(path: Path) -> bool:
    """Would .dockerignore let this file of the checkout into the build?"""
    name = path.relative_to(CHECKOUT).as_posix()
    parents = [name, *(parent.as_posix() for parent in Path(name).parents)]
    sent = True
    for line in IGNORE.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        back = line.startswith("!")
        pattern = line.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        for candidate in parents:
            fits = fnmatch.fnmatchcase(candidate, pattern)
            if anywhere != pattern:
                fits = fits or fnmatch.fnmatchcase(candidate.rpartition("/")[2], anywhere)
            if fits:
                sent = back
    return sent


def copy_sources(target: Path) -> None:
    """Do what the COPY lines of the first stage do, into a folder."""
    for step in stages()["builder"]:
        if step.word != "COPY":
            continue
        _, sources, place = step.copied
        for source in sources:
            path = CHECKOUT / source
            # A folder's content is copied, a file goes into the folder that is named.
            to = target / place / ("" if path.is_dir() else source)
            if path.is_file():
                assert is_sent(path), f"{path} is kept back by .dockerignore"
                shutil.copy2(path, to)
                continue
            for file in path.rglob("*"):
                if file.is_file() and is_sent(file):
                    there = to / file.relative_to(path)
                    there.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, there)
