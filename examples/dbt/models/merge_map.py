"""Which member of which source is which OneID, as a Python model of dbt-duckdb.

Fields, rules and the registry, in which OneIDs live on from run to run, stand in oneid.yaml beside the project.
"""

import oneid


def model(dbt, session):
    """The merge map of the members in ``landing``."""
    dbt.config(materialized="table")
    members = {"ec": dbt.source("landing", "ec"), "mail_list": dbt.source("landing", "mail_list")}
    with oneid.resolve(members, "oneid.yaml") as result:
        result.write("oneid")
    return oneid.read_run("oneid").to_polars()["merge_map"].to_arrow()
