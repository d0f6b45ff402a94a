"""One front-end: text, Python, NumPy and SymPy become the same graph."""
