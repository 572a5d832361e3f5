"""How commands look and are called: help, progress, what a run tells.

In: what commands have to say, and what they were given. Out: lines that fit the terminal, log lines, help texts, hints.

``progress`` how far a command is, on a terminal and in a log; ``summary`` what a run says of itself, in words and as
JSON; ``commands`` what all commands have in common: their options, the config, help with examples; ``given`` what
somebody seems to have meant who gave a config where a run belongs.
"""
