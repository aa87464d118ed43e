"""A CloudQuery destination that stores rows in a DuckDB file and refuses whatever would lose some.

Many real destinations only log a failed batch: the rows are gone and the sync is reported as a
success. This one ends the sync with an error instead, so that the tests notice.
"""
