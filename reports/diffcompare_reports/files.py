"""Writing files: whole or not at all, and one clear line where it cannot be done."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from diffcompare.errors import OutputError

FIGURE_ENDINGS = (".png", ".pdf", ".svg")

CAUSES = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than this system allows; choose another folder",
    errno.EACCES: "writing there is not permitted; choose another folder",
    errno.EPERM: "writing there is not permitted; choose another folder",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def check_target(path: Path | str, endings: Sequence[str] = FIGURE_ENDINGS) -> Path:
    """The path if a file can be written there; meant to be asked before the work whose result goes there.

    Raises `OutputError` for an unknown ending, a missing folder, a folder in the file's place, or missing permission.

    >>> check_target("graph.svg").suffix
    '.svg'
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        known = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise OutputError(f"{path} has {_described(path.suffix)}; write a name that ends in {known}")
    _check_place(path)
    return path


def check_folder(folder: Path | str) -> Path:
    """The folder, made if it is not there yet.

    Raises `OutputError` where a file has that name or the folder cannot be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"{folder} is not a folder; name one that does not exist yet or is empty") from None
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {cause_of(error)}") from None
    _check_place(folder / "page.png")
    return folder


def write_whole(path: Path | str, content: bytes) -> Path:
    """Write the content to a file that appears complete or not at all; whatever was there stays until then.

    The content goes to a hidden file beside the target, which then takes its name; nothing is left behind on failure
    or interruption.  Raises `OutputError`.
    """
    path = Path(path)
    _check_place(path)
    target = path.resolve()
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, target)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {cause_of(error)}") from None
    finally:
        part.unlink(missing_ok=True)
    return path


def cause_of(error: OSError) -> str:
    """What went wrong and what to do about it, in words."""
    return CAUSES.get(error.errno or 0, error.strerror or type(error).__name__)


def _check_place(path: Path) -> None:
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; write the name of a file in it, for example {path / 'figure.png'}")
        if not path.parent.is_dir():
            raise OutputError(f"the folder {path.parent} does not exist; make it first or write another path")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is not an ordinary file; write another path")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {cause_of(error)}") from None
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {path}: {CAUSES[errno.EACCES]}")


def _described(suffix: str) -> str:
    return f"the unknown ending {suffix}" if suffix else "no ending"
