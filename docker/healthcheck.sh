#!/bin/sh
# Ends with 0 if this container's node lives, and with 1 if not. The flags that the node was started
# with are read from process 1, so that --port, --tls and --requirepass need not be told twice; the
# environment counts too, HEALTHCHECK_PORT as well. Kubernetes operators call it by this name.
sed -z '1,/^serve$/d' /proc/1/cmdline | xargs -0 dflite healthcheck || exit 1
