#!/bin/sh
# Flags or a redis.conf alone are for the node; a subcommand is dflite's; all else runs as it is.
case "${1-}" in
    -* | *.conf) set -- dflite serve "$@" ;;
    serve | healthcheck | passkey) set -- dflite "$@" ;;
esac
exec "$@"
