"""The command `dflite`: subcommands, help, and mistakes as sentences."""

import subprocess
import sys
from types import ModuleType

import pytest

from dflite import __version__
from dflite.server import cli
from dflite.settings.settings import Settings


class FakeNode:
    """Stands in for the module that serves; keeps what it was handed."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.warnings: list[str] = []
        self.status = 0

    def serve(self, settings: Settings, warnings: list[str]) -> int:
        self.settings = settings
        self.warnings = warnings
        return self.status


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    fake = FakeNode()
    module = ModuleType("dflite.server.node")
    module.serve = fake.serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dflite.server.node", module)
    return fake


def test_serve_hands_settings_and_warnings_to_the_node(node: FakeNode) -> None:
    node.status = 3
    assert cli.main(["serve", "--port=7000", "--activedefrag", "yes"]) == 3
    assert node.settings is not None
    assert node.settings.port == 7000
    assert node.warnings == ["command line: accepted, but without effect here: activedefrag"]


def test_serve_reads_the_environment(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFLITE_MAXCLIENTS", "5")
    assert cli.main(["serve"]) == 0
    assert node.settings is not None
    assert node.settings.maxclients == 5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["serve", "--prot=1"], "dflite: There is no flag --prot; did you mean --port?"),
        (["serve", "--port=x"], "dflite: --port=x: argument couldn't be parsed into an integer; "),
        (["serve", "/no/such.conf"], "dflite: /no/such.conf cannot be read: No such file or"),
        (["serve", "--port=0", "--memcached_port=0"], "dflite: There is nothing to listen on"),
        (["serv"], "dflite: there is no command 'serv'; did you mean dflite serve?"),
        (
            ["x"],
            "dflite: there is no command 'x'; there are serve, healthcheck, check,",
        ),
        (["--port=1"], "dflite: flags come behind a command: dflite serve --port=1 ..."),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(
    node: FakeNode, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1
    assert node.settings is None


def test_without_arguments_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert capsys.readouterr().err.startswith("Usage: dflite serve")


@pytest.mark.parametrize("words", [["--version"], ["version"], ["-v"], ["serve", "--version"]])
def test_the_version_is_printed(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert cli.main(words) == 0
    assert capsys.readouterr().out.startswith(f"dflite {__version__} (Python 3.")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["serve", "--help"]])
def test_help_shows_the_flags(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: dflite serve")
    assert "  --port=6379" in out
    assert "--activedefrag" not in out


@pytest.mark.parametrize("words", [["--helpfull"], ["serve", "--helpfull"]])
def test_full_help_shows_all_flags(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert cli.main(words) == 0
    assert "--activedefrag" in capsys.readouterr().out


def test_ctrl_c_ends_without_a_trace(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(settings: Settings, warnings: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(node, "serve", interrupt)
    sys.modules["dflite.server.node"].serve = interrupt  # type: ignore[attr-defined]
    assert cli.main(["serve"]) == 130


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dflite", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("dflite ")


def test_help_that_is_cut_off_ends_quietly() -> None:
    command = f"'{sys.executable}' -m dflite --helpfull | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Usage:")
    assert "Traceback" not in done.stderr


def test_a_health_check_does_not_load_the_node() -> None:
    code = (
        "import sys; from dflite.server import cli; "
        "status = cli.main(['healthcheck', '--port=1', '--healthcheck_timeout=0.1']); "
        "print(status, sorted(name for name in sys.modules if name.startswith(("
        "'dflite.native', 'dflite.engine', 'dflite.commands', 'asyncio', 'uvloop'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "1 []\n"
