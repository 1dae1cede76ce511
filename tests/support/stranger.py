"""A program that tries to get into a node without its passkey, and prints what it heard in JSON.

python stranger.py HOST PORT [PASSKEY]
"""

import json
import socket
import ssl
import sys

TRIES = (
    "PING", "GET stolen", "SET stolen 1", "KEYS *", "CONFIG GET *", "CONFIG SET requirepass x",
    "INFO", "HELLO 3", "HELLO 3 AUTH default x", "AUTH default x", "AUTH x", "AUTH nobody nopass",
    "ACL WHOAMI", "ACL SETUSER default on nopass ~* +@all", "CLIENT LIST", "MONITOR", "SUBSCRIBE a",
    "EVAL return(1) 0", "MULTI", "SHUTDOWN NOSAVE", "REPLICAOF NO ONE", "DEBUG SLEEP 0", "FLUSHALL",
    "COMMAND", "QUIT", "RESET", "GET / HTTP/1.1", "GET /metrics HTTP/1.1", "get stolen", "version",
)  # fmt: skip


def hear(host: str, port: int, tls: bool, text: str, passkey: str) -> str:
    """The beginning of the answer to one try on a connection of its own."""
    try:
        sock = socket.create_connection((host, port), timeout=3)
    except OSError:
        return "unreachable"
    try:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        if passkey:
            sock.sendall(f"AUTH default {passkey}\r\n".encode())
            sock.recv(100)
        end = "\r\n\r\n" if "HTTP" in text else "\r\n"
        sock.sendall(f"{text}{end}".encode())
        return sock.recv(100).decode("latin-1")
    except ssl.SSLError:
        return "no TLS"
    except OSError:
        return ""
    finally:
        sock.close()


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    passkey = sys.argv[3] if len(sys.argv) > 3 else ""
    heard = {}
    for text in TRIES[:3] if passkey else TRIES:
        heard[text] = hear(host, port, False, text, passkey)
        heard[f"TLS {text}"] = hear(host, port, True, text, passkey)
    print(json.dumps(heard))


if __name__ == "__main__":
    main()
