"""A dflite that is ended and started anew, on its port and folder, under programs that go on."""

from pathlib import Path
from typing import Final

from tests.support.servers import Server, dflite_command, free_port, start

SAVED: Final = "saved at its end"
KILLED: Final = "killed"
ENDS: Final = (SAVED, KILLED)
FLAGS: Final = {SAVED: (), KILLED: ("--appendonly=yes", "--appendfsync=always")}


class LastingNode:
    """A node whose data outlive its process; it is running at first."""

    def __init__(self, folder: Path, end: str = SAVED) -> None:
        self.folder = folder
        self.end = end
        self.port = free_port()
        self.folder.mkdir(exist_ok=True)
        self.server = self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Server:
        own = [f"--port={self.port}", "--memcached_port=0", f"--dir={self.folder}"]
        argv = [str(dflite_command()), "serve", *own, *FLAGS[self.end]]
        return start("dflite", argv, self.port, home=self.folder)

    def restart(self) -> None:
        """End the process in the way that was chosen, and start another."""
        if self.end == KILLED:
            self.server.process.kill()
        else:
            with self.server.connect() as connection:
                connection.send("SHUTDOWN", "SAVE")
                self.server.process.wait(30)
        self.server.process.wait(30)
        self.server = self.start()

    def stop(self) -> None:
        self.server.stop()
