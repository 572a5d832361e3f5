"""Sources that are patterns of files, end to end."""

import oneid


def test_a_pattern_with_a_whole_path(tmp_path):
    """A source may be a pattern of absolute paths; all files that match are one source."""
    for number in "12":
        (tmp_path / f"part{number}.csv").write_text(f"id,name\n{number},佐藤 太郎\n", "utf-8")
    pattern = tmp_path / "part*.csv"
    config = tmp_path / "oneid.yaml"
    config.write_text(f"version: 1\nsources:\n  a: {{path: '{pattern}', id: id, fields: {{name: name}}}}\n", "utf-8")
    assert oneid.resolve(config).run["rows_in"] == {"a": 2}
