"""What every study's result can do: plain data for JSON, and a table and a picture of itself in a notebook."""

from __future__ import annotations

from typing import Any


class Study:
    """A result of plain data."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(self.to_dict())

    def _repr_svg_(self) -> str | None:
        """The picture that an installed package draws of this result; None where there is none."""
        from importlib.metadata import entry_points

        for entry in entry_points(group="diffcompare.pictures", name=type(self).__name__):
            picture: str = entry.load()(self)
            return picture
        return None


def as_html(data: Any) -> str:
    """Plain data as HTML: a list of records is a table, a record is a table of two columns.

    >>> as_html([{"n": 1, "engine": "reverse"}])
    '<table><tr><th>n</th><th>engine</th></tr><tr><td>1</td><td>reverse</td></tr></table>'
    """
    from html import escape

    if isinstance(data, dict):
        rows = "".join(f"<tr><th>{escape(str(key))}</th><td>{as_html(value)}</td></tr>" for key, value in data.items())
        return f"<table>{rows}</table>"
    if isinstance(data, (list, tuple)) and data and all(isinstance(item, dict) for item in data):
        head = "".join(f"<th>{escape(str(key))}</th>" for key in data[0])
        rows = "".join("<tr>" + "".join(f"<td>{as_html(v)}</td>" for v in item.values()) + "</tr>" for item in data)
        return f"<table><tr>{head}</tr>{rows}</table>"
    if isinstance(data, (list, tuple)):
        shown = ", ".join(as_html(item) for item in data[:12])
        return shown + (f", ... ({len(data)} in all)" if len(data) > 12 else "")
    return "" if data is None else escape(f"{data:.6g}" if isinstance(data, float) else str(data))
