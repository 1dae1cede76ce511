"""The command line of the benchmarks."""

import pytest

from benchmarks.settings import MEASURES, read_settings


def test_without_arguments_everything_is_measured() -> None:
    settings = read_settings([])
    assert settings.measures == MEASURES
    assert settings.memory_keys == 1_000_000
    assert settings.pause_keys == 5_000_000


def test_quick_is_smaller_but_keeps_all_measures() -> None:
    quick, full = read_settings(["--quick"]), read_settings([])
    assert quick.measures == full.measures
    assert quick.rounds < full.rounds
    assert quick.pause_keys < full.pause_keys


def test_measures_servers_and_operations_can_be_chosen() -> None:
    settings = read_settings(
        ["--only", "cpu,memory", "--servers", "dflite, valkey", "--ops", "get", "--pipelines", "64"]
    )
    assert settings.measures == ("cpu", "memory")
    assert settings.servers == ("dflite", "valkey")
    assert settings.operations == ("GET",)
    assert settings.pipelines == (64,)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no server is called 'mongo'; there are: dflite, valkey"):
        read_settings(["--servers", "mongo"])


def test_deeper_pipelines_get_more_requests_and_mset_fewer() -> None:
    settings = read_settings(["--requests", "1000"])
    assert settings.requests_for("GET", 1) == 1000
    assert settings.requests_for("GET", 64) > settings.requests_for("GET", 16) > 1000
    assert settings.requests_for("MSET", 64) < 1000
