"""Builds dflite: the native floor by Cython, the Python modules above it by mypyc.

A normal install compiles both. A development install (`pip install -e .`) and `DFLITE_PURE=1`
compile the native floor only, and the Python modules run as they are.
"""

import os
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Modules that mypyc leaves alone, each with its reason.
INTERPRETED = {
    "dflite/__main__.py": "a compiled module cannot be run with -m",
    "dflite/commands/docs.py": "run with -m to write docs/commands.md",
    "dflite/settings/docs.py": "run with -m to write docs/flags.md",
    "dflite/base/collection_errors.py": "says what is, and does nothing",
    "dflite/base/conversation_errors.py": "says what is, and does nothing",
    "dflite/base/errors.py": "says what is, and does nothing",
    "dflite/base/server_errors.py": "says what is, and does nothing",
    "dflite/base/stream_errors.py": "says what is, and does nothing",
    "dflite/base/string_errors.py": "says what is, and does nothing",
    "dflite/commands/command_table.py": "runs at human speed",
    "dflite/commands/config.py": "runs at human speed",
    "dflite/commands/debug.py": "runs at human speed",
    "dflite/commands/latency.py": "runs at human speed",
    "dflite/commands/lolwut.py": "runs at human speed",
    "dflite/commands/memory.py": "runs at human speed",
    "dflite/commands/server.py": "runs at human speed",
    "dflite/commands/slowlog.py": "runs at human speed",
    "dflite/commands/stream_info.py": "runs at human speed",
    "dflite/engine/help.py": "runs at human speed",
    "dflite/engine/latency_report.py": "runs at human speed",
    "dflite/engine/usage.py": "runs at human speed",
    "dflite/engine/usage_names.py": "runs at human speed",
    "dflite/base/cron.py": "runs at human speed",
    "dflite/persistence": "runs at start-up and at the disk's speed",
    "dflite/base/replication_errors.py": "says what is, and does nothing",
    "dflite/base/script_errors.py": "says what is, and does nothing",
    "dflite/native/lua/library.py": "looks for a file, once",
    "dflite/replication/handshake.py": "runs at human speed",
    "dflite/replication/roles.py": "runs at human speed",
    "dflite/server": "runs at start-up and at human speed; uses asyncio and nested functions",
    "dflite/settings": "runs at start-up and at human speed",
}
# ... and those below an interpreted folder that are compiled all the same.
COMPILED = {
    "dflite/persistence/log_load.py",  # a session, for each request of a log
    "dflite/server/append_log.py",  # looked at before replies leave
}

# Native modules that only Linux has a kernel for.
ON_EPOLL = {"reactor", "socket_connection", "tls_connection"}

COMPILE_ARGS = ["-O2", "-g0", "-fno-semantic-interposition", "-fno-strict-aliasing"]
INSTALL_ONE = (
    "install one (Debian: apt install gcc python3-dev; Fedora: dnf install gcc python3-devel; "
    "macOS: xcode-select --install) and try again."
)


def native_extensions() -> list[Extension]:
    sources = sorted(Path("dflite/native").rglob("*.pyx"))
    if not sys.platform.startswith("linux"):
        sources = [source for source in sources if source.stem not in ON_EPOLL]
    return [
        Extension(
            ".".join(source.with_suffix("").parts),
            [str(source)],
            extra_compile_args=[*COMPILE_ARGS, "-Wno-unused-function"],
        )
        for source in sources
    ]


def compiled_modules() -> list[str]:
    return [
        path.as_posix()
        for path in sorted(Path("dflite").rglob("*.py"))
        if path.name != "__init__.py" and is_compiled(path.as_posix())
    ]


def is_compiled(name: str) -> bool:
    if name in COMPILED:
        return True
    return not any(name == place or name.startswith(f"{place}/") for place in INTERPRETED)


def require_compiler() -> None:
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        sys.exit(
            f"dflite is built from source and needs a C compiler, but '{compiler}' was not found: "
            + INSTALL_ONE
        )
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        sys.exit(
            "dflite is built from source and needs a C compiler and Python's header files, but "
            f"there is no Python.h in {headers}: " + INSTALL_ONE
        )


def extensions() -> list[Extension]:
    require_compiler()
    from Cython.Build import cythonize

    built = []
    editable = any("editable" in argument or argument == "develop" for argument in sys.argv)
    if os.environ.get("DFLITE_PURE") != "1" and not editable:
        from mypyc.build import mypycify

        # The longest by far, so it comes first of what is compiled at the same time.
        built += mypycify(
            ["--config-file", "pyproject.toml", *compiled_modules()],
            opt_level="2",
            debug_level="0",
            group_name="dflite",
            multi_file=True,  # in one file it takes far longer, and runs no faster
        )
        use_copied_runtime(built)
    built += cythonize(native_extensions(), nthreads=os.cpu_count() or 1, language_level=3)
    forget_other_builds(built)
    return built


def use_copied_runtime(built: list[Extension]) -> None:
    """Take mypyc's headers from a copy in build/.

    Where pip builds, mypyc is in another place each time, and ccache would not know the code again.
    """
    from mypyc.build import include_dir

    place, copied = include_dir(), Path("build", "mypyc-runtime")
    shutil.copytree(place, copied, dirs_exist_ok=True)
    for extension in built:
        extension.include_dirs = [
            str(copied) if folder == place else folder for folder in extension.include_dirs
        ]


def forget_other_builds(built: list[Extension]) -> None:
    """Take out of build/lib* what no longer is: it would go into the wheel."""
    names = {extension.name for extension in built}
    for folder in Path("build").glob("lib*"):
        for path in list(folder.rglob("*.*")):
            place = path.relative_to(folder)
            module = place.as_posix().partition(".")[0].replace("/", ".")
            gone = module not in names if path.suffix == ".so" else not place.exists()
            if path.is_file() and gone:
                path.unlink()


class BuildAtOnce(build_ext):
    """Compiles as many C files at the same time as there are cores.

    setuptools does so with modules; that which holds all of mypyc's consists of many files.
    """

    def build_extensions(self) -> None:
        compile_together = self.compiler.compile
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:

            def compile_at_once(sources: list[str], **options: object) -> list[str]:
                made = pool.map(lambda source: compile_together([source], **options), sources)
                return [path for paths in made for path in paths]

            self.compiler.compile = compile_at_once
            super().build_extensions()


needs_build = not {"sdist", "egg_info", "dist_info", "clean", "--version"} & set(sys.argv[1:2])
setup(
    ext_modules=extensions() if needs_build else [],
    cmdclass={"build_ext": BuildAtOnce},
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
