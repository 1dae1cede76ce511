"""What a node is made for, by `--specialization`: what that needs is switched on or seen to.

Queues lose jobs when keys are evicted, so a node for BullMQ or Sidekiq never does that, whatever
comes later by CONFIG SET. A node for memcached's clients opens their port, and old keys give way
when memory is full, as they do there.
"""

from typing import Final

from dflite.settings.command_line import UsageError
from dflite.settings.settings import Settings
from dflite.settings.values import Refused

BULLMQ: Final = "bullmq"
SIDEKIQ: Final = "sidekiq"
MEMCACHED: Final = "memcached"
NAMES: Final = {BULLMQ: "BullMQ", SIDEKIQ: "Sidekiq"}
NO_EVICTION: Final = "noeviction"
ORIGIN: Final = "--specialization"
DESCRIPTIONS: Final = {
    BULLMQ: "BullMQ: nothing is evicted",
    SIDEKIQ: "Sidekiq: nothing is evicted",
    MEMCACHED: "memcached",
}


def specialize(settings: Settings) -> list[str]:
    """Give settings their defaults for the workload; warnings for the log.

    UsageError says which other setting that workload could not bear. To be called before what
    depends on whether a port was asked for.
    """
    if settings.specialization in NAMES:
        problem = eviction_problem(settings)
        if problem:
            raise UsageError(problem)
        return queue_warnings(settings)
    if settings.specialization == MEMCACHED:
        return open_for_memcached(settings)
    return []


def eviction_problem(settings: Settings) -> str:
    """Why jobs could be lost to eviction, and what to change; empty if they cannot."""
    name = NAMES[settings.specialization]
    way_out = f"; a node that may evict starts without {ORIGIN}={settings.specialization}."
    if settings.cache_mode:
        return (
            f"jobs of {name} must not be evicted, and cache_mode evicts: leave --cache_mode out"
            + way_out
        )
    if settings.maxmemory_policy != NO_EVICTION:
        return (
            f"jobs of {name} must not be evicted: maxmemory-policy has to be {NO_EVICTION}, "
            f"not {settings.maxmemory_policy}; leave --maxmemory_policy out{way_out}"
        )
    return ""


def queue_warnings(settings: Settings) -> list[str]:
    if settings.save or settings.snapshot_cron or settings.appendonly:
        return []
    return [
        f"jobs of {NAMES[settings.specialization]} live in memory only, and end with the process: "
        "--save, --snapshot_cron or --appendonly keep them"
    ]


def open_for_memcached(settings: Settings) -> list[str]:
    if not settings.memcached_port:
        raise UsageError(
            "a node for memcached's clients needs a memcached_port: leave --memcached_port out or "
            f"give it another port than 0; or leave out {ORIGIN}={MEMCACHED}."
        )
    if not settings.given("memcached_port"):
        # as if it had been asked for: not to get it is an error
        settings.origins["memcached_port"] = ORIGIN
    if not settings.given("cache_mode") and not settings.given("maxmemory_policy"):
        settings.derive("cache_mode", True)
    if settings.requirepass:
        return [
            "memcached's protocol knows no password: its clients are served without the one of "
            "requirepass"
        ]
    return []


def keep_promise(settings: Settings) -> None:
    """See to it that CONFIG SET cannot take back what the workload needs."""
    if settings.specialization not in NAMES:
        return

    def refuse_eviction() -> None:
        problem = eviction_problem(settings)
        if problem:
            raise Refused(problem.rstrip("."))

    settings.on_change("cache_mode", refuse_eviction)
    settings.on_change("maxmemory_policy", refuse_eviction)
