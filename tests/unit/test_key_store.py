"""A user's own key: made once, kept by the system, and no reason to fail where there is no store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from signer.errors import ErrorCode, SignerError
from signer.key_store import SystemKeyStore, home_key
from signer.sealing import HomeKey, seal, unseal
from tests.file_keyring import FILE_VARIABLE, FileKeyring


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemKeyStore:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "keyring"))
    return with_backend(FileKeyring(), monkeypatch)


def with_backend(backend: KeyringBackend, monkeypatch: pytest.MonkeyPatch) -> SystemKeyStore:
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return SystemKeyStore()


def test_a_secret_is_kept_replaced_and_erased(store: SystemKeyStore) -> None:
    assert store.usable
    assert store.read("a name") is None
    for secret in ("one", "another"):
        store.keep("a name", secret)
        assert SystemKeyStore().read("a name") == secret
    store.drop("a name")
    store.drop("a name")
    assert store.read("a name") is None


def test_the_key_is_made_once_also_when_several_ask_at_the_same_moment(store: SystemKeyStore, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: home_key(store, tmp_path / "lock"), range(16)))
    first, *others = keys
    assert isinstance(first, HomeKey)
    assert all(each is not None and unseal(seal(b"TEST", [first]), [each]) == b"TEST" for each in others)
    assert first.key.hex() not in repr(first)


class Plain(FileKeyring):
    """As keyrings.alt has them: files that anybody reads who reads the folder."""

    priority = 0.5  # type: ignore[assignment]


def test_a_file_in_plain_text_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "plain.json"
    monkeypatch.setenv(FILE_VARIABLE, str(kept))
    plain = with_backend(Plain(), monkeypatch)
    assert not plain.usable
    assert home_key(plain, tmp_path / "lock") is None
    with pytest.raises(SignerError) as refused:
        plain.keep("device", "a token")
    assert refused.value.code is ErrorCode.NO_KEY_STORE
    assert not kept.exists()


class Locked(FileKeyring):
    """A store whose user does not unlock it."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's signature
        raise RuntimeError("locked")


@pytest.mark.parametrize("backend", [null.Keyring, fail.Keyring, Locked], ids=["null", "none", "locked"])
def test_without_a_store_there_is_no_key_and_nothing_fails(
    backend: type[KeyringBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "keyring"))
    store = with_backend(backend(), monkeypatch)
    assert home_key(store, tmp_path / "lock") is None
    assert not (tmp_path / "keyring").exists()


def test_a_store_that_fails_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = with_backend(Locked(), monkeypatch)
    with pytest.raises(SignerError) as caught:
        store.read("a name")
    assert caught.value.code is ErrorCode.NO_KEY_STORE


@pytest.mark.parametrize("kept", ["", "no base64!", "c2hvcnQ="])
def test_what_is_no_key_is_not_used_and_not_written_over(store: SystemKeyStore, kept: str, tmp_path: Path) -> None:
    store.keep("home key", kept)
    assert home_key(store, tmp_path / "lock") is None
    assert store.read("home key") == kept
