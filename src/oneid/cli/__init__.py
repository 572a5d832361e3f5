"""The command ``oneid``: one module per family of commands."""
