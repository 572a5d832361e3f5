"""Config and rules as frozen values, and the YAML that they come from."""
