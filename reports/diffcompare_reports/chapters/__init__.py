"""The chapters of the book as data, one file a part of the lecture.

A chapter is a function of the book's subject: it runs its studies, draws their figures and words what they found.
What Typst evaluates as mathematics comes from the printers of `diffcompare` and from `typst_numbers`; any other text
goes there as data and is never read as markup.
"""
