"""Pub/Sub: subscribing to channels, patterns and shard channels, and publishing on them."""

from typing import Final

from dflite.base.conversation_errors import SubscriberRefused
from dflite.base.server_errors import SubcommandOrArity
from dflite.engine.args import Args
from dflite.engine.client import REPLY_ON
from dflite.engine.command import (
    ALL_CHANNELS,
    ALL_PATTERNS,
    FAST,
    FIRST_CHANNEL,
    LOADING,
    MAY_REPLICATE,
    NOSCRIPT,
    NOT_KEY,
    STALE,
    Family,
    KeySpec,
)
from dflite.engine.command import PUBSUB as ABOUT_CHANNELS
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.pubsub import CHANNEL, PATTERN, SHARD, count_of, names_of

CHANNELS: Final = Family("pubsub")
LISTENING: Final = ABOUT_CHANNELS | NOSCRIPT | LOADING | STALE
SPEAKING: Final = ABOUT_CHANNELS | LOADING | STALE | FAST | MAY_REPLICATE
ASKING: Final = ABOUT_CHANNELS | LOADING | STALE
WORDS: Final = (b"subscribe", b"psubscribe", b"ssubscribe")
OPPOSITES: Final = (b"unsubscribe", b"punsubscribe", b"sunsubscribe")


# -- listening ------------------------------------------------------------------------------------


@CHANNELS.command(
    "SUBSCRIBE channel [channel ...]",
    arity=-2,
    channels=ALL_CHANNELS,
    flags=LISTENING,
    since="2.0.0",
    complexity="O(N) in the number of channels",
    summary="Be sent what is published on these channels.",
)
def cmd_subscribe(ctx: Context, args: Args) -> None:
    subscribe(ctx, CHANNEL, args.rest())


@CHANNELS.command(
    "UNSUBSCRIBE [channel [channel ...]]",
    arity=-1,
    flags=LISTENING,
    since="2.0.0",
    complexity="O(N) in the number of channels",
    summary="Listen to these channels no more, or to no channel at all.",
)
def cmd_unsubscribe(ctx: Context, args: Args) -> None:
    unsubscribe(ctx, CHANNEL, args.rest())


@CHANNELS.command(
    "PSUBSCRIBE pattern [pattern ...]",
    arity=-2,
    channels=ALL_PATTERNS,
    flags=LISTENING,
    since="2.0.0",
    complexity="O(N) in the number of patterns",
    summary="Be sent what is published on channels that match these patterns.",
)
def cmd_psubscribe(ctx: Context, args: Args) -> None:
    subscribe(ctx, PATTERN, args.rest())


@CHANNELS.command(
    "PUNSUBSCRIBE [pattern [pattern ...]]",
    arity=-1,
    flags=LISTENING,
    since="2.0.0",
    complexity="O(N) in the number of patterns",
    summary="Listen by these patterns no more, or by no pattern at all.",
)
def cmd_punsubscribe(ctx: Context, args: Args) -> None:
    unsubscribe(ctx, PATTERN, args.rest())


@CHANNELS.command(
    "SSUBSCRIBE shardchannel [shardchannel ...]",
    arity=-2,
    channels=ALL_CHANNELS,
    flags=LISTENING,
    keys=[KeySpec(NOT_KEY, last=-1)],
    since="7.0.0",
    complexity="O(N) in the number of channels",
    summary="Be sent what is published on these channels of shards.",
)
def cmd_ssubscribe(ctx: Context, args: Args) -> None:
    if not ctx.may_wait:
        raise SubscriberRefused
    subscribe(ctx, SHARD, args.rest())


@CHANNELS.command(
    "SUNSUBSCRIBE [shardchannel [shardchannel ...]]",
    arity=-1,
    flags=LISTENING,
    keys=[KeySpec(NOT_KEY, last=-1)],
    since="7.0.0",
    complexity="O(N) in the number of channels",
    summary="Listen to these channels of shards no more, or to none of them at all.",
)
def cmd_sunsubscribe(ctx: Context, args: Args) -> None:
    unsubscribe(ctx, SHARD, args.rest())


def subscribe(ctx: Context, kind: int, names: list[bytes]) -> None:
    for name in names:
        ctx.engine.channels.subscribe(ctx.client, kind, name)
        confirm(ctx, WORDS[kind], name, kind)


def unsubscribe(ctx: Context, kind: int, names: list[bytes]) -> None:
    """End the subscriptions to these names; without names, to all of that kind."""
    names = names or names_of(ctx.client, kind)
    for name in names:
        ctx.engine.channels.unsubscribe(ctx.client, kind, name)
        confirm(ctx, OPPOSITES[kind], name, kind)
    if not names:
        confirm(ctx, OPPOSITES[kind], None, kind)


def confirm(ctx: Context, word: bytes, name: bytes | None, kind: int) -> None:
    """Say what was done, and how many subscriptions there are now.

    This is a message: CLIENT REPLY OFF and SKIP do not silence it.
    """
    client = ctx.client
    reply = ctx.reply
    mark = reply.mark()
    reply.push(3)
    reply.bulk(word)
    reply.bulk_or_null(name)
    if kind == SHARD:
        reply.integer(count_of(client, SHARD))
    else:
        reply.integer(count_of(client, CHANNEL) + count_of(client, PATTERN))
    if client.reply_mode != REPLY_ON:
        ctx.engine.pushes.said.append(reply.since(mark))


# -- speaking -------------------------------------------------------------------------------------


@CHANNELS.command(
    "PUBLISH channel message",
    arity=3,
    channels=FIRST_CHANNEL,
    flags=SPEAKING,
    since="2.0.0",
    complexity="O(N+M) in the number N of the channel's subscribers and M of all patterns",
    summary="Send a message to all who listen to a channel; to how many.",
)
def cmd_publish(ctx: Context, args: Args) -> None:
    channel, message = args.next(), args.next()
    ctx.reply.integer(ctx.engine.channels.publish(channel, message))
    ctx.db.replicate_as(args.argv)


@CHANNELS.command(
    "SPUBLISH shardchannel message",
    arity=3,
    channels=FIRST_CHANNEL,
    flags=SPEAKING,
    keys=[KeySpec(NOT_KEY)],
    since="7.0.0",
    complexity="O(N) in the number of the channel's subscribers",
    summary="Send a message to all who listen to a channel of a shard; to how many.",
)
def cmd_spublish(ctx: Context, args: Args) -> None:
    channel, message = args.next(), args.next()
    ctx.reply.integer(ctx.engine.channels.publish_to_shard(channel, message))
    ctx.db.replicate_as(args.argv)


# -- asking ---------------------------------------------------------------------------------------


PUBSUB: Final = CHANNELS.container(
    "PUBSUB", since="2.8.0", summary="About channels: which there are, and who listens."
)


@CHANNELS.command(
    "PUBSUB CHANNELS [pattern]",
    arity=-2,
    flags=ASKING,
    since="2.8.0",
    complexity="O(N) in the number of channels",
    summary="The channels that somebody listens to, those that match if there is a pattern.",
)
def cmd_pubsub_channels(ctx: Context, args: Args) -> None:
    answer_names(ctx, args, CHANNEL)


@CHANNELS.command(
    "PUBSUB NUMSUB [channel [channel ...]]",
    arity=-2,
    flags=ASKING,
    since="2.8.0",
    complexity="O(N) in the number of channels asked for",
    summary="How many listen to each of these channels.",
)
def cmd_pubsub_numsub(ctx: Context, args: Args) -> None:
    answer_counts(ctx, args.rest(), CHANNEL)


@CHANNELS.command(
    "PUBSUB NUMPAT",
    arity=2,
    flags=ASKING,
    since="2.8.0",
    complexity="O(1)",
    summary="How many different patterns somebody listens to.",
)
def cmd_pubsub_numpat(ctx: Context, args: Args) -> None:
    ctx.reply.integer(len(ctx.engine.channels.audiences[PATTERN]))


@CHANNELS.command(
    "PUBSUB SHARDCHANNELS [pattern]",
    arity=-2,
    flags=ASKING,
    since="7.0.0",
    complexity="O(N) in the number of channels of shards",
    summary="The channels of shards that somebody listens to.",
)
def cmd_pubsub_shardchannels(ctx: Context, args: Args) -> None:
    answer_names(ctx, args, SHARD)


@CHANNELS.command(
    "PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]",
    arity=-2,
    flags=ASKING,
    since="7.0.0",
    complexity="O(N) in the number of channels asked for",
    summary="How many listen to each of these channels of shards.",
)
def cmd_pubsub_shardnumsub(ctx: Context, args: Args) -> None:
    answer_counts(ctx, args.rest(), SHARD)


@CHANNELS.command(
    "PUBSUB HELP",
    arity=2,
    flags=LOADING | STALE,
    since="6.2.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_pubsub_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, PUBSUB)


def answer_names(ctx: Context, args: Args, kind: int) -> None:
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    ctx.reply.bulks(ctx.engine.channels.names(kind, args.next() if args.more() else None))


def answer_counts(ctx: Context, names: list[bytes], kind: int) -> None:
    """An array in both protocols, as it was before there were maps."""
    reply = ctx.reply
    reply.array(2 * len(names))
    for name in names:
        reply.bulk(name)
        reply.integer(ctx.engine.channels.listeners(kind, name))
