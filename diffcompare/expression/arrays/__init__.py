"""NumPy's functions on traced arrays, a file a family; the table of them is `expression/array_functions.py`."""
