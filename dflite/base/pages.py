"""Pages of docs/ that are made from the program's own tables."""

import sys
from pathlib import Path


def write_or_check(arguments: list[str], page: str, text: str, module: str) -> int:
    """Write the page, or another that is named; with --check only say whether it is stale."""
    check = "--check" in arguments
    paths = [argument for argument in arguments if argument != "--check"]
    path = Path(paths[0] if paths else page)
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    print(f"{path} is stale: run python -m {module}", file=sys.stderr)
    return 1
