"""Config and rules as frozen values, and the YAML that they come from.

In: YAML files or mappings. Out: a :class:`~oneid.settings.config.Config` and :class:`~oneid.settings.rules.Rules`, or
all their mistakes at once.

``namedfile`` reading a file that a person named; ``yamltree`` YAML with its lines; ``config`` the value,
``configfile`` its file, ``sourcefields`` the fields in it and ``sourcelayout`` how a source is laid out; ``days`` which
of two days of data came first; ``rules`` the value, ``rulesfile`` its file and ``rulestext`` the way back;
``reachability`` rules that can never decide; ``jsonschemas`` for editors; ``presets`` the rules that are shipped.
"""
