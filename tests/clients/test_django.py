"""Django's own cache, and django-redis': what their pages promise, on dflite."""

import threading
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final

import pytest

from tests.support.servers import Server, missing

BACKENDS: Final = {
    "django": "django.core.cache.backends.redis.RedisCache",
    "django_redis": "django_redis.cache.RedisCache",
}
VERSIONED: Final = 7


@pytest.fixture(params=BACKENDS)
def cache(request: pytest.FixtureRequest, shared_dflite: Server) -> Iterator[Any]:
    yield from cache_of(request.param, shared_dflite)


@pytest.fixture
def richer(shared_dflite: Server) -> Iterator[Any]:
    """django-redis', which can do more than Django's own."""
    yield from cache_of("django_redis", shared_dflite)


def cache_of(backend: str, server: Server) -> Iterator[Any]:
    for name in ("django", "django_redis"):
        if find_spec(name) is None:
            missing(f"{name} is not installed")
    from django.conf import settings
    from django.utils.module_loading import import_string

    if not settings.configured:
        settings.configure()
    url = f"redis://127.0.0.1:{server.port}/7"
    made = import_string(BACKENDS[backend])(url, {"KEY_PREFIX": "site"})
    made.clear()
    yield made
    made.clear()
    made.close()


def test_values_of_every_kind(cache: Any) -> None:
    values = {
        "text": "café",
        "number": 5,
        "none": None,
        "deep": {"a": [1, (2, 3)]},
        "raw": b"\0\xff",
    }
    assert cache.set_many(values) in ([], None)
    assert cache.get_many([*values, "missing"]) == values
    assert cache.get("missing", "instead") == "instead"
    assert "text" in cache
    assert "missing" not in cache
    cache.delete_many(["text", "deep"])
    assert cache.get_many(list(values)) == {"number": 5, "none": None, "raw": b"\0\xff"}
    assert cache.delete("number")
    assert not cache.delete("number")


def test_only_what_is_new_is_added(cache: Any) -> None:
    assert cache.add("a", 1, timeout=100)
    assert not cache.add("a", 2)
    assert cache.get("a") == 1
    assert cache.get_or_set("b", lambda: 5, 100) == 5
    assert cache.get_or_set("b", lambda: 6, 100) == 5


def test_numbers_go_up_and_down(cache: Any) -> None:
    cache.set("n", 10)
    assert cache.incr("n") == 11
    assert cache.incr("n", 4) == 15
    assert cache.decr("n", 20) == -5
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")


def test_times_to_live(cache: Any) -> None:
    cache.set("gone", 1, timeout=0)
    assert cache.get("gone") is None
    cache.set("stays", 1, timeout=None)
    cache.set("a", 1, timeout=100)
    assert cache.touch("a", 200)
    assert not cache.touch("missing", 200)
    assert cache.touch("a", None)
    assert cache.get_many(["stays", "a"]) == {"stays": 1, "a": 1}


def test_versions_are_apart(cache: Any) -> None:
    cache.set("a", "first", version=1)
    cache.set("a", "seventh", version=VERSIONED)
    assert cache.get("a", version=1) == "first"
    assert cache.incr_version("a", version=VERSIONED) == VERSIONED + 1
    assert cache.get("a", version=VERSIONED) is None
    assert cache.get("a", version=VERSIONED + 1) == "seventh"


def test_what_django_redis_has_beside(richer: Any) -> None:
    richer.set_many({f"user:{number}": number for number in range(300)}, timeout=100)
    assert 90 < richer.ttl("user:1") <= 100
    assert 90_000 < richer.pttl("user:1") <= 100_000
    assert richer.expire("user:1", timeout=500)
    assert richer.ttl("user:1") > 400
    assert richer.persist("user:1")
    assert richer.ttl("user:1") is None
    assert sorted(richer.keys("user:29?")) == [f"user:29{digit}" for digit in range(10)]
    assert len(set(richer.iter_keys("user:*"))) == 300
    assert richer.delete_pattern("user:*") == 300
    assert richer.set("lone", 1, nx=True)
    assert not richer.set("lone", 2, nx=True)
    assert richer.ttl("missing") == 0


def test_its_lock_lets_one_in_at_a_time(richer: Any) -> None:
    richer.set("balance", 0)

    def add() -> None:
        for _ in range(10):
            with richer.lock("guard", timeout=30):
                richer.set("balance", richer.get("balance") + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert richer.get("balance") == 40
