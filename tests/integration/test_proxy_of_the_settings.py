"""The proxy of the settings is the way to every agency, from the moment that it is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from signer.errors import ErrorCode, SignerError
from signer.paths import user_folders
from tests.hostile_server import answering, hostile_server, response
from ui.bootstrap import App

AGENCY = '[[agencies]]\nid = "horizon"\nname = "Horizon"\nurl = "https://horizon.example"\n'


def test_an_agency_is_asked_through_the_proxy_that_was_just_set(tmp_path: Path) -> None:
    folders = user_folders({"PARAPH_HOME": str(tmp_path)})
    folders.machine.mkdir()
    folders.managed_file.write_text(AGENCY)
    app = App(folders)
    with hostile_server(answering(response(b"", status="403 Forbidden"))) as proxy:
        app.change({"proxy.via": "manual", "proxy.address": f"http://127.0.0.1:{proxy.port}"})
        with pytest.raises(SignerError) as refused:
            app.gateway(app.settings.agency()).open_link("0123456789abcdef0123")
    assert refused.value.code is ErrorCode.NETWORK_PROXY
    assert proxy.requests[0].startswith(b"CONNECT horizon.example:443 ")
