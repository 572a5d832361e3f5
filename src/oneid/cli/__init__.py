"""The command ``oneid``: one module per family of commands.

In: arguments of a shell. Out: what the rest of the package makes of them, an exit code, nothing else: no rule is here.

``main`` the command itself; ``resolve`` whole runs (resolve, demo), ``sources`` what comes before one (init, profile,
normalize), ``measure`` what judges rules and runs (check, diff, evaluate, train, schema), ``explain``, ``lookup`` and
``review`` the commands named so, ``report`` what is made of a run (report, export), ``registry`` all of ``oneid
registry``; ``console`` what commands print, ``tables`` and ``terminal`` how it looks, ``options`` what their options
say, ``language`` in which language.
"""

import gc

gc.set_threshold(50_000, 20, 20)  # what a command loads stays: looking through it for circles is for nothing
