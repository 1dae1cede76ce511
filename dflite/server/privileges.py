"""--user: what root has opened is served by somebody who may do less."""

import os
import pwd

from dflite.server.logs import LOG, NOTICE


class CannotBecome(Exception):
    """The process cannot run as that user; says why."""


def become(name: str) -> None:
    """Run as that user, with their groups, from here on; raises CannotBecome.

    Files are made theirs only from then on: a directory to write into has to be given to them.
    """
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise CannotBecome(f"--user={name}: there is no such user") from None
    if user.pw_uid == os.geteuid():
        return
    try:
        os.initgroups(name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    except OSError as error:
        raise CannotBecome(f"--user={name}: only root can become another user: {error}") from None
    LOG.log(NOTICE, "running as user %s from here on", name)
