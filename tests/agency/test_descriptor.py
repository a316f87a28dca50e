"""What the agency's command prints is what the release side signs and a client takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agency import publishing, settings
from agency.cli import main
from eidcard.simulator.pki import TestPki
from signer.agency.link import parse_link
from signer.descriptors import Colours, read, sign
from tests.agency.world import AgencyServer, initialise
from tests.release_side import ReleaseSide
from ui.bootstrap import App


@pytest.fixture
def data(tmp_path: Path) -> Path:
    settings.initialise(tmp_path, settings.Settings(id="noord", name="Noord Interim", telephone="02 1"))
    return tmp_path


def printed(data: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["descriptor", "--data", str(data), *more])


def test_a_descriptor_goes_from_the_agency_to_the_client(data: Path) -> None:
    done = printed(
        data, "--url", "https://noord.example/sign", "--colours", "#16324f", "#ffffff", "--not-after", "2030-01-01"
    )
    key = Ed25519PrivateKey.generate()
    found = read(sign(done.stdout, key), [key.public_key()]).descriptor
    assert (found.id, found.name, found.telephone, found.mail) == ("noord", "Noord Interim", "02 1", "")
    assert (found.url, found.host) == ("https://noord.example/sign", "noord.example")
    assert found.colours == Colours(background="#16324f", text="#ffffff")
    assert found.has_ended(datetime(2030, 1, 2, tzinfo=UTC))
    assert not found.has_ended(datetime(2029, 12, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "wrong", [("--url", "http://noord.example"), ("--url", "https://noord.example", "--colours", "#ffffff", "#eeeeee")]
)
def test_what_no_client_would_take_is_refused_here(data: Path, wrong: tuple[str, ...]) -> None:
    done = printed(data, *wrong)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_an_agency_that_was_added_opens_its_own_link(tmp_path: Path, test_pki: TestPki, sample: Path) -> None:
    side, file, data = ReleaseSide(tmp_path / "home"), tmp_path / "new.paraph-agency", tmp_path / "agency"
    initialise(data, test_pki)
    with AgencyServer(data, test_pki, sample).running() as server:
        file.write_bytes(sign(printed(data, "--url", server.url).stdout, side.key))
        app = App(side.folders)
        assert app.settings.agencies == ()

        app.add_agency(app.offered_agency(file).signed)

        contract_id = server.publish()
        found = parse_link(publishing.link(server.office, contract_id))
        gateway = app.gateway(app.settings.agency(found.agency_id))
        assert gateway.open_link(found.token) == contract_id
        assert gateway.agency.url == server.url
