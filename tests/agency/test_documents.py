"""Where documents are kept: a folder, or a store that speaks S3 over HTTP; once, checked when read, and never lost."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from agency.documents import Documents
from agency.problems import ProblemError, ProblemType
from agency.s3 import S3Shelf
from agency.settings import Settings
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from tests.agency.test_audit import events
from tests.agency.world import AgencyServer, initialise, refused

CONTENT = b"%PDF-1.7 a contract"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """A server that speaks S3, of this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who we are at a store: nobody in particular."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bucket(moto: str, keys: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    name = f"bucket-{uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return name


@pytest.fixture(params=["folder", "s3"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    if request.param == "folder":
        return Documents(tmp_path)
    bucket: str = request.getfixturevalue("bucket")
    return Documents.of(Settings(id="a", name="A", documents_url=f"s3://{bucket}/horizon"), tmp_path)


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    file = tmp_path / "contract.pdf"
    file.write_bytes(CONTENT)
    return file


def test_a_document_is_kept_under_its_hash_and_read_again(documents: Documents, contract: Path, tmp_path: Path) -> None:
    assert not documents.has(SHA256)
    assert [documents.add(contract), documents.add(contract)] == [SHA256, SHA256]
    assert documents.has(SHA256)
    with documents.reading(SHA256) as file:
        assert file.read_bytes() == CONTENT
    documents.copy(SHA256, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    documents.remove(SHA256)
    documents.remove(SHA256)
    assert not documents.has(SHA256)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_document_that_was_changed_behind_our_back_is_not_given(documents: Documents, contract: Path) -> None:
    documents.add(contract)
    place = documents.place(SHA256)
    if place.startswith("s3:"):
        bucket, _, key = place.removeprefix("s3://").partition("/")
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=CONTENT + b"!")
    else:
        Path(place).write_bytes(CONTENT + b"!")
    with pytest.raises(ProblemError) as damaged, documents.reading(SHA256):
        pytest.fail("it was given")
    assert damaged.value.problem is ProblemType.UNAVAILABLE
    assert SHA256 in damaged.value.detail


def test_an_object_that_is_there_is_not_written_over(bucket: str, contract: Path, tmp_path: Path) -> None:
    """The store's own condition, since another process may have been quicker."""
    documents = Documents(tmp_path, S3Shelf(f"s3://{bucket}", tmp_path / "incoming"))
    documents.add(contract)
    key = documents.place(SHA256).removeprefix(f"s3://{bucket}/")
    first = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"other")
    documents.add(contract)
    assert boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"other"
    assert first["ContentLength"] == len(CONTENT)


def test_what_a_process_left_when_it_died_is_swept(tmp_path: Path) -> None:
    documents = Documents(tmp_path)
    old, new = tmp_path / "incoming" / "old.pdf", tmp_path / "incoming" / "new.pdf"
    for file in (old, new):
        file.write_bytes(CONTENT)
    long_ago = time.time() - 90_000
    os.utime(old, (long_ago, long_ago))
    assert documents.sweep(datetime.now(UTC) - timedelta(days=1)) == 1
    assert (old.exists(), new.exists()) == (False, True)


@contextmanager
def saying(status: int, code: str) -> Iterator[str]:
    """A store that says no, or nothing at all (status 0: it hangs up)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not status:
                self.close_connection = True
                return
            body = f"<Error><Code>{code}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)
    server.server_close()


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (503, "SlowDown"), (404, "NoSuchBucket"), (0, "")])
def test_a_store_that_does_not_let_us_loses_nothing(
    agency_server: AgencyServer, keys: None, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    contract_id = agency_server.publish()
    worker = agency_server.worker(contract_id)
    delivery, before = worker.signed(), agency_server.office
    with saying(status, code) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        shelf = S3Shelf("s3://archive/horizon", agency_server.data / "documents" / "incoming")
        agency_server.serve(replace(before, documents=Documents(agency_server.data / "documents", shelf)))
        answers = [delivery.put(), worker.client.get(f"/v1/contracts/{contract_id}/document")]
    assert [refused(answer) for answer in answers] == [(503, "unavailable")] * 2
    assert [answer.headers["retry-after"] for answer in answers] == ["30", "30"]
    assert "refused" not in events(agency_server, contract_id), "it is no fault of the signature's"

    agency_server.serve(before)
    assert delivery.put().status_code == 200


def test_an_agency_works_with_a_bucket_as_with_a_folder(
    tmp_path: Path, test_pki: TestPki, sample: Path, bucket: str
) -> None:
    initialise(tmp_path / "agency", test_pki)
    folder = tmp_path / "agency" / "documents"
    with AgencyServer(tmp_path / "agency", test_pki, sample).running() as server:
        documents = Documents(folder, S3Shelf(f"s3://{bucket}/horizon", folder / "incoming"))
        server.serve(replace(server.office, documents=documents))
        worker = server.worker(server.publish())
        delivery, address = worker.signed(), f"/v1/contracts/{worker.contract_id}/document"
        assert worker.client.get(address).content == sample.read_bytes()
        assert worker.client.get(address, headers={"Range": "bytes=0-4"}).content == b"%PDF-"
        receipt = delivery.put().json()["receipt"]
        assert documents.has(receipt["signedSha256"])
        assert delivery.get("/receipt/sealed").content.startswith(b"%PDF-")
    assert list((folder / "incoming").iterdir()) == []
    assert list((folder / "kept").rglob("*.pdf")) == []


@pytest.mark.parametrize("url", ["http://bucket", "s3:bucket", "s3:///prefix"])
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SignerError) as refusal:
        Documents.of(Settings(id="a", name="A", documents_url=url), tmp_path)
    assert refusal.value.code is ErrorCode.SETTINGS_BROKEN
