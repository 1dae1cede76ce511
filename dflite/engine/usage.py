"""Usage lines, and the structured arguments of COMMAND DOCS that are made of them.

A usage line says how a command is written, in Redis' notation:

    SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]

Words in capitals are tokens, to be written as they stand; so are `""`, `=`, `~`, `*` and `$`. Other
words name what stands in their place. `[...]` may be left out, `<...>` groups, `|` parts choices.
`key [key ...]` is one or more keys, and what repeats may be several words: `[GET pattern [GET
pattern ...]]`. A token takes the words and groups behind it, up to the next token or optional part.

Types follow from names (`seconds` is an integer everywhere). Names that Redis gives to choices and
groups, and no usage line shows, follow from what these hold. Both are tables in `usage_names.py`.
"""

from typing import Final

from dflite.engine.command import Command
from dflite.engine.usage_names import (
    ARGUMENT_NAMES,
    GROUP_NAMES,
    KEY_PATTERNS,
    KEYS,
    SPECIAL_TYPES,
    TIED_TO_KEY,
    TOKEN_NAMES,
    TYPES,
)

BRACKETS: Final = "[]<>|"
TOKEN_SIGNS: Final = ('""', "=", "~", "*", "$")
CACHE: Final[dict[str, "list[Argument]"]] = {}


class UsageError(Exception):
    """A usage line that breaks the notation."""


class Argument:
    """An argument as COMMAND DOCS describes it; `text` is its piece of the usage line."""

    def __init__(self, name: str, kind: str, text: str) -> None:
        self.name = name
        self.type = kind
        self.text = text
        self.display_text = ""
        self.key_spec_index = -1
        self.token = ""
        self.optional = False
        self.multiple = False
        self.multiple_token = False
        self.arguments: list[Argument] = []

    def flag_names(self) -> list[str]:
        names = []
        if self.optional:
            names.append("optional")
        if self.multiple:
            names.append("multiple")
        if self.multiple_token:
            names.append("multiple_token")
        return names


def arguments_of(row: Command) -> list[Argument]:
    """The arguments of a command; read from its usage when first asked for."""
    arguments = CACHE.get(row.usage)
    if arguments is None:
        arguments = read_usage(row.usage, row.name, len(row.keys))
        CACHE[row.usage] = arguments
    return arguments


def read_usage(usage: str, command: str, key_specs: int) -> list[Argument]:
    """The arguments in a usage line of the command with this full name (`get`, `config|get`)."""
    words = split_usage(usage)[command.count("|") + 1 :]
    reader = UsageReader(usage, command, words)
    arguments = reader.sequence()
    tell_ends_apart(arguments)
    if reader.at < len(words):
        raise UsageError(f"{usage}: what does '{words[reader.at]}' close?")
    number_keys(arguments, command, key_specs, 0)
    return arguments


def tell_ends_apart(arguments: list[Argument]) -> None:
    """Of two ends of lists, the first is where an element comes from, the second where it goes."""
    ends = [argument for argument in arguments if argument.name == "where"]
    if len(ends) == 2:
        ends[0].name = "wherefrom"
        ends[1].name = "whereto"


def split_usage(usage: str) -> list[str]:
    """The words and brackets of a usage line."""
    spaced = usage
    for bracket in BRACKETS:
        spaced = spaced.replace(bracket, f" {bracket} ")
    return spaced.split()


def is_token(word: str) -> bool:
    return word.isupper() or word in TOKEN_SIGNS


def number_keys(arguments: list[Argument], command: str, key_specs: int, found: int) -> int:
    """Give keys the number of their specification, in order; the last takes all that are left."""
    for argument in arguments:
        if argument.type == "key" and key_specs:
            argument.key_spec_index = min(found, key_specs - 1)
            found += 1
        elif argument.name in KEY_PATTERNS:  # they share a specification
            argument.key_spec_index = 1
            found = 2
        elif command + " " + argument.name in TIED_TO_KEY:
            argument.key_spec_index = 0
        found = number_keys(argument.arguments, command, key_specs, found)
    return found


class UsageReader:
    """Reads the words of a usage line from left to right; every method takes what it returns."""

    def __init__(self, usage: str, command: str, words: list[str]) -> None:
        self.usage = usage
        self.command = command
        self.words = words
        self.at = 0

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def close(self, bracket: str) -> None:
        if self.peek() != bracket:
            raise UsageError(f"{self.usage}: '{bracket}' is missing")
        self.at += 1

    def sequence(self) -> list[Argument]:
        """Arguments up to the end, a closing bracket or the next choice."""
        arguments: list[Argument] = []
        while self.peek() not in ("", "]", ">", "|", "..."):
            if self.peek() != "[":
                arguments.append(self.tokened() if is_token(self.peek()) else self.operand())
            elif not self.repetition(arguments):
                arguments.append(self.optional())
        return arguments

    def tokened(self) -> Argument:
        """A token with what it takes."""
        start = self.at
        token = self.words[start]
        self.at += 1
        operands: list[Argument] = []
        while True:
            word = self.peek()
            if word == "<" or (word and word not in BRACKETS + "..." and not is_token(word)):
                operands.append(self.operand())
            elif word != "[" or not operands or not self.repetition(operands):
                break
        if not operands:
            argument = Argument(TOKEN_NAMES.get(token, token.lower()), "pure-token", token)
            argument.display_text = argument.name
            argument.token = token
            return argument
        if len(operands) == 1:
            argument = operands[0]
            argument.name = ARGUMENT_NAMES.get(token + " " + argument.display_text, argument.name)
            if argument.type == "oneof":
                argument.name = self.group_name(argument.arguments, token.lower())
        else:
            argument = Argument(self.group_name(operands, token.lower(), token), "block", "")
            argument.arguments = operands
        argument.token = token
        argument.text = self.text_from(start)
        return argument

    def operand(self) -> Argument:
        """What stands for itself: a name, or a group in angle brackets."""
        start = self.at
        word = self.words[start]
        self.at += 1
        if word == "<":
            argument = self.choices()
            self.close(">")
            argument.text = self.text_from(start)
            return argument
        argument = Argument(word, self.type_of(word), word)
        argument.display_text = word
        return argument

    def optional(self) -> Argument:
        """A part in square brackets."""
        start = self.at
        self.at += 1
        argument = self.choices()
        self.close("]")
        argument.optional = True
        argument.text = self.text_from(start)
        return argument

    def choices(self) -> Argument:
        """One sequence, or several of which one is to be chosen."""
        choices = [self.grouped(self.sequence())]
        while self.peek() == "|":
            self.at += 1
            choices.append(self.grouped(self.sequence()))
        if len(choices) == 1:
            return choices[0]
        argument = Argument(self.group_name(choices, ""), "oneof", "")
        argument.arguments = choices
        return argument

    def grouped(self, arguments: list[Argument]) -> Argument:
        """A sequence as one argument."""
        if not arguments:
            raise UsageError(f"{self.usage}: an empty group")
        if len(arguments) == 1:
            return arguments[0]
        argument = Argument(self.group_name(arguments, ""), "block", "")
        argument.arguments = arguments
        argument.text = " ".join([part.text for part in arguments])
        return argument

    def repetition(self, before: list[Argument]) -> bool:
        """Take `[x ...]` if x are the arguments just before, which then may stand several times."""
        start = self.at
        self.at += 1
        words = self.sequence()
        if self.peek() != "...":
            self.at = start
            return False
        text = " ".join([part.text for part in words])
        count = 1
        while count <= len(before):
            repeated = before[len(before) - count :]
            if " ".join([part.text for part in repeated]) == text:
                break
            count += 1
        if count > len(before):
            if is_token(self.words[start + 1]):
                # the token whose operands are being read repeats too: for its sequence to take
                self.at = start
                return False
            raise UsageError(f"{self.usage}: '{text}' is repeated, but does not stand before")
        self.at += 1
        self.close("]")
        argument = before[-1]
        if count > 1:
            argument = Argument(self.group_name(repeated, "data"), "block", text)
            argument.arguments = repeated
        argument.multiple = True
        argument.multiple_token = argument.token != "" and is_token(self.words[start + 1])
        del before[len(before) - count :]
        before.append(argument)
        argument.text = text + " [" + text + " ...]"
        return True

    def text_from(self, start: int) -> str:
        return " ".join(self.words[start : self.at])

    def type_of(self, name: str) -> str:
        special = SPECIAL_TYPES.get(self.command + " " + name)
        if special is not None:
            return special
        return "key" if name in KEYS else TYPES.get(name, "string")

    def group_name(self, parts: list[Argument], otherwise: str, token: str = "") -> str:
        """The name of a choice or a block; without one of its own, its parts' names."""
        labels = [part.token or part.name for part in parts]
        signature = " ".join([token, *labels] if token else labels)
        for key in (self.command + ": " + signature, signature):
            name = GROUP_NAMES.get(key)
            if name is not None:
                return name
        return otherwise or "-".join([part.name for part in parts])
