"""Through a real proxy: it is told who we are where it asks, nobody else is, and it sees nothing of what passes."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import pytest
from click.testing import CliRunner, Result
from keyring.backend import KeyringBackend

from signer.errors import ErrorCode, SignerError
from signer.http import Answer, Call, HttpClient
from signer.key_store import SystemKeyStore
from signer.paths import user_folders
from signer.way import ProxyLogin, ProxyLogins, Way, address_of
from tests.hostile_server import HostileServer, answering, hostile_server, make_certificate, response
from tests.small_proxy import SmallProxy, small_proxy
from ui.bootstrap import App
from ui.cli.proxying import proxy_command

HOST: Final = "agency.example"
TOKEN: Final = "t0ken-that-nobody-may-see"
MARIE: Final = ProxyLogin("marie", "gehéim woord")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HostileServer, Path]]:
    """A server with a certificate for the agency's name, and the root that vouches for it."""
    tls, root = make_certificate(tmp_path_factory.mktemp("tls"), name=HOST)
    with hostile_server(answering(response(b'{"id": "a"}')), tls) as server:
        yield server, root


@pytest.fixture
def asking(secured: tuple[HostileServer, Path]) -> Iterator[SmallProxy]:
    """A proxy before that server that wants to know who one is."""
    with small_proxy(secured[0].port, f"{MARIE.user}:{MARIE.password}") as proxy:
        yield proxy


@pytest.fixture
def _key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a store of secrets in the place of the system's."""
    monkeypatch.setattr("keyring.get_keyring", Kept)
    monkeypatch.setattr("keyring.core.get_keyring", Kept)
    monkeypatch.setattr(Kept, "secrets", {})


def way(proxy: SmallProxy, root: Path | None = None, login: ProxyLogin | None = None) -> Way:
    known = {proxy.address: login}
    return Way({"https": proxy.address, "http": proxy.address}, (root,) if root else (), known.get)


def ask(path: Way, url: str = f"https://{HOST}", *, signed: bool = False) -> Answer:
    return HttpClient(url, way=path, signed=signed).send(Call("GET", "tasks", bearer=TOKEN))


def code_of(path: Way, url: str = f"https://{HOST}", *, signed: bool = False) -> ErrorCode:
    with pytest.raises(SignerError) as refused:
        ask(path, url, signed=signed)
    said = "".join(traceback.format_exception(refused.value))
    assert MARIE.password not in said
    assert MARIE.header not in said
    return refused.value.code


def test_a_proxy_that_asks_is_told_and_sees_nothing_of_what_goes_through(
    secured: tuple[HostileServer, Path], asking: SmallProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server, root = secured
    before = len(server.requests)

    answer = ask(way(asking, root, MARIE))

    assert answer.body == b'{"id": "a"}'
    assert asking.heads[0].startswith(f"CONNECT {HOST}:443 ")
    assert f"Proxy-Authorization: {MARIE.header}" in asking.heads[0]
    assert TOKEN not in asking.heads[0]
    assert TOKEN.encode() not in asking.tunnelled
    (request,) = server.requests[before:]
    assert f"Bearer {TOKEN}".encode() in request
    assert b"proxy-authorization" not in request.lower()
    assert MARIE.password not in caplog.text + repr(MARIE) + repr(way(asking, root, MARIE))
    assert MARIE.header not in caplog.text


@pytest.mark.parametrize("login", [None, ProxyLogin("marie", "s3cret-wrong")], ids=["unknown", "wrong"])
def test_a_proxy_that_does_not_know_us_has_its_own_code(
    secured: tuple[HostileServer, Path], asking: SmallProxy, login: ProxyLogin | None
) -> None:
    server, root = secured
    before = len(server.requests)
    assert code_of(way(asking, root, login)) is ErrorCode.NETWORK_PROXY_LOGIN
    assert len(asking.heads) == 1  # nothing is tried again with the same name
    assert len(server.requests) == before


def test_a_certificate_is_checked_behind_a_proxy_as_before_it(secured: tuple[HostileServer, Path]) -> None:
    server, root = secured
    with small_proxy(server.port) as proxy:
        assert code_of(way(proxy)) is ErrorCode.NETWORK_TLS
        assert code_of(way(proxy, root), "https://other.example") is ErrorCode.NETWORK_TLS
        assert ask(way(proxy, root)).status == 200


def test_a_proxy_can_be_reached_by_tls_itself(secured: tuple[HostileServer, Path], tmp_path: Path) -> None:
    server, root = secured
    tls, proxy_root = make_certificate(tmp_path)
    roots = tmp_path / "roots.pem"
    roots.write_bytes(root.read_bytes() + proxy_root.read_bytes())
    with small_proxy(server.port, f"{MARIE.user}:{MARIE.password}", tls) as proxy:
        assert ask(way(proxy, roots, MARIE)).status == 200
        assert code_of(way(proxy, roots)) is ErrorCode.NETWORK_PROXY_LOGIN
        assert code_of(way(proxy, root, MARIE)) is ErrorCode.NETWORK_TLS  # nobody vouches for the proxy
    assert len(proxy.heads) == 2


def test_a_service_without_tls_is_asked_through_it_too() -> None:
    with hostile_server(answering(response(b"list"))) as server, small_proxy(server.port, "marie:word") as proxy:
        url = "http://crl.example"
        assert code_of(way(proxy), url, signed=True) is ErrorCode.NETWORK_PROXY_LOGIN
        assert ask(way(proxy, login=ProxyLogin("marie", "word")), url, signed=True).body == b"list"
    assert proxy.heads[1].startswith("GET http://crl.example/tasks ")


@pytest.mark.usefixtures("_key_store")
def test_the_settings_and_the_key_store_lead_through_the_proxy(
    secured: tuple[HostileServer, Path], asking: SmallProxy, tmp_path: Path
) -> None:
    _, root = secured
    folders = user_folders({"PARAPH_HOME": str(tmp_path)})
    folders.machine.mkdir()
    folders.managed_file.write_text(
        f'[[agencies]]\nid = "noord"\nname = "Noord"\nurl = "https://{HOST}"\n[tls]\nroots = ["{root}"]\n'
        f'[proxy]\nvia = "manual"\naddress = "{asking.address}"\n'
    )
    assert ProxyLogins(SystemKeyStore()).keep(asking.address, MARIE)

    app = App(folders)
    web = HttpClient(app.settings.agency().url, way=app.way)

    assert web.send(Call("GET", "tasks")).status == 200
    assert MARIE.password not in folders.managed_file.read_text()


# ── who we are, and to whom ──


class Kept(KeyringBackend):
    """A store of secrets that is there."""

    priority = 1
    secrets: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


class Locked(SystemKeyStore):
    """A store that its user does not unlock."""

    usable = True

    def read(self, _name: str, /) -> str | None:
        raise SignerError(ErrorCode.NO_KEY_STORE)

    def keep(self, _name: str, _secret: str, /) -> None:
        raise SignerError(ErrorCode.NO_KEY_STORE)

    def drop(self, _name: str, /) -> None:
        raise SignerError(ErrorCode.NO_KEY_STORE)


@pytest.mark.usefixtures("_key_store")
def test_a_password_is_for_one_proxy_and_goes_when_it_is_forgotten() -> None:
    logins = ProxyLogins(SystemKeyStore())
    assert logins.of("http://one.example:3128") is None
    assert logins.keep("http://one.example:3128", MARIE)
    again = ProxyLogins(SystemKeyStore())
    assert again.of("http://one.example:3128") == MARIE
    assert again.of("http://two.example:3128") is None
    again.forget("http://one.example:3128")
    assert ProxyLogins(SystemKeyStore()).of("http://one.example:3128") is None
    assert again.of("http://one.example:3128") is None


@pytest.mark.parametrize("store", [None, Locked()], ids=["none", "locked"])
def test_without_a_key_store_it_is_known_until_the_program_ends(store: Locked | None) -> None:
    logins = ProxyLogins(store)
    assert logins.of("http://one.example:3128") is None
    assert not logins.keep("http://one.example:3128", MARIE)
    assert logins.of("http://one.example:3128") == MARIE
    assert ProxyLogins(store).of("http://one.example:3128") is None


@pytest.mark.parametrize(
    ("proxy", "address"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://marie:word@PROXY.example:3128/", "http://proxy.example:3128"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example", "http://proxy.example:80"),
        ("https://[fd00::1]:3128", "https://[fd00::1]:3128"),
    ],
)
def test_a_proxy_has_one_name_however_it_is_written(proxy: str, address: str) -> None:
    assert address_of(proxy) == address


@pytest.mark.parametrize(
    ("user", "password", "fits"),
    [
        ("marie", "", True),
        ("WORK\\marie", "p:w é", True),
        ("", "word", False),
        ("ma:rie", "word", False),
        ("marie", "wo\nrd", False),
    ],
)
def test_only_what_fits_the_header_can_be_a_login(user: str, password: str, *, fits: bool) -> None:
    assert ProxyLogin(user, password).can_be_sent is fits


@pytest.mark.usefixtures("_key_store")
def test_a_computer_that_many_people_use_from_now_on_knows_nobody(tmp_path: Path) -> None:
    folders = user_folders({"PARAPH_HOME": str(tmp_path)})
    app = App(folders)
    app.change({"proxy.via": "manual", "proxy.address": "http://one.example:3128"})
    assert app.proxy_logins.keep("http://one.example:3128", MARIE)
    app.change({"shared": True})
    app.forget_cards()
    assert app.proxy_logins.of("http://one.example:3128") is None
    assert ProxyLogins(SystemKeyStore()).of("http://one.example:3128") is None
    assert not app.proxy_logins.keep("http://one.example:3128", MARIE)
    assert ProxyLogins(SystemKeyStore()).of("http://one.example:3128") is None


# ── the command ──


def proxy_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> Result:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://one.example:3128")
    return CliRunner().invoke(proxy_command, arguments, input=typed)


@pytest.mark.usefixtures("_key_store")
def test_the_command_keeps_who_we_are_and_shows_the_password_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = proxy_command_line(tmp_path, monkeypatch, "login", "--json", typed="marie\ns3cret word\n")
    assert (kept.exit_code, json.loads(kept.stdout)) == (0, {"proxy": "http://one.example:3128", "kept": True})
    assert ProxyLogins(SystemKeyStore()).of("http://one.example:3128") == ProxyLogin("marie", "s3cret word")
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"s3cret" not in written
    gone = proxy_command_line(tmp_path, monkeypatch, "logout")
    assert gone.exit_code == 0
    assert ProxyLogins(SystemKeyStore()).of("http://one.example:3128") is None


def test_where_there_is_no_place_for_a_password_none_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "settings.toml").write_text("shared = true\n")
    refused = proxy_command_line(tmp_path, monkeypatch, "login", typed="marie\ns3cret word\n")
    assert refused.exit_code == ErrorCode.NO_KEY_STORE.kind.value
    assert ErrorCode.NO_KEY_STORE.support_id in refused.output


def test_without_a_proxy_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "settings.toml").write_text('[proxy]\nvia = "none"\n')
    refused = proxy_command_line(tmp_path, monkeypatch, "login")
    assert refused.exit_code == 2
    assert "No proxy is set" in refused.output
