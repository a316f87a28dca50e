"""The services of a test PKI on loopback: OCSP, revocation lists, issuers' certificates, two time-stamp services.

certomancer gives the answers. The port is taken before the PKI is made, since its address stands in each certificate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, PKIArchitecture
from werkzeug import Request
from werkzeug.serving import WSGIRequestHandler, make_server

from eidcard.simulator.pki import TestPki

if TYPE_CHECKING:  # their home is types alone
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOOPBACK: Final = "127.0.0.1"


@contextmanager
def served_pki(
    folder: Path,
    before: WSGIApplication | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ends: Mapping[str, datetime] | None = None,
) -> Iterator[TestPki]:
    """Make a test PKI in ``folder`` and serve it until the block ends; its certificates lead to the services.

    ``before`` takes every request in their place, as a test's liar; it finds the honest application in its
    environment, as ``paraph.honest``. ``clock`` gives the time of every answer; ``ends`` as in ``TestPki.create``.
    """
    door = _Door(before)
    server = make_server(_LOOPBACK, 0, door, threaded=True, request_handler=_Silent)
    pki = TestPki.create(folder, f"http://{_LOOPBACK}:{server.server_port}", ends)
    door.honest = _Services(_Published(pki), clock)
    thread = threading.Thread(target=server.serve_forever, name="test-pki", daemon=True)
    thread.start()
    try:
        yield pki
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Door:
    """One request at a time: certomancer loads certificates when it first needs them."""

    honest: WSGIApplication

    def __init__(self, before: WSGIApplication | None) -> None:
        self._before = before
        self._one = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._before is None:
            return self._honestly(environ, start_response)
        environ["paraph.honest"] = self._honestly
        return self._before(environ, start_response)

    def _honestly(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._one:
            return self.honest(environ, start_response)


class _Services(Animator):
    """certomancer's own, with whole seconds (RFC 5280, 4.1.2.5.2)."""

    def __init__(self, published: AnimatorArchStore, clock: Callable[[], datetime]) -> None:
        super().__init__(published, with_web_ui=False)
        self._clock = clock

    def at_time(self, request: Request) -> datetime:  # noqa: ARG002 - who asks does not set our clock
        """Give the time of every answer."""
        return self._clock().replace(microsecond=0)


class _Published(AnimatorArchStore):
    """What was issued up to this very request."""

    def __init__(self, pki: TestPki) -> None:
        super().__init__({})
        self._pki = pki

    def __getitem__(self, arch: ArchLabel) -> PKIArchitecture:
        return self._pki.published()


class _Silent(WSGIRequestHandler):
    """Says nothing on the terminal of who plays with the demo."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Keep quiet."""
