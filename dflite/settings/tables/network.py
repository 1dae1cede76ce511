"""Settings of listeners: addresses, ports, sockets and TLS."""

from typing import Final

from dflite.base.hosts import is_host
from dflite.settings.kinds import PATH, PORT, TEXT, YES_NO, Choice, Int, Octal, Size, Text
from dflite.settings.lists import MAX_BIND_ADDRESSES, Words
from dflite.settings.setting import FIXED, OWN, Group, fixed, hooked, idle, live
from dflite.settings.values import INT_MAX, UINT_MAX


def check_address(text: str) -> str:
    return "" if is_host(text.removeprefix("-")) else "a bind address can't be that"


ADDRESSES: Final = Words(
    f"up to {MAX_BIND_ADDRESSES} addresses, such as '127.0.0.1 -::1'",
    MAX_BIND_ADDRESSES,
    "Too many bind addresses specified.",
    check_address,
)
PORT_OR_ANY: Final = Int(-1, 65535)
SECONDS: Final = Int(0, INT_MAX)

LISTENING: Final = Group(
    "Listening",
    [
        fixed(
            "endpoint",
            Choice(["private", "public"]),
            "private",
            "A public one listens everywhere, speaks TLS, and asks for a passkey, always; it makes "
            "what it needs for that. A private one does what other flags say.",
            OWN,
        ),
        fixed(
            "announce_ip",
            TEXT,
            "",
            "Address or name that clients shall use: in the printed URI and the certificate.",
            OWN,
        ),
        hooked(
            "bind",
            ADDRESSES,
            "127.0.0.1 -::1",
            "Addresses to listen on. One behind a '-' may be missing on this machine; '*' and "
            "'::*' are all of IPv4 and of IPv6; none at all leaves only the Unix socket.",
        ),
        hooked("port", PORT_OR_ANY, "6379", "TCP port for RESP: 0 for none, -1 for any free one."),
        fixed(
            "memcached_port",
            PORT_OR_ANY,
            "6371",
            "TCP port for the memcached protocol: 0 for none, -1 for any free one. Where it is not "
            "given, it is only opened at private addresses, and without a password.",
            OWN,
        ),
        fixed("memcached_shutdown", YES_NO, "no", "Memcached's clients may end the node.", OWN),
        fixed(
            "max_item_size",
            Size(1024, 1 << 30),
            "1048576",
            "The longest value that memcached's clients may store.",
            OWN,
        ),
        fixed(
            "admin_port",
            PORT_OR_ANY,
            "0",
            "A second port, for RESP and HTTP, that maxclients does not close: 0 for none.",
            OWN,
        ),
        fixed("admin_bind", TEXT, "", "Address of the admin port; empty for those of --bind.", OWN),
        fixed(
            "admin_nopass",
            YES_NO,
            "no",
            "Clients of the admin port need no password.",
            OWN,
        ),
        fixed("unixsocket", PATH, "", "Path of a Unix socket to listen on as well."),
        fixed(
            "unixsocketperm",
            Octal(0, 0o777),
            "0",
            "Permissions of the Unix socket, in octal; 0 leaves them to the umask.",
        ),
        fixed("unixsocketgroup", TEXT, "", "Group that the Unix socket shall belong to."),
        live(
            "protected_mode",
            YES_NO,
            "yes",
            "Without a password, clients from other machines are refused.",
        ),
        live(
            "primary_port_http_enabled",
            YES_NO,
            "yes",
            "HTTP is answered on the RESP port too: /healthz, /readyz, /metrics.",
            OWN,
        ),
        fixed(
            "tcp_backlog", SECONDS, "511", "Connections that may wait to be accepted by a listener."
        ),
        live(
            "tcp_keepalive",
            SECONDS,
            "300",
            "Seconds of silence before the peer of a connection is probed; 0 never does.",
        ),
        fixed("tcp_nodelay", YES_NO, "yes", "Replies leave at once, without Nagle's delay.", OWN),
        idle(
            "max_new_connections_per_cycle",
            Int(1, 1000),
            "10",
            "New connections to accept in one turn of the loop.",
        ),
        live(
            "max_new_tls_connections_per_cycle",
            Int(1, 1000),
            "1",
            "TLS handshakes to go on with in one turn of the loop, between clients' requests.",
        ),
        idle("bind_source_addr", TEXT, "", "Address that connections to a primary leave from."),
        idle("socket_mark_id", Int(0, UINT_MAX), "0", "Mark on the sockets.", when=FIXED),
        idle("mptcp", YES_NO, "no", "Multipath TCP for clients.", when=FIXED),
        idle("rdma_bind", ADDRESSES, "", "Addresses to listen on by RDMA.", when=FIXED),
        idle("rdma_port", PORT, "0", "Port of RDMA.", when=FIXED),
        idle("rdma_rx_size", Int(65536, 16777216), "1048576", "Buffer of RDMA.", when=FIXED),
        idle("rdma_completion_vector", Int(-1, 1024), "-1", "Vector of RDMA.", when=FIXED),
    ],
)

TLS: Final = Group(
    "TLS",
    [
        hooked("tls", YES_NO, "no", "The RESP port and the admin port speak TLS.", OWN),
        hooked(
            "tls_port",
            PORT,
            "0",
            "A further port that speaks TLS, while --port stays as it is; 0 for none.",
        ),
        hooked("tls_cert_file", PATH, "", "The node's certificate, PEM."),
        hooked("tls_key_file", PATH, "", "The key of the certificate, PEM."),
        hooked(
            "tls_key_file_pass", TEXT, "", "The pass phrase of the key, if it has one.", secret=True
        ),
        hooked("tls_ca_cert_file", PATH, "", "Certificates that sign those of clients, PEM."),
        hooked("tls_ca_cert_dir", PATH, "", "A directory of such certificates, hashed by OpenSSL."),
        hooked(
            "tls_auth_clients",
            Choice(["no", "yes", "optional"], {"true": "yes", "false": "no"}),
            "yes",
            "Whether a client must show a certificate. Asked only where there is a CA to check it.",
        ),
        fixed("no_tls_on_admin_port", YES_NO, "no", "The admin port stays without TLS.", OWN),
        hooked(
            "tls_protocols",
            Text("'TLSv1.2', 'TLSv1.3' or both"),
            "",
            "Versions of TLS to speak; empty for 1.2 and 1.3.",
        ),
        hooked("tls_ciphers", TEXT, "", "Ciphers of TLS 1.2, as OpenSSL lists them."),
        hooked("tls_cipher_suites", TEXT, "", "Cipher suites of TLS 1.3.", ("tls-ciphersuites",)),
        hooked(
            "tls_prefer_server_ciphers", YES_NO, "no", "The node's order of ciphers goes first."
        ),
        hooked("tls_session_caching", YES_NO, "yes", "TLS sessions may be resumed, by tickets."),
        idle("tls_session_cache_size", SECONDS, "20480", "TLS sessions to keep; 0 for all."),
        idle("tls_session_cache_timeout", SECONDS, "300", "Seconds a TLS session is kept."),
        live("tls_client_cert_file", PATH, "", "Certificate to show to a primary."),
        live("tls_client_key_file", PATH, "", "Key of that certificate."),
        live("tls_client_key_file_pass", TEXT, "", "Pass phrase of that key.", secret=True),
        hooked("tls_dh_params_file", PATH, "", "Parameters of Diffie-Hellman, PEM."),
        live("tls_replication", YES_NO, "no", "The connection to a primary speaks TLS."),
        idle("tls_cluster", YES_NO, "no", "The cluster's bus speaks TLS."),
        idle(
            "tls_auth_clients_user",
            Choice(["CN", "URI", "off"]),
            "off",
            "A client's certificate logs it in as the user it names.",
        ),
        live(
            "tls_auto_reload_interval",
            SECONDS,
            "0",
            "Seconds between looks at whether the TLS files have changed; 0 looks each second.",
        ),
    ],
)
