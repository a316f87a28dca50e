"""A small proxy on loopback (RFC 9110, 9.3.6): tunnels for https, forwards http, may ask who one is."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_ASKS: Final = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
)


@dataclass
class SmallProxy:
    """What it heard: the heads of requests, and every byte that went through its tunnels."""

    behind: int  # the port on this machine that every host leads to
    wants: str = ""  # user:password
    port: int = 0
    scheme: str = "http"
    heads: list[str] = field(default_factory=list)
    tunnelled: bytearray = field(default_factory=bytearray)

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def serve(self, line: socket.socket) -> None:
        """Serve one connection."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(65536) or b"\r\n\r\n"
        self.heads.append(head.decode("latin-1"))
        if self.wants and f"Proxy-Authorization: {self._expected}" not in self.heads[-1]:
            line.sendall(_ASKS)
            return
        with socket.create_connection(("127.0.0.1", self.behind), timeout=60) as onward:
            if head.startswith(b"CONNECT "):
                line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                onward.sendall(head)
            self._pass_on({line: onward, onward: line})

    @property
    def _expected(self) -> str:
        return "Basic " + base64.b64encode(self.wants.encode()).decode()

    def _pass_on(self, ways: dict[socket.socket, socket.socket]) -> None:
        """Pass bytes on both ways until a side ends; in one thread, since a TLS connection bears no two."""
        while True:
            held = [each for each in ways if isinstance(each, ssl.SSLSocket) and each.pending()]
            for source in held or select.select(list(ways), [], [], 60)[0]:
                data = source.recv(65536)
                if not data:
                    return
                self.tunnelled += data
                ways[source].sendall(data)


@contextmanager
def small_proxy(behind: int, wants: str = "", tls: ssl.SSLContext | None = None) -> Iterator[SmallProxy]:
    """Run one; with ``tls`` it is reached by TLS itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = SmallProxy(behind, wants, listener.getsockname()[1], "https" if tls else "http")
        thread = threading.Thread(target=_accept, args=(proxy, listener, tls))
        thread.start()
        try:
            yield proxy
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=60)


def _accept(proxy: SmallProxy, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), line:
            line.settimeout(60)
            if tls is None:
                proxy.serve(line)
            else:
                with tls.wrap_socket(line, server_side=True) as secured:
                    proxy.serve(secured)
