"""The studies: one comparison each, plain data in, plain data out; they never print and never plot."""
