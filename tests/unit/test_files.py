"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from signer.errors import ErrorCode, SignerError
from signer.files import alone, clear_away, require_writable, sha256_of, signed_name, write_whole
from signer.paths import user_folders


def failing(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_a_lock_is_of_one_copy_and_ends_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = (
        "import sys; from pathlib import Path; from signer.files import alone; from signer.errors import ErrorCode\n"
        "with alone(Path(sys.argv[1]), ErrorCode.CARD_IN_USE): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", holder, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(SignerError) as caught, alone(lock, ErrorCode.CARD_IN_USE):
            pass
        other.kill()
    assert caught.value.code is ErrorCode.CARD_IN_USE
    with alone(lock, ErrorCode.CARD_IN_USE):
        assert lock.exists()


def test_bytes_and_writers_replace_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "contract.pdf"
    write_whole(target, b"one")
    write_whole(target, lambda file: file.writelines([b"t", b"wo"]))
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["contract.pdf"]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    target = tmp_path / "contract.pdf"
    write_whole(target, b"private")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, ErrorCode.DISK_FULL),
        (errno.EDQUOT, ErrorCode.DISK_FULL),
        (errno.EACCES, ErrorCode.FILE_NOT_WRITABLE),
        (errno.EROFS, ErrorCode.FILE_NOT_WRITABLE),
        (errno.EIO, ErrorCode.FILE_NOT_WRITABLE),
    ],
    ids=["full", "quota", "denied", "read-only", "broken"],
)
def test_a_disk_that_fails_at_the_last_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: ErrorCode
) -> None:
    target = tmp_path / "contract.pdf"
    write_whole(target, b"old")

    def fail(_descriptor: int) -> None:
        raise failing(number)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SignerError) as caught:
        write_whole(target, b"new")
    assert caught.value.code is code
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_really_full_disk_is_said_as_such(tmp_path: Path) -> None:
    def flood(_file: BinaryIO) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(SignerError) as caught:
        write_whole(tmp_path / "contract.pdf", flood)
    assert caught.value.code is ErrorCode.DISK_FULL


def test_a_folder_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as caught:
        write_whole(tmp_path / "nowhere" / "contract.pdf", b"x")
    assert caught.value.code is ErrorCode.FILE_MISSING


def test_what_cannot_be_read_is_not_called_a_place_to_save(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as caught:
        sha256_of(tmp_path)
    assert caught.value.code is ErrorCode.FILE_NOT_READABLE


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_place_that_takes_no_files_is_known_before_there_is_one(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SignerError) as caught:
        require_writable(tmp_path / place)
    assert caught.value.code is ErrorCode.FILE_NOT_WRITABLE


def test_a_good_place_is_left_as_it_was(tmp_path: Path) -> None:
    require_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_goes_when_it_is_old_and_nothing_else_does(tmp_path: Path) -> None:
    for name in ("draft-old.pdf", "draft-new.pdf", "contract.pdf"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("draft-old.pdf", "contract.pdf"):
        os.utime(tmp_path / name, (0, 0))
    clear_away(tmp_path, "draft-*.pdf", timedelta(hours=24))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contract.pdf", "draft-new.pdf"]


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file in the way")
    with pytest.raises(SignerError) as caught:
        _ = user_folders({"PARAPH_HOME": str(tmp_path / "home")}).outbox
    assert caught.value.code is ErrorCode.FILE_NOT_WRITABLE


def test_what_the_check_refuses_is_never_there(tmp_path: Path) -> None:
    seen = []

    def refuse(path: Path) -> None:
        seen.append(path.read_bytes())
        raise SignerError(ErrorCode.SIGNATURE_INVALID)

    with pytest.raises(SignerError) as caught:
        write_whole(tmp_path / "contract.pdf", b"bad", check=refuse)
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    assert seen == [b"bad"]
    assert list(tmp_path.iterdir()) == []


def test_even_an_interrupted_writer_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(_file: BinaryIO) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "contract.pdf", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_hash_is_of_all_bytes(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(3 << 20))
    assert sha256_of(path) == hashlib.sha256(bytes(3 << 20)).hexdigest()
    with pytest.raises(SignerError) as caught:
        sha256_of(tmp_path / "none")
    assert caught.value.code is ErrorCode.FILE_MISSING


def test_a_signed_copy_never_takes_a_name_that_is_taken(tmp_path: Path) -> None:
    paper = tmp_path / "contract.PDF"
    names = []
    for _ in range(3):
        names.append(signed_name(paper).name)
        signed_name(paper).touch()
    assert names == ["contract-signed.pdf", "contract-signed-2.pdf", "contract-signed-3.pdf"]
    (tmp_path / "contract-signed-4.pdf").symlink_to("nowhere")
    assert signed_name(paper).name == "contract-signed-5.pdf"


def test_a_name_that_is_as_long_as_can_be_still_has_a_signed_copy(tmp_path: Path) -> None:
    paper = tmp_path / ("é" * 125 + ".pdf")
    paper.touch()
    signed_name(paper).touch()
    signed_name(paper).touch()
    assert len(list(tmp_path.iterdir())) == 3
