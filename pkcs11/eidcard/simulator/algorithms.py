"""How a simulated card's keys sign: the algorithm byte of MSE SET, which means another thing on another applet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from eidcard.simulator.files import plain_signature
from eidcard.simulator.pki import PrivateKey
from eidcard.simulator.profiles import Generation


class Algorithm(NamedTuple):
    """One row: the hash that the terminal made (None: what is sent is signed as it is), and the padding."""

    digest: hashes.HashAlgorithm | None
    pss: bool = False


ALGORITHMS: Final[Mapping[Generation, Mapping[int, Algorithm]]] = {
    Generation.V1_1: {  # applet manual 1.1
        0x01: Algorithm(None),
        0x02: Algorithm(hashes.SHA1()),  # noqa: S303 - the card has it
        0x04: Algorithm(hashes.MD5()),  # noqa: S303 - the card has it
    },
    Generation.V1_7: {  # applet manual 1.7
        0x01: Algorithm(None),
        0x02: Algorithm(hashes.SHA1()),  # noqa: S303 - the card has it
        0x04: Algorithm(hashes.MD5()),  # noqa: S303 - the card has it
        0x08: Algorithm(hashes.SHA256()),
        0x10: Algorithm(hashes.SHA1(), pss=True),  # noqa: S303 - the card has it
        0x20: Algorithm(hashes.SHA256(), pss=True),
    },
    Generation.V1_8: {  # applet manual 1.8
        0x01: Algorithm(hashes.SHA256()),
        0x02: Algorithm(hashes.SHA384()),
        0x04: Algorithm(hashes.SHA512()),
        0x08: Algorithm(hashes.SHA3_256()),
        0x10: Algorithm(hashes.SHA3_384()),
        0x20: Algorithm(hashes.SHA3_512()),
        0x40: Algorithm(None),
    },
}

_PKCS1_PADDING: Final = 11  # bytes, at least (RFC 8017, 7.2.1)
_DIGEST_BY_SIZE: Final[Mapping[int, hashes.HashAlgorithm]] = {
    digest.digest_size: digest
    for digest in (hashes.SHA1(), hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303
}


def sign(key: PrivateKey, algorithm: Algorithm, data: bytes) -> bytes:
    """Sign what PSO brought; ECDSA as r and s side by side. Raises ValueError when its length does not fit."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _sign_rsa(key, algorithm, data)
    digest = algorithm.digest or _DIGEST_BY_SIZE.get(len(data))
    if digest is None or len(data) != digest.digest_size:
        raise ValueError(len(data))
    return plain_signature(key.sign(data, ec.ECDSA(utils.Prehashed(digest))))


def _sign_rsa(key: rsa.RSAPrivateKey, algorithm: Algorithm, data: bytes) -> bytes:
    if algorithm.digest is None:
        if not 0 < len(data) <= key.key_size // 8 - _PKCS1_PADDING:
            raise ValueError(len(data))
        return key.sign(data, padding.PKCS1v15(), utils.NoDigestInfo())
    if len(data) != algorithm.digest.digest_size:
        raise ValueError(len(data))
    prehashed = utils.Prehashed(algorithm.digest)
    if algorithm.pss:
        salt = padding.PSS(padding.MGF1(algorithm.digest), algorithm.digest.digest_size)
        return key.sign(data, salt, prehashed)
    return key.sign(data, padding.PKCS1v15(), prehashed)
