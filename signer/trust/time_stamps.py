"""Asks a time-stamp service (RFC 3161) through our own door; what it says must be about what was asked."""

from __future__ import annotations

from typing import Final

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from signer.errors import ErrorCode, SignerError
from signer.trust.services import Service, ServiceDoor

_DECODING: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)  # at rubbish


class HttpTimeStamper(TimeStamper):
    """One service; somebody else decides which is asked next, and checks the stamp's own signature and time.

    Every call raises SignerError: NETWORK_UNREACHABLE, NETWORK_TIMEOUT, NETWORK_TLS or SERVICE_GARBLED.
    """

    def __init__(self, url: str, door: ServiceDoor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        self.url = url
        self._door = door.knowing(url)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Post the request."""
        answer = self._door.post(self.url, Service.TIME_STAMP, req.dump(), "application/timestamp-query")
        return tsp.TimeStampResp.load(answer, strict=True)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Give a stamp over this very digest, with the nonce that was sent."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            stamped = token["content"]["encap_content_info"]["content"].parsed["message_imprint"].native
        except (TimestampRequestError, *_DECODING) as error:
            raise SignerError(ErrorCode.SERVICE_GARBLED, f"time-stamp: {type(error).__name__}") from error
        if (stamped["hash_algorithm"]["algorithm"], stamped["hashed_message"]) != (md_algorithm, message_digest):
            raise SignerError(ErrorCode.SERVICE_GARBLED, "time-stamp: over something else")
        return token
