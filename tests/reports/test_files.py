"""Files appear whole or not at all, and every failure is one line that says what to do."""

import errno
import os
import resource
from pathlib import Path

import pytest

from diffcompare.errors import OutputError
from diffcompare_reports.files import check_folder, check_target, write_whole


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "figure.png"
    write_whole(target, b"first")
    write_whole(target, b"second")
    assert target.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["figure.png"]


def test_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_bytes(b"")
    written = write_whole(tmp_path / "figure.png", b"")
    assert written.stat().st_mode == ordinary.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.svg").write_bytes(b"old")
    (tmp_path / "link.svg").symlink_to("real.svg")
    write_whole(tmp_path / "link.svg", b"new")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("figure.gif", r"unknown ending \.gif; write a name that ends in \.png, \.pdf or \.svg"),
        ("figure", "has no ending; write a name that ends in"),
        ("missing/figure.png", "missing does not exist; make it first"),
        ("folder.png", "is a folder; write the name of a file in it"),
        ("file.txt/figure.png", "does not exist; make it first|not a directory"),
        ("x" * 300 + ".png", "the name is too long; choose a shorter one"),
    ],
)
def test_unusable_target(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(OutputError, match=message) as caught:
        write_whole(check_target(tmp_path / name), b"content")
    assert "\n" not in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["file.txt", "folder.png"]


def test_device_is_not_a_target() -> None:
    with pytest.raises(OutputError, match="not an ordinary file"):
        write_whole("/dev/null", b"content")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_forbidden_folder(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="not permitted"):
        check_target(tmp_path / "closed" / "figure.png")


def test_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "figure.png").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_whole(tmp_path / "figure.png", b"new")
    assert (tmp_path / "figure.png").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["figure.png"]


def test_a_real_limit_leaves_nothing(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OutputError, match="larger than this system allows"):
            write_whole(tmp_path / "figure.png", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []


def test_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "figure.png", b"content")
    assert os.listdir(tmp_path) == []


def test_folder_is_made(tmp_path: Path) -> None:
    assert check_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is not a folder"):
        check_folder(tmp_path / "file")
