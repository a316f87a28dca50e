"""Documents in a store that speaks S3: one object each, written once under its SHA-256, checked by the store too.

Who we are there, and at which address it is, comes from where boto3 looks (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3,
AWS_REGION, its files, a machine's role): no secret is ever in our settings.
"""

from __future__ import annotations

import base64
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agency.problems import ProblemError, ProblemType
from signer.errors import ErrorCode, SignerError

# A client waits 20 s for its answer: two tries of these have room in it.
_CONFIG: Final = Config(connect_timeout=3, read_timeout=6, retries={"total_max_attempts": 2, "mode": "standard"})
_CHUNK: Final = 1 << 20

_log: Final = logging.getLogger("agency.s3")


class S3Shelf:
    """``agency.documents.Shelf`` in a bucket; ``copies`` is a folder for what is lent."""

    def __init__(self, url: str, copies: Path) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, f"documents_url is not s3://bucket/prefix: {url}")
        self._bucket, self._prefix, self._copies = parts.netloc, parts.path.strip("/"), copies
        try:
            self._client = boto3.client("s3", config=_CONFIG)
        except (BotoCoreError, ValueError) as error:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, f"the store of documents: {error}") from error

    def put(self, arrived: Path, sha256: str) -> None:
        """Write it once: the store refuses bytes of another hash, and a second object of this name."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        try:
            with _available(), arrived.open("rb") as file:
                self._client.put_object(**self._named(sha256), Body=file, ChecksumSHA256=checksum, IfNoneMatch="*")
        except _ThereAlreadyError:
            return

    @contextmanager
    def lent(self, sha256: str) -> Iterator[Path]:
        """Give a copy."""
        descriptor, name = tempfile.mkstemp(suffix=".pdf", dir=self._copies)
        try:
            with os.fdopen(descriptor, "wb") as file, _available():
                for chunk in self._client.get_object(**self._named(sha256))["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def has(self, sha256: str) -> bool:
        """Ask for its head."""
        try:
            with _available():
                self._client.head_object(**self._named(sha256))
        except _MissingError:
            return False
        return True

    def remove(self, sha256: str) -> None:
        """Delete it; a bucket that keeps versions must be told when to let them go."""
        with _available():
            self._client.delete_object(**self._named(sha256))

    def place(self, sha256: str) -> str:
        """Give its address."""
        named = self._named(sha256)
        return f"s3://{named['Bucket']}/{named['Key']}"

    def _named(self, sha256: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": "/".join(filter(None, (self._prefix, sha256[:2], f"{sha256}.pdf")))}


class _ThereAlreadyError(Exception):
    pass


class _MissingError(ProblemError):
    pass


@contextmanager
def _available() -> Iterator[None]:
    """Turn what the store says into UNAVAILABLE; what it is, is for our log alone."""
    try:
        yield
    except ClientError as error:
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise _ThereAlreadyError from error
        _log.warning("the store of documents: %s %s", status, code)
        problem = _MissingError if status == HTTPStatus.NOT_FOUND else ProblemError
        raise problem(ProblemType.UNAVAILABLE, f"the store of documents: {code}") from error
    except (BotoCoreError, OSError) as error:
        _log.warning("the store of documents: %s", type(error).__name__)
        raise ProblemError(ProblemType.UNAVAILABLE, "the store of documents does not answer") from error
