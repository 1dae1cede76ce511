"""TLS: what an operation costs over it, and what 200 bad handshakes a second do to good clients."""

import gc
import multiprocessing
import os
import random
import socket
import ssl
import tempfile
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.load import LoadFailed, RedisBenchmark, choose_generator, percentile
from benchmarks.process import CoreWaits, cpu_ns
from benchmarks.results import Results
from benchmarks.servers import Running, Server, free_port
from benchmarks.settings import Settings
from benchmarks.wire import HOST, RESP, TIMEOUT_S, fill, resp

CLIENTS: Final = 50
BAD_A_SECOND: Final = 200
GOOD_A_SECOND: Final = 2000  # requests of all good clients together
KINDS: Final = ("hello", "spoilt", "plain", "silent", "half")
PING: Final = resp(b"PING")


class Certificate:
    """A self-signed certificate for this machine, in files of its own."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self.certificate = Path(self.folder.name) / "node.crt"
        self.key = Path(self.folder.name) / "node.key"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def measure_tls(server: Server, path: str, settings: Settings, results: Results) -> None:
    """CPU time and throughput over TLS, and the same for handshakes beside bad ones."""
    if server.tls_arguments is None:
        return
    certificate = Certificate()
    port = free_port()
    words = server.tls_arguments(port, str(certificate.certificate), str(certificate.key))
    try:
        with Running(server, path, more=words) as running:
            fill(running.port, RESP, settings.keyspace, settings.value_size)
            measure_operations(running, port, certificate, settings, results)
        # Not on one core: what a server does beside its loop may go to another.
        with Running(server, path, pin=False, more=words) as running:
            measure_handshakes(running, port, certificate, settings, results)
    finally:
        certificate.folder.cleanup()


def measure_operations(
    running: Running, port: int, certificate: Certificate, settings: Settings, results: Results
) -> None:
    generator = choose_generator(settings.generator)
    if not isinstance(generator, RedisBenchmark):
        return  # the other one speaks no TLS
    generator.more = ("--tls", "--cacert", str(certificate.certificate))
    name = running.server.name
    for operation in ("GET", "SET"):
        for pipeline in (1, 16):
            requests = settings.requests_for(operation, pipeline)
            before = cpu_ns(running.pid)
            try:
                load = generator.run(
                    port, operation, pipeline, requests, settings.keyspace, settings.value_size
                )
            except LoadFailed as error:
                results.notes.append(f"{name}, over TLS: {error}")
                return
            used = cpu_ns(running.pid) - before
            row = f"{operation} P={pipeline}, TLS"
            results.add("tls_cpu_us", row, name, used / requests / 1000)
            results.add("tls_throughput", row, name, load.rps)


def measure_handshakes(
    running: Running, port: int, certificate: Certificate, settings: Settings, results: Results
) -> None:
    """Round trips of good clients at a moderate rate: alone, then beside bad handshakes."""
    name = running.server.name
    clients = [good_client(port, certificate) for _ in range(CLIENTS)]
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    bad = context.Process(target=shake_badly, args=(port, stop), daemon=True)
    try:
        round_trips(running.pid, clients, 0.5)
        alone = round_trips(running.pid, clients, settings.handshake_s)
        bad.start()
        time.sleep(1.0)
        beside = round_trips(running.pid, clients, settings.handshake_s)
        for clock, before, after in zip(
            ("wall clock", "less waits for a core"), alone, beside, strict=True
        ):
            for percent in (50.0, 99.0):
                row = f"p{percent:g} {{}}, {clock}"
                results.add("handshakes_us", row.format("alone"), name, before[percent])
                results.add("handshakes_us", row.format("beside bad ones"), name, after[percent])
            ratio = after[99.0] / before[99.0]
            results.add("handshakes", f"p99 beside bad ones to p99 alone, {clock}", name, ratio)
    finally:
        stop.set()
        if bad.pid is not None:
            bad.join(10)
        for client in clients:
            client.close()


def good_client(port: int, certificate: Certificate) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(certificate.certificate))
    plain = socket.create_connection((HOST, port), TIMEOUT_S)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=HOST)


def round_trips(
    pid: int, clients: list[ssl.SSLSocket], seconds: float
) -> tuple[dict[float, float], dict[float, float]]:
    """Percentiles in µs: by the wall clock, and less the time that both sides had no core."""
    waits = (CoreWaits(pid, first_only=True), CoreWaits(os.getpid()))
    chosen = random.Random(5)
    now = time.perf_counter_ns
    wall: list[int] = []
    own: list[int] = []
    end = now() + int(seconds * 1e9)
    due = now()
    gc.disable()
    try:
        while due < end:
            while now() < due:
                time.sleep(max((due - now()) / 1e9, 0))
            client = chosen.choice(clients)
            waited = sum(wait.total_ns() for wait in waits)
            begun = now()
            client.sendall(PING)
            client.recv(100)
            taken = now() - begun
            waited = sum(wait.total_ns() for wait in waits) - waited
            wall.append(taken)
            own.append(max(taken - waited, 0))
            due = max(due + int(chosen.expovariate(GOOD_A_SECOND) * 1e9), now())
    finally:
        gc.enable()
        for wait in waits:
            wait.close()
    wall.sort()
    own.sort()
    percents = (50.0, 99.0)
    return (
        {percent: percentile(wall, percent) / 1000 for percent in percents},
        {percent: percentile(own, percent) / 1000 for percent in percents},
    )


def shake_badly(port: int, stop: Event) -> None:
    """BAD_A_SECOND connections that do not become clients, of each kind in turn, until told."""
    hello = client_hello()
    openings: dict[str, bytes] = {
        "hello": hello,  # and then nothing: the server's work was in vain
        "spoilt": b"\x16\x03\x01\x00\x20" + bytes(32),
        "plain": PING,
        "silent": b"",
        "half": hello[:100],
    }
    kept: list[tuple[float, socket.socket]] = []
    due = time.monotonic()
    number = 0
    while not stop.is_set():
        time.sleep(max(due - time.monotonic(), 0))
        due += 1 / BAD_A_SECOND
        kind = KINDS[number % len(KINDS)]
        number += 1
        patience = 5.0 if kind in ("silent", "half") else 0.05
        try:
            sock = socket.create_connection((HOST, port), 2)
            sock.sendall(openings[kind])
        except OSError:
            continue
        kept.append((time.monotonic() + patience, sock))
        for entry in [entry for entry in kept if entry[0] < time.monotonic()]:
            entry[1].close()
            kept.remove(entry)


def client_hello() -> bytes:
    """What a client says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(arrived, leaving)
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return leaving.read()
    raise AssertionError("a handshake needs two")
