"""The command sweep: its JSON fields, its page in 80 columns, its figure, and input that does not fit."""

from pathlib import Path

import pytest

from .conftest import Run

SCHEME = {"scheme", "order", "h", "estimate", "error", "truncation", "rounding", "best", "predicted"}


def test_json_has_the_promised_fields(run: Run) -> None:
    data = run("sweep", "logistic", "--scheme", "forward", "--scheme", "central", "--format", "json").data
    assert data["derivative"] == "9.06608640000000074824129114859"
    assert [scheme["scheme"] for scheme in data["schemes"]] == ["forward", "central"]
    for scheme in data["schemes"]:
        assert set(scheme) >= SCHEME
        assert {len(scheme[part]) for part in ("h", "estimate", "error", "truncation", "rounding")} == {1000}
        assert set(scheme["best"]) == set(scheme["predicted"]) == {"h", "error"}
        assert scheme["error"][0] == pytest.approx(scheme["truncation"][0] + scheme["rounding"][0])
    assert [line["engine"] for line in data["lines"]] == ["forward", "reverse", "symbolic"]
    assert all(abs(line["error"]) < 1e-14 for line in data["lines"])


def test_default_schemes(run: Run) -> None:
    wide = run("sweep", "exp(x)", "--at", "x=1", "--steps", "1e-9:1e-1:20", "--format", "json").data
    assert [scheme["scheme"] for scheme in wide["schemes"]] == ["forward", "central", "central4", "complex-step"]
    assert len(wide["schemes"][0]["h"]) == 20
    single = run("sweep", "exp(x)", "--at", "x=1", "--dtype", "float32", "--format", "json").data
    assert [scheme["scheme"] for scheme in single["schemes"]] == ["forward", "central", "central4"]


def test_numbers_that_are_not_finite_are_strings(run: Run) -> None:
    data = run("sweep", "ln(x)", "--at", "x=1e-3", "--scheme", "central", "--format", "json").data
    assert data["schemes"][0]["rounding"][-1] == "nan"
    assert "its domain is x > 0" in data["schemes"][0]["note"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("logistic",),
        ("logistic", *(word for name in ("backward", "central8", "complex-step") for word in ("--scheme", name))),
        ("ln(x)", "--at", "x=1e-3", "--dtype", "float32"),
        ("abs(x)", "--at", "x=0"),
        ("sin(x[0]*x[1])", "--at", "x=[1e10,2]", "--wrt", "x[1]"),
    ],
)
def test_page_fits_80_columns(run: Run, arguments: tuple[str, ...]) -> None:
    shown = run("sweep", *arguments)
    assert (shown.status, shown.err) == (0, "")
    assert max(map(len, shown.out.splitlines())) <= 80


def test_page_says_what_was_found(run: Run) -> None:
    rows = [line.split() for line in run("sweep", "logistic", "--scheme", "forward").out.splitlines()]
    assert ["∂f/∂x", "9.06608640000000074824129114859"] in rows
    assert next(row for row in rows if row[:1] == ["forward"])[3:6] == ["1.4e-09", "9.3e-08", "1.5e-08"]
    assert ["reverse", "6.85e-16"] in rows


@pytest.mark.parametrize(("layout", "part"), [("markdown", "| forward "), ("latex", r"\begin{tabular}")])
def test_other_formats(run: Run, layout: str, part: str) -> None:
    shown = run("sweep", "logistic", "--scheme", "forward", "--format", layout)
    assert shown.status == 0
    assert part in shown.out


@pytest.mark.parametrize(("ending", "start", "end"), [
    (".png", b"\x89PNG", b"IEND\xaeB`\x82"), (".pdf", b"%PDF", b"%%EOF\n"), (".svg", b"<?xml", b"</svg>\n"),
])  # fmt: skip
@pytest.mark.parametrize("function", ["logistic", "corner"])
def test_figures_are_written_whole(
    run: Run, tmp_path: Path, function: str, ending: str, start: bytes, end: bytes
) -> None:
    picture = tmp_path / f"sweep{ending}"
    assert run("sweep", function, "--output", str(picture)).status == 0
    content = picture.read_bytes()
    assert content.startswith(start)
    assert content.endswith(end)
    assert [path.name for path in tmp_path.iterdir()] == [picture.name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["logistic", "--scheme", "centrall"], "there is no scheme centrall; did you mean central?"),
        (["logistic", "--scheme", "adaptive"], "adaptive chooses its steps itself"),
        (["logistic", "--dtype", "float99"], "there is no floating-point type float99; did you mean float"),
        (["logistic", "--wrt", "y"], "there is no variable y; the variables are x"),
        (["logistic", "--steps", "1e-16:1e-1"], "write for example 1e-16:1e-1:1000"),
        (["logistic", "--steps", "1e-1:1e-16:100"], "write for example 1e-16:1e-1:1000"),
        (["logistic", "--steps", "1e-16:1e-1:many"], "write for example 1e-16:1e-1:1000"),
        (["logistic", "--steps", "1e-16:1e-1:900000"], "900000 steps would take more than"),
        (["logistic", "--steps", "1e-300:1e-1:100", "--dtype", "float32"], "do not fit float32"),
        (["polar"], "one output and this one has 2"),
        (["x^2", "--at", "x=1e9", "--dtype", "float16"], "the point is beyond float16"),
        (["logistic", "--output", "sweep.gif"], "write a name that ends in .png"),
    ],
)
def test_input_that_does_not_fit(run: Run, arguments: list[str], message: str) -> None:
    shown = run("sweep", *arguments)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("Error: ")
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1
