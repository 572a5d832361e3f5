"""The config loader: every brief form unfolds, every mistake is found in one go, with its line, code and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneid.settings import configfile, yamltree
from oneid.settings.config import Customer, Feed, FieldSpec, Limits, Status
from oneid.settings.configfile import from_dict, load
from oneid.vocabulary.errors import ConfigError, OneIDError, Problems

SMALLEST = "version: 1\nsources:\n  ec:\n    path: ec.csv\n    id: member_id\n    fields: {name: full_name}\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "oneid.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def source(text: str) -> str:
    """A config whose one source 'ec' has further lines."""
    return SMALLEST + "".join(f"    {line}\n" for line in text.splitlines())


def fields(text: str) -> str:
    """The smallest config with other fields."""
    return SMALLEST.replace("name: full_name", text)


def problems(path: Path, variables=None) -> list[OneIDError]:
    with pytest.raises(OneIDError) as caught:
        load(path, variables or {})
    return list(caught.value.problems)


def told(path: Path) -> list[tuple[str, int | None, str | None]]:
    """Code, line and path of keys of every problem."""
    return [(p.code, p.place.line if p.place else None, p.place.inside if p.place else None) for p in problems(path)]


def field(spec: object, name: str = "name") -> FieldSpec:
    config = from_dict({"sources": {"ec": {"fields": {name: spec}}, "card": {}}})
    return config.sources["ec"].fields[name]


def test_the_smallest_config(write):
    """Defaults, the base folder, the name of the file and the line of the source."""
    path = write(SMALLEST)
    config = load(path)
    ec = config.sources["ec"]
    assert (ec.path, ec.id, ec.line, ec.duplicate_id, ec.feed) == ("ec.csv", ("member_id",), 3, "error", Feed())
    assert (config.base, config.file, config.rules) == (path.parent, str(path), "jp-members")
    assert config.path("ec.csv") == path.parent / "ec.csv"
    assert ec.columns == ("member_id", "full_name")


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    """Editors on Windows write one."""
    path = tmp_path / "oneid.yaml"
    path.write_text(SMALLEST, encoding="utf-8-sig")
    assert load(path).sources["ec"].id == ("member_id",)


@pytest.mark.parametrize(
    ("name", "spec", "want"),
    [
        ("name", "氏名", FieldSpec(field="name", kind="name", columns=("氏名",))),
        ("phone", ["a", "b"], FieldSpec(field="phone", kind="phone", columns=("a", "b"))),
        ("address", {"join": ["a", "b"]}, FieldSpec(field="address", kind="address", columns=("a", "b"), shape="join")),
        (
            "name",
            {"given": "f", "family": "l"},
            FieldSpec(
                field="name", kind="name", columns=("l", "f"), shape="parts", parts={"family": "l", "given": "f"}
            ),
        ),
        (
            "birth",
            {"year": "y", "month": "m"},
            FieldSpec(
                field="birth", kind="birth", columns=("y", "m"), shape="parts", parts={"year": "y", "month": "m"}
            ),
        ),
        (
            "address",
            {"street": "s", "city": "c", "prefecture": "p", "building": "b"},
            FieldSpec(
                field="address", kind="address", columns=("p", "c", "s", "b"), shape="parts",
                parts={"prefecture": "p", "city": "c", "street": "s", "building": "b"},
            ),
        ),
        (
            "sex",
            {"column": "g", "values": {"male": ["m", 1], "female": "f"}},
            FieldSpec(field="sex", kind="sex", columns=("g",), values={"male": ("m", "1"), "female": ("f",)}),
        ),
        (
            "card_no",
            {"column": "linked", "refers_to": "card"},
            FieldSpec(field="card_no", kind="identifier", columns=("linked",), refers_to="card"),
        ),
        ("store", {"column": "s", "kind": "category"}, FieldSpec(field="store", kind="category", columns=("s",))),
        (
            "line",
            {"columns": ["a", "b"], "kind": "identifier"},
            FieldSpec(field="line", kind="identifier", columns=("a", "b")),
        ),
    ],
)  # fmt: skip
def test_every_form_of_a_field(name, spec, want):
    """The brief forms of the grammar, each unfolded to the same kind of value."""
    assert field(spec, name) == want


def test_everything_else_of_a_source(write):
    """Feed, customer, status, dates, carried columns and null values."""
    config = load(
        write(
            source(
                "format: tsv\nencoding: Shift_JIS\nduplicate_id: newest\n"
                "feed: {mode: delta, deleted: {column: del, values: ['1', yes]}}\n"
                "customer: {column: 区分, company: 法人}\n"
                "status: {column: 状態, withdrawn: [退会], test: [テスト]}\n"
                "since: 入会日\nupdated: 更新日\nuntil: 退会日\ncarry: [ポイント]\n"
                "null_values: ['', 不明, -, null, no, 0]"
            )
            + "limits: {source_rows_drop_pct: 20, members_moved_pct: 0.5, largest: 12}\n"
            + "registry: sqlite:///x.db\nkey: env:ONEID_KEY\ndecisions: d.csv\nrules: my.yaml\n"
        )
    )
    ec = config.sources["ec"]
    assert ec.feed == Feed(mode="delta", deleted_column="del", deleted_values=("1", "yes"))
    assert ec.customer == Customer(column="区分", company_values=("法人",))
    assert ec.status == Status(column="状態", withdrawn=("退会",), test=("テスト",))
    assert (ec.since, ec.updated, ec.until, ec.carry) == ("入会日", "更新日", "退会日", ("ポイント",))
    assert ec.null_values == ("", "不明", "-", "null", "no", "0")
    assert (ec.format, ec.encoding, ec.duplicate_id) == ("tsv", "Shift_JIS", "newest")
    assert config.limits == Limits(source_rows_drop_pct=20.0, members_moved_pct=0.5, largest=12)
    assert (config.registry, config.key, config.decisions) == ("sqlite:///x.db", "env:ONEID_KEY", "d.csv")
    assert config.rules == "my.yaml"


@pytest.mark.parametrize("text", ["feed: delta", "feed: {mode: delta}"])
def test_brief_feeds(write, text):
    """A feed is a word or a mapping."""
    assert load(write(source(text))).sources["ec"].feed == Feed(mode="delta")


def test_deleted_may_stand_beside_feed(write):
    """``deleted`` is read for the source as well as within ``feed``, not both."""
    deleted = "deleted: {column: d, values: [1]}"
    assert load(write(source(deleted))).sources["ec"].feed == Feed(deleted_column="d", deleted_values=("1",))
    assert told(write(source(f"feed: {{{deleted}}}\n{deleted}"))) == [("E105", 7, "sources.ec.feed.deleted")]


def test_scalars_stay_text(write):
    """YAML's own guesses (numbers, booleans, dates, octals) never touch a name or a value."""
    text = SMALLEST.replace("member_id", "0123").replace("full_name", "no") + "    carry: [2026-11-22, 1e3, 0x1F, ~x]\n"
    ec = load(write(text)).sources["ec"]
    assert (ec.id, ec.fields["name"].columns) == (("0123",), ("no",))
    assert ec.carry == ("2026-11-22", "1e3", "0x1F", "~x")


def test_variables_fill_paths(write):
    """``{ds}`` in paths; an unknown one is E108 with the nearest known or how to give it."""
    path = write(SMALLEST.replace("ec.csv", "in/{ds}/ec-*.csv"))
    assert load(path, {"ds": "2026-11-22"}).sources["ec"].path == "in/2026-11-22/ec-*.csv"
    (problem,) = problems(path)
    assert (problem.code, problem.place.line, problem.hint) == ("E108", 4, "give it: --var ds=...")
    assert problems(path, {"dss": "1"})[0].hint == "did you mean 'dss'?"


def test_two_mistakes_are_shown_together(write):
    """One run of the loader tells all, in the order of the lines, each on one line of text."""
    path = write(SMALLEST.replace("path:", "paht:").replace("name: full_name", "nmae: full_name") + "rule: x\n")
    with pytest.raises(Problems) as caught:
        load(path)
    assert [(p.code, p.place.line) for p in caught.value.problems] == [
        ("E104", 3),
        ("E102", 4),
        ("E103", 6),
        ("E102", 7),
    ]
    lines = str(caught.value).splitlines()
    assert lines[1] == f"{path}:4 (sources.ec.paht): E102 unknown key 'paht' Hint: did you mean 'path'?"
    assert "did you mean 'name' or" in lines[2]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "code", "line", "inside"),
    [
        ("version: 2\n" + SMALLEST[11:], "E107", 1, "version"),
        ("version: one\n" + SMALLEST[11:], "E107", 1, "version"),
        (SMALLEST[11:], "E104", 1, None),
        ("version: 1\nsources: {}\n", "E104", 2, "sources"),
        ("version: 1\nsources: [a]\n", "E105", 2, "sources"),
        ("- 1\n", "E105", 1, None),
        ("version: 1\nsources: {a b: }\n  x", "E101", 3, None),
        ("version: 1\n\tsources: 1\n", "E101", 2, None),
        ("a: 1\n---\nb: 2\n", "E101", 2, None),
        ("a: *nowhere\n", "E101", 1, None),
        ("a: \x07\n", "E101", 1, None),
        (SMALLEST.replace("id: member_id", "id:"), "E104", 5, "sources.ec.id"),
        (SMALLEST.replace("id: member_id", "id: []"), "E104", 5, "sources.ec.id"),
        (SMALLEST.replace("id: member_id", "id: {a: b}"), "E105", 5, "sources.ec.id"),
        (SMALLEST.replace("id: member_id", "id: [a, a]"), "E105", 5, "sources.ec.id[1]"),
        (SMALLEST.replace("  ec:", "  ec: x"), "E101", 4, None),
        (SMALLEST.replace("  ec:", "  e c:"), "E105", 3, "sources.e c"),
        (SMALLEST.replace("fields: {name: full_name}", "fields: {}"), "E104", 6, "sources.ec.fields"),
        (fields("store: s"), "E103", 6, "sources.ec.fields.store"),
        (fields("oneid: {column: s, kind: text}"), "E105", 6, "sources.ec.fields.oneid"),
        (fields("name: {column: a, kind: kana}"), "E105", 6, "sources.ec.fields.name.kind"),
        (fields("name: {column: a, kind: nam}"), "E103", 6, "sources.ec.fields.name.kind"),
        (fields("name: {year: a}"), "E102", 6, "sources.ec.fields.name.year"),
        (fields("name: {colum: a, join: [b]}"), "E102", 6, "sources.ec.fields.name.colum"),
        (fields("name: {column: a, join: [b]}"), "E105", 6, "sources.ec.fields.name"),
        (fields("name: {values: {}}"), "E105", 6, "sources.ec.fields.name"),
        (fields("sex: {column: a, values: {man: [m]}}"), "E102", 6, "sources.ec.fields.sex.values.man",),
        (fields("x: {column: a, refers_to: ce}"), "E109", 6, "sources.ec.fields.x.refers_to"),
        (fields("x: {column: a, kind: text, refers_to: ec}"), "E105", 6, "sources.ec.fields.x.refers_to"),
        (fields("x: {column: a, household_of: ce}"), "E109", 6, "sources.ec.fields.x.household_of"),
        (fields("x: {column: a, refers_to: ec, household_of: ec}"), "E105", 6, "sources.ec.fields.x.household_of"),
        (source("duplicate_id: newest"), "E104", 7, "sources.ec.duplicate_id"),
        (source("duplicate_id: last"), "E105", 7, "sources.ec.duplicate_id"),
        (source("format: xls"), "E105", 7, "sources.ec.format"),
        (source("encoding: cp392"), "E105", 7, "sources.ec.encoding"),
        (source("encoding: hex"), "E105", 7, "sources.ec.encoding"),
        (source("feed: partial"), "E105", 7, "sources.ec.feed"),
        (source("deleted: {column: d}"), "E104", 7, "sources.ec.deleted"),
        (source("customer: {column: d}"), "E104", 7, "sources.ec.customer"),
        (source("customer: robot"), "E105", 7, "sources.ec.customer"),
        (source("status: {column: d}"), "E104", 7, "sources.ec.status"),
        (source("since: [a, b]"), "E105", 7, "sources.ec.since"),
        (source("path: again.csv"), "E106", 7, "sources.ec.path"),
        (source("? [a]\n: b"), "E105", 7, "sources.ec"),
        (SMALLEST + "limits: {largest: 0}\n", "E105", 7, "limits.largest"),
        (SMALLEST + "limits: {largest: 1.5}\n", "E105", 7, "limits.largest"),
        (SMALLEST + "limits: {members_moved_pct: -1}\n", "E105", 7, "limits.members_moved_pct"),
        (SMALLEST + "limits: {bigest: 1}\n", "E102", 7, "limits.bigest"),
    ],
)  # fmt: skip
def test_one_mistake_each(write, text, code, line, inside):
    """Each mistake has its code, its line and its path of keys, and is found once."""
    assert told(write(text)) == [(code, line, inside)]


def test_an_empty_config_says_what_it_needs(write):
    """Both keys that every config has."""
    assert [problem.message for problem in problems(write("# nothing\n"))] == [
        "the key 'version' is missing",
        "the key 'sources' is missing",
    ]


def test_a_doubled_key_names_both_lines(write):
    """YAML readers usually take the last one in silence."""
    (problem,) = problems(write(source("path: again.csv")))
    assert (problem.place.line, problem.message) == (7, "the key 'path' stands on line 4 already")


def test_null_stands_for_left_out(write):
    """A setting that is empty or null is as if left out."""
    config = load(write(source("since: null\nencoding: ~\nfeed:\nstatus:\ncarry:") + "registry:\nlimits:\n"))
    ec = config.sources["ec"]
    assert (ec.since, ec.encoding, ec.feed, ec.status, ec.carry) == (None, None, Feed(), None, ())
    assert (config.registry, config.limits) == (None, Limits())


def test_aliases_cannot_explode(write):
    """Nine levels of ten aliases would be a billion nodes; they are counted, not unfolded."""
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10))
    found = problems(write("l0: &l0 x\n" + levels + SMALLEST))
    assert any(problem.code == "E101" and "beyond measure" in problem.message for problem in found)


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "[" * 5000, "a: " + "[" * 60 + "]" * 60 + "\n"])
def test_endless_nesting_is_an_error(write, text):
    """A list within itself, and brackets without end, end in E101."""
    assert "E101" in {problem.code for problem in problems(write(text))}


def test_aliases_may_share_settings(write):
    """Two sources of one shape may share their fields."""
    text = SMALLEST.replace("fields:", "fields: &f") + "  ec2: {path: b.csv, id: i, fields: *f}\n"
    sources = load(write(text)).sources
    assert sources["ec"].fields == sources["ec2"].fields


def test_a_file_that_is_not_there(tmp_path):
    """E110 names the file and how to begin; a folder is said to be one."""
    (problem,) = problems(tmp_path / "none.yaml")
    assert (problem.code, problem.place.file) == ("E110", str(tmp_path / "none.yaml"))
    assert "oneid init" in problem.hint
    assert problems(tmp_path)[0].message == "cannot read the config: it is a folder"


def test_a_config_in_another_encoding(tmp_path):
    """E101 with the line of the first bad byte."""
    path = tmp_path / "oneid.yaml"
    path.write_bytes("version: 1\n# 会員\n".encode("cp932"))
    assert told(path) == [("E101", 2, None)]


def test_from_dict_leaves_more_open():
    """In Python, path, id and fields may be left out, and a source may be None; relative paths need a base."""
    config = from_dict({"sources": {"ec": {}, "card": None}}, base="somewhere")
    assert (config.sources["ec"].id, config.sources["ec"].fields, config.sources["ec"].path) == ((), {}, None)
    assert (config.base, config.file, config.sources["card"].line) == (Path("somewhere"), None, None)


def test_from_dict_reads_python_values():
    """Numbers and booleans are the texts that reading turns them into; anything else is E105."""
    config = from_dict(
        {"version": 1, "sources": {"ec": {"deleted": {"column": "d", "values": [True, 1]}}}, "limits": {"largest": 12}}
    )
    assert config.sources["ec"].feed.deleted_values == ("true", "1")
    assert config.limits.largest == 12
    with pytest.raises(ConfigError, match=r"sources.ec.path: E105 .* got object"):
        from_dict({"sources": {"ec": {"path": object()}}})


def test_from_dict_tells_all_mistakes():
    """As for files, without lines."""
    with pytest.raises(Problems) as caught:
        from_dict({"sources": {"ec": {"fields": {"phne": "x"}, "feed": 3}}, "limit": {}})
    assert [problem.code for problem in caught.value.problems] == ["E102", "E105", "E103"]


def test_every_code_is_documented():
    """The table at the top of the module is the whole truth."""
    used = {"E101", "E102", "E103", "E104", "E105", "E106", "E107", "E108", "E109", "E110", "E111", "E112"}
    assert configfile.__doc__ is not None
    assert {word for word in configfile.__doc__.split() if word.startswith("E1")} == used


def test_deep_trees_of_python_are_bounded():
    """A list that holds itself ends in E101."""
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(OneIDError) as caught:
        from_dict({"sources": endless})
    assert "E101" in {problem.code for problem in caught.value.problems}
    assert yamltree.DEEPEST < 1000


@pytest.mark.parametrize(
    "text", ['a: "\\0"', 'a: "\\ud800"', 'a: "\\UFFFFFFFF"', '"\\0": a', 'sources: {ec: {path: "x\\0y.csv"}}']
)
def test_what_is_no_text(text, tmp_path) -> None:
    """An escape that names no character, half of one, or NUL: E101 with the line, nothing raised from below."""
    (tmp_path / "x.yaml").write_text("version: 1\n" + text, "utf-8")
    with pytest.raises(OneIDError) as told:
        load(tmp_path / "x.yaml")
    assert "E101" in {one.code for one in told.value.problems}


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "p/" * 2100, "loop/x"])
def test_a_name_that_no_file_has(name, tmp_path) -> None:
    """Words, whatever the system says of it."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OneIDError):
        load(tmp_path / name)
