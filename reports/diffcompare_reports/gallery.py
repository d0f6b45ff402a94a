"""The pictures that README.md shows, from a book and from benchmarks: `python -m diffcompare_reports.gallery FOLDER`.

The benchmarks take some minutes, and a machine that does nothing else.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from diffcompare.studies.benchmark import benchmark
from diffcompare_reports.benchmark_figure import draw_benchmark
from diffcompare_reports.book import write_book
from diffcompare_reports.files import check_folder, write_whole
from diffcompare_reports.style import save

# The name in the gallery, and the figure or page of the book.
PICTURES = {
    "trace": "reverse-graph",
    "step-size": "step-size",
    "swell": "swell",
    "comparison": "comparison",
    "page": "page-03",
}


def write_gallery(folder: Path | str) -> list[Path]:
    """Write the book of the lecture's function and keep some of its pictures; run the benchmarks; returns the paths.

    Raises `OutputError` where the folder cannot be written to.
    """
    folder = check_folder(folder)
    with tempfile.TemporaryDirectory(prefix="diffcompare-") as name:
        book = Path(name)
        write_book(book / "report.pdf", png=book)
        written = [
            write_whole(folder / f"{picture}.png", (book / f"{source}.png").read_bytes())
            for picture, source in PICTURES.items()
        ]
    study = benchmark()
    if study.left_out:
        raise KeyboardInterrupt  # a picture of some cases is none
    return [*written, save(draw_benchmark(study), folder / "benchmark.png")]


if __name__ == "__main__":
    write_gallery(sys.argv[1] if len(sys.argv) > 1 else "reports/gallery")
