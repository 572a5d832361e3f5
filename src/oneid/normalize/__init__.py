"""Normalizers: one module per field kind, each a pure function from columns to columns.

The contract of every normalizer: it takes String Series of one length (null: no value) and returns a DataFrame of the
same height that has at least

- ``normalized`` (String): the form that is compared; null where nothing usable is there,
- ``display`` (String): the tidy form for people and golden records (width and blanks mended, but 髙 stays 髙),
- ``reason`` (String): why ``normalized`` is null, one of the module's documented reasons, or null where it is not.
  Null input has the reason ``missing``.

and the extra columns that its module documents. It never raises on any text and never logs a value.
"""
