"""The book as a file: whole, in one family of typefaces, within its margins, the same for the same data."""

import errno
import json
import re
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from diffcompare.errors import DiffCompareError, OutputError
from diffcompare.expression.notation import TYPST
from diffcompare_reports import book
from diffcompare_reports.chapters.subject import subject_of
from diffcompare_reports.gallery import PICTURES

MILLIMETRE = book.PAGE_RESOLUTION / 25.4
WHITE = 245


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[str]]:
    """The lecture's book with its pages and figures, and what was said meanwhile."""
    folder, said = tmp_path_factory.mktemp("book"), []
    return book.write_book(folder / "report.pdf", png=folder / "png", progress=said.append), said


@pytest.fixture(scope="module")
def pages(written: tuple[list[Path], list[str]]) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(Image.open(path).convert("L")) for path in written[0] if path.stem.startswith("page-")]


def streams(pdf: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(match[1].rstrip())
        except zlib.error:
            yield match[1]


def test_pdf_pages_and_figures_are_written(written: tuple[list[Path], list[str]]) -> None:
    names = [path.name for path in written[0]]
    assert names[0] == "report.pdf"
    assert written[0][0].read_bytes().startswith(b"%PDF-")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written[0][1:])
    figures = {
        "step-size",
        "swell",
        "forward-graph",
        "reverse-graph",
        "cost",
        "comparison",
        "autograd-graph",
        "grad-modes",
    }
    assert {f"{name}.png" for name in figures} < {*names}
    assert sorted(p.name for p in written[0][1].parent.iterdir()) == sorted(names[1:])


def test_about_a_dozen_pages(pages: list[Any]) -> None:
    assert 10 <= len(pages) <= 15


def test_every_chapter_is_announced(written: tuple[list[Path], list[str]]) -> None:
    assert [doing for _, doing in book.CHAPTERS.values()] == written[1][: len(book.CHAPTERS)]


def test_one_family_of_typefaces(written: tuple[list[Path], list[str]]) -> None:
    pdf = written[0][0].read_bytes()
    text = b"".join([pdf, *streams(pdf)])
    fonts = {name.decode() for name in re.findall(rb"/BaseFont\s*/(?:[A-Z]{6}\+)?([\w-]+)", text)}
    assert fonts
    assert all(name.startswith("NewCM") for name in fonts)


def test_figures_are_vectors(written: tuple[list[Path], list[str]]) -> None:
    pdf = written[0][0].read_bytes()
    assert b"/Subtype/Image" not in pdf.replace(b" ", b"")


def test_nothing_leaves_the_margins(pages: list[Any]) -> None:
    side, foot = round(26 * MILLIMETRE), round(24 * MILLIMETRE)  # 30 mm and 28 mm, with the overhang of punctuation
    for page in pages:
        assert page[:, :side].min() > WHITE
        assert page[:, -side:].min() > WHITE
        assert page[-foot:].min() > WHITE


def test_no_page_but_the_last_is_half_empty(pages: list[Any]) -> None:
    for number, page in enumerate(pages[:-1], 1):
        lowest = np.nonzero((page < WHITE).any(axis=1))[0].max() / len(page)
        assert lowest > 0.6, f"page {number} ends at {lowest:.0%}"


def test_gallery_takes_what_the_book_writes(written: tuple[list[Path], list[str]]) -> None:
    assert set(PICTURES.values()) <= {path.stem for path in written[0]}


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the chapters that are the same for every function, as if they did not apply."""

    def not_now(_: Any) -> Any:
        raise DiffCompareError("left out")

    for name in ("swell", "cost", "linear_layer", "autograd", "grad_modes"):
        monkeypatch.setitem(book.CHAPTERS, name, (not_now, ""))


def hostile(λ: Any, ñandú: Any, _: Any, x_: Any) -> Any:
    return λ * ñandú + _ / x_


def symbol_with_code() -> Any:
    from sympy import Symbol

    return Symbol('x")#panic("') ** 2


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("x^2", {"x": 3}),
        ("[r*cos(t), r*sin(t)]", {"r": 2, "t": 0.5}),
        ("abs(x)", {"x": 0}),
        ("ln(x)", {"x": -1}),
        ("3 + 4", {}),
        ("lambda*x_1 + theta^x_max", {"lambda": 1, "x_1": 2, "theta": 3, "x_max": 0.5}),
        ("+".join(f"sin({k}*x)*y[{k}]" for k in range(40)), {"x": 1, "y": list(range(40))}),
        (hostile, {"λ": 1, "ñandú": 2, "_": 3, "x_": 4}),
        (symbol_with_code(), {'x")#panic("': 1}),
    ],
)
def test_any_function_has_a_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Any, at: dict[str, Any]
) -> None:
    quick(monkeypatch)
    assert book.write_book(tmp_path / "report.pdf", source, at) == [tmp_path / "report.pdf"]


def test_same_data_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    subject = subject_of("x^2", {"x": 3})
    data = book.contents(subject, lambda _: None)
    figures = {name: book.rendered(figure, "svg") for name, figure in subject.figures.items()}
    assert book.typeset(data, figures, paged=False) == book.typeset(data, figures, paged=False)


TALL = """
#import "style.typ": chapter
#chapter[One]
#v(400pt)
#figure(placement: auto, rect(height: 500pt))
#chapter[Two]
#context [#metadata((query(figure) + query(heading)).map(it => it.location().page())) <pages>]
"""


def test_a_figure_that_floats_stays_in_its_chapter(tmp_path: Path) -> None:
    import typst

    style = files("diffcompare_reports").joinpath("typeset", "style.typ")
    (tmp_path / "style.typ").write_bytes(style.read_bytes())
    (tmp_path / "tall.typ").write_text(TALL)
    (found,) = json.loads(typst.query(str(tmp_path / "tall.typ"), "<pages>", field="value", ignore_system_fonts=True))
    figure, one, two = found
    assert one < figure <= two


@given(st.text(min_size=1))
@example('")#panic("')
@example('\\")#panic("')
@example("#")
@example("_")
@example('x_"#panic()')
def test_no_name_is_run_as_typst(name: str) -> None:
    import typst

    page = b'$#eval(sys.inputs.name, mode: "math")$'  # a panic would be an error here
    typst.compile(page, sys_inputs={"name": TYPST.variable(name)}, ignore_system_fonts=True)


@pytest.mark.parametrize(
    ("path", "message"),
    [("report.png", "ends in .pdf"), ("report", "no ending"), ("missing/report.pdf", "does not exist")],
)
def test_unusable_target_is_refused_before_the_work(tmp_path: Path, path: str, message: str) -> None:
    def working(doing: str) -> None:
        raise AssertionError(doing)

    with pytest.raises(OutputError, match=message):
        book.write_book(tmp_path / path, progress=working)
    assert not list(tmp_path.iterdir())


def test_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)

    def interrupted(doing: str) -> None:
        if doing == "typesetting":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.write_book(tmp_path / "report.pdf", "3 + 4", {}, progress=interrupted)
    assert not list(tmp_path.iterdir())


def test_full_disk_under_the_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"cannot write temporary files .*: the disk is full"):
        book.typeset({}, {}, paged=False)
