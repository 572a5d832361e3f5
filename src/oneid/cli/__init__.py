"""The command ``oneid``: one module per family of commands.

In: arguments of a shell. Out: what the rest of the package makes of them, an exit code, nothing else: no rule is here.

``main`` the command itself with ``run``, ``explain``, ``profile`` and what needs no module of its own; ``console`` what
commands share; ``check``, ``diff``, ``lookup`` and ``registry`` the commands named so.
"""
