"""The pictures that README.md shows, taken from a book written now: `python -m diffcompare_reports.gallery FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from diffcompare_reports.book import write_book
from diffcompare_reports.files import check_folder, write_whole

# The name in the gallery, and the figure or page of the book.
PICTURES = {
    "trace": "reverse-graph",
    "step-size": "step-size",
    "swell": "swell",
    "comparison": "comparison",
    "page": "page-03",
}


def write_gallery(folder: Path | str) -> list[Path]:
    """Write the book of the lecture's function and keep some of its pictures; returns their paths.

    Raises `OutputError` where the folder cannot be written to.
    """
    folder = check_folder(folder)
    with tempfile.TemporaryDirectory(prefix="diffcompare-") as name:
        book = Path(name)
        write_book(book / "report.pdf", png=book)
        return [
            write_whole(folder / f"{picture}.png", (book / f"{source}.png").read_bytes())
            for picture, source in PICTURES.items()
        ]


if __name__ == "__main__":
    write_gallery(sys.argv[1] if len(sys.argv) > 1 else "reports/gallery")
