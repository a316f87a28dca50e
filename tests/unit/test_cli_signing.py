"""What ``paraph sign`` leaves behind, whatever its end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from signer.errors import ErrorCode, SignerError
from signer.model import KeyUse
from signer.ports import SigningKey
from signer.settings import Settings
from ui import bootstrap
from ui.cli.signing import sign_command


class Cards:
    """Readers without a card; they count how often they were let go of."""

    def __init__(self) -> None:
        self.closed = 0

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        del use
        raise SignerError(ErrorCode.NO_CARD)

    def wait_for_change(self, timeout_s: float) -> bool:
        del timeout_s
        return False

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("refuses", [False, True], ids=["a document that is none", "a mistake on the way"])
def test_readers_and_modules_are_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: bool) -> None:
    cards = Cards()

    def service(_settings: Settings, _module: Path | None) -> Cards:
        return cards

    def performer(*_: object) -> None:
        raise SignerError(ErrorCode.DISK_FULL)

    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    monkeypatch.setitem(bootstrap._CARD_SERVICES, "card", service)
    if refuses:
        monkeypatch.setattr(bootstrap.App, "performer", performer)
    (tmp_path / "none.pdf").write_bytes(b"no PDF")
    result = CliRunner().invoke(sign_command, [str(tmp_path / "none.pdf"), "--read", "0" * 64, "--via", "card"])
    assert result.exit_code in {6, 7}, result.output
    assert cards.closed == 1


def test_settings_that_want_a_simulated_card_where_none_is_installed_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "eidcard.simulator.direct", None)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text('[card]\nvia = "simulator"\n')
    with pytest.raises(SignerError) as refusal:
        bootstrap.App().cards()
    assert refusal.value.code is ErrorCode.SETTINGS_BROKEN
