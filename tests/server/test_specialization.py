"""What a node is made for: what follows for other settings, at the start and later."""

import pytest

from dflite.server.endpoint import apply_profile
from dflite.server.specialization import keep_promise, specialize
from dflite.settings.command_line import UsageError, read_command_line
from dflite.settings.loading import load_settings
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused


def given(*flags: str) -> Settings:
    settings, _ = load_settings(read_command_line(list(flags), frozenset()), {})
    return settings


def test_a_node_for_nothing_in_particular_is_as_other_flags_say() -> None:
    settings = given("--cache_mode")
    assert specialize(settings) == []
    keep_promise(settings)
    settings.change([("maxmemory-policy", "allkeys-lru")])


@pytest.mark.parametrize("name", ["bullmq", "sidekiq"])
@pytest.mark.parametrize("flag", ["--cache_mode", "--maxmemory_policy=volatile-ttl"])
def test_a_node_for_a_queue_does_not_start_with_eviction(name: str, flag: str) -> None:
    with pytest.raises(UsageError, match="must not be evicted") as refused:
        specialize(given(f"--specialization={name}", flag))
    named = flag.partition("=")[0]
    assert f"leave {named} out; a node that may evict starts without" in str(refused.value)
    assert f"--specialization={name}" in str(refused.value)


@pytest.mark.parametrize("name", ["bullmq", "sidekiq"])
def test_a_node_for_a_queue_stays_without_eviction(name: str) -> None:
    settings = given(f"--specialization={name}", "--appendonly")
    assert specialize(settings) == []
    keep_promise(settings)
    for change in [("cache_mode", "yes"), ("maxmemory-policy", "allkeys-lru")]:
        with pytest.raises(ChangeRefused, match="must not be evicted"):
            settings.change([change])
    settings.change([("maxmemory-policy", "noeviction"), ("maxmemory", "1gb")])
    assert (settings.cache_mode, settings.maxmemory_policy) == (False, "noeviction")


@pytest.mark.parametrize(
    ("flags", "warned"),
    [([], True), (["--save=60 1"], False), (["--snapshot_cron=* * * * *"], False)],
)
def test_jobs_that_end_with_the_process_are_worth_a_warning(flags: list[str], warned: bool) -> None:
    warnings = specialize(given("--specialization=sidekiq", *flags))
    assert len(warnings) == warned
    assert all("Sidekiq live in memory only" in text for text in warnings)


def test_a_node_for_memcached_opens_its_port_and_evicts() -> None:
    settings = given("--specialization=memcached")
    assert specialize(settings) == []
    assert settings.given("memcached_port")
    assert settings.cache_mode
    settings.change([("cache_mode", "no")])


@pytest.mark.parametrize("flag", ["--nocache_mode", "--maxmemory_policy=noeviction"])
def test_what_is_given_about_eviction_stands_for_memcached_too(flag: str) -> None:
    settings = given("--specialization=memcached", flag)
    specialize(settings)
    assert not settings.cache_mode


def test_a_node_for_memcached_says_who_needs_no_password() -> None:
    warnings = specialize(given("--specialization=memcached", "--requirepass=sesame"))
    assert len(warnings) == 1
    assert "no password" in warnings[0]


def test_a_node_for_memcached_cannot_be_without_its_port_nor_public() -> None:
    with pytest.raises(UsageError, match="memcached_port: leave --memcached_port out or give"):
        specialize(given("--specialization=memcached", "--memcached_port=0"))
    settings = given("--specialization=memcached", "--endpoint=public")
    specialize(settings)
    with pytest.raises(UsageError, match="knows no passkey"):
        apply_profile(settings)
