"""Tables that are shipped with the package; see LICENSES.md."""
