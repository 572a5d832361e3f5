"""Training: what labels and data without labels teach, what is refused, and that a proposal is a whole rules file."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from oneid.identity import decisions
from oneid.kinds.compared import LEVELS, ORDER, Compared
from oneid.runs.preparing import prepare
from oneid.settings import configfile
from oneid.settings.rules import (
    BlockingRule,
    Guards,
    Interaction,
    Rule,
    Rules,
    Survivorship,
    SurvivorshipGroup,
    Thresholds,
    When,
)
from oneid.settings.rulesfile import load_rules, presets
from oneid.settings.rulestext import to_yaml
from oneid.training import em, labels, logistic
from oneid.training.train import Proposal, compared, train, write
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.patterns import MISSING, Schema
from strategies import thorough

HOUSEHOLD = {one.field: one.household for one in Compared().comparisons}
SCHEMA = Schema({"name": ("missing", "equal", "family", "differs"), "birth": ("missing", "equal", "differs"),
                 "address": ("missing", "equal", "differs"), "nickname": ("missing", "equal")})  # fmt: skip


@pytest.fixture(scope="module")
def made(demo):
    """The demo, compared."""
    return compared(prepare(configfile.load(demo.config)))


@pytest.fixture(scope="module")
def unlabelled(demo, made) -> Proposal:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneid.training.train.compared", lambda _: made)
        return train(demo.config)


@pytest.fixture(scope="module")
def labelled(demo, made) -> Proposal:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneid.training.train.compared", lambda _: made)
        return train(demo.config, demo.folder / "truth.csv")


@pytest.fixture
def quick(made, monkeypatch) -> None:
    """Training begins from the demo already compared."""
    monkeypatch.setattr("oneid.training.train.compared", lambda _: made)


def pairs_of(made, truth: pl.DataFrame) -> pl.DataFrame:
    """The candidate pairs as a decisions file wants them, decided by the truth."""
    rows = made.records.ids.join(truth, on=["source", "source_id"], how="left", maintain_order="left")
    left, right = rows[made.pairs.left], rows[made.pairs.right]
    same = left["person_id"] == right["person_id"]
    return pl.DataFrame(
        {
            "source_l": left["source"],
            "source_id_l": left["source_id"],
            "source_r": right["source"],
            "source_id_r": right["source_id"],
            "decision": pl.select(pl.when(same).then(pl.lit("same")).otherwise(pl.lit("different")))[:, 0],
        }
    )


def apart(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs no two of which have a record in common, so that no chain of decisions contradicts another."""
    seen: set[tuple[str, str]] = set()
    keep = []
    for row in pairs.iter_rows():
        ends = {row[:2], row[2:4]}
        keep.append(not (ends & seen))
        if keep[-1]:
            seen |= ends
    return pairs.filter(pl.Series(keep))


def codes(error: pytest.ExceptionInfo[OneIDError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


# the proposal


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["unlabelled", "labelled"])
def test_a_proposal_is_a_whole_rules_file(kind, demo, tmp_path, request) -> None:
    """It loads as what it is; all but weights and interactions is today's; a run with it is still good."""
    proposal: Proposal = request.getfixturevalue(kind)
    write(proposal, tmp_path / "proposed.yaml")
    again, now = load_rules("proposed.yaml", tmp_path), load_rules("jp-members")
    assert without_lines(again) == without_lines(proposal.rules.model_copy(update={"name": "proposed"}))
    for part in ("blocking", "thresholds", "guards", "survivorship"):
        assert getattr(again, part) == getattr(now, part)
    assert [rule.id for rule in again.rules] == [rule.id for rule in now.rules]
    assert again.weights != now.weights
    config = configfile.load(demo.config).model_copy(update={"rules": str(tmp_path / "proposed.yaml")})
    found = oneid.quality(oneid.resolve(config).to_polars()["merge_map"], demo.truth)
    assert found.precision >= 0.99
    assert found.recall >= 0.8


@pytest.mark.slow
def test_the_same_data_gives_the_same_bytes(demo, unlabelled, labelled) -> None:
    """With one thread, and once more; another proposal is other bytes."""
    assert train(demo.config, threads=1).text == unlabelled.text != labelled.text


def test_what_is_shown(labelled, unlabelled, made) -> None:
    """Every candidate pair has a verdict now and then; counts of pairs, labels and persons fit one another."""
    for proposal in (labelled, unlabelled):
        assert proposal.moves["pairs"].sum() == made.pairs.left.size
        base = proposal.weights.row(by_predicate=pl.col("field") == "base", named=True)
        assert base["pairs"] == made.pairs.left.size
        assert proposal.weights.filter(field="birth")["level"].to_list() == list(LEVELS["birth"][1:])
        now = proposal.moves.filter(verdict_now="match")["pairs"].sum()
        assert proposal.links == (now, proposal.moves.filter(verdict_proposed="match")["pairs"].sum())
        assert next(frame.height for _, frame in proposal.shown()) == proposal.weights.height
    assert labelled.moves["labelled"].to_list() == labelled.moves["pairs"].to_list()
    linked = labelled.moves.filter(verdict_proposed="match").sum()
    assert linked["one_person"][0] / linked["pairs"][0] > 0.99
    assert "labelled" not in unlabelled.moves.columns
    assert str(labelled.moves["one_person"].sum()) in labelled.notes[1].replace(",", "")


def test_a_level_that_no_pair_shows_keeps_its_weight(unlabelled) -> None:
    """Data says nothing about it."""
    unseen = unlabelled.weights.filter(pairs=0)
    assert unseen.height
    assert unseen["bits_now"].to_list() == unseen["bits_proposed"].to_list()


# labels


def test_labels_of_people_are_counted_per_pattern(made, demo, tmp_path) -> None:
    """Each candidate pair once; records without a person are left out; Parquet and other names of columns too."""
    decided = pairs_of(made, demo.truth).with_columns(pattern=pl.Series(made.pairs.pattern))
    expected = (
        decided.group_by("pattern").agg(pairs=pl.len(), true=(pl.col("decision") == "same").sum()).sort("pattern")
    )
    found = labels.counts(made, demo.folder / "truth.csv")
    assert found.rows() == expected.rows()
    demo.truth.with_columns(more=pl.lit(1)).write_parquet(tmp_path / "truth.parquet")
    assert labels.counts(made, tmp_path / "truth.parquet").rows() == expected.rows()
    some = demo.truth.filter(source="ec")
    some.write_csv(tmp_path / "some.csv")
    inside = decided.filter(pl.col("source_l") == "ec", pl.col("source_r") == "ec")
    assert labels.counts(made, tmp_path / "some.csv")["pairs"].sum() == inside.height


def test_decisions_are_labels(made, demo, tmp_path) -> None:
    """Of pairs that are candidates or not; what is deferred or about nobody says nothing."""
    path = tmp_path / "decisions.csv"
    candidates = apart(pairs_of(made, demo.truth))
    strangers = pl.DataFrame([("ec", "E0000001", "prepaid", "nobody", "same")], candidates.schema, orient="row")
    deferred = candidates.head(1).with_columns(decision=pl.lit("defer"))
    used = {row[:2] for row in candidates.iter_rows()} | {row[2:4] for row in candidates.iter_rows()}
    free = [row for row in demo.truth.select("source", "source_id").iter_rows() if row not in used][:2]
    other = pl.DataFrame([(*free[0], *free[1], "different")], candidates.schema, orient="row")
    pl.concat([candidates, strangers, deferred, other]).write_csv(path)
    found = labels.counts(made, path)
    assert found["pairs"].sum() == candidates.height  # one deferred, one added
    same = candidates.slice(1).filter(decision="same").height
    assert found["true"].sum() == same


def test_few_labels_move_weights_little(made, quick, demo, tmp_path) -> None:
    """Some hundred decisions make a proposal; no weight leaves today's by more than some bits."""
    pairs = apart(pairs_of(made, demo.truth))
    few = pl.concat([pairs.filter(decision=word).head(60) for word in decisions.VERDICTS[:2]])
    few.write_csv(tmp_path / "decisions.csv")
    weights = train(demo.config, tmp_path / "decisions.csv").weights
    moved = (weights["bits_proposed"] - weights["bits_now"]).abs()
    assert 0.05 < moved.max() < 3


# what is refused


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("source,source_id,person\nec,E1,1\n", "E235", "neither a truth nor labelled pairs"),
        ("source,source_id,person_id\nec,nobody,1\nshop,E1,2\n", "E236", "none of 2 labels"),
        ("source,source_id,person_id\nec,E0000001,1\nec,E0000001,2\n", "E237", "more than one person"),
        ("source_l,source_id_l,source_r,source_id_r,decision\na,b,c,d,same\n", "E236", "none of 1 labels"),
        ("source_l,source_id_l,source_r,source_id_r,decision\na,b,c,d,perhaps\n", "E233", "no such decision"),
    ],
)
def test_labels_that_cannot_be_used(text, code, says, made, tmp_path) -> None:
    """Each with its code and its file."""
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OneIDError, match=says) as error:
        labels.counts(made, path)
    assert codes(error) == [code]
    assert str(path) in str(error.value)


def test_no_labels_file(made, tmp_path) -> None:
    with pytest.raises(OneIDError) as error:
        labels.counts(made, tmp_path / "truth.csv")
    assert codes(error) == ["E201"]


def test_too_few_labels_of_both_kinds_are_told_at_once(made, quick, demo, tmp_path) -> None:
    """How many there are and how many are needed; a kind that is not there at all is a class that vanished."""
    pairs = apart(pairs_of(made, demo.truth))
    same, different = (pairs.filter(decision=word) for word in ("same", "different"))
    path = tmp_path / "decisions.csv"
    pl.concat([same.head(49), different.head(3)]).write_csv(path)
    with pytest.raises(OneIDError, match="at least 50 are needed") as error:
        train(demo.config, path)
    assert codes(error) == ["E450", "E450"]
    assert "49 compared pairs" in str(error.value)
    same.head(80).write_csv(path)
    with pytest.raises(OneIDError, match="labelled as two persons") as error:
        train(demo.config, path)
    assert codes(error) == ["E452"]


def test_labels_that_turn_the_levels_round_are_refused(made, quick, demo, tmp_path) -> None:
    """Every answer the wrong way round: what agrees would count against; all fields are told at once."""
    pairs = apart(pairs_of(made, demo.truth))
    wrong = {"same": "different", "different": "same"}
    pairs.with_columns(pl.col("decision").replace(wrong)).write_csv(tmp_path / "decisions.csv")
    with pytest.raises(OneIDError, match="birth: equal would be worth") as error:
        train(demo.config, tmp_path / "decisions.csv")
    assert set(codes(error)) == {"E451"}
    assert len(codes(error)) > 3
    assert "name: " in str(error.value)


def shops(folder: Path, people: int) -> Path:
    """Two shops that know the same people by mail and birth date, and nobody else."""
    rows = [
        (f"{n}", f"person{n * n}@example.com", f"19{50 + n % 40}-0{1 + n % 9}-{10 + n % 19}") for n in range(people)
    ]
    for shop in "ab":
        pl.DataFrame(rows, ["id", "email", "birth"], orient="row").write_csv(folder / f"{shop}.csv")
    sources = "".join(
        f"  {shop}: {{path: {shop}.csv, id: id, fields: {{email: email, birth: birth}}}}\n" for shop in "ab"
    )
    path = folder / "oneid.yaml"
    path.write_text(f"version: 1\nsources:\n{sources}rules: jp-members\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("people", "code", "says"), [(100, "E450", "100 candidate"), (700, "E452", "of two persons")])
def test_data_that_says_too_little_without_labels(people, code, says, tmp_path) -> None:
    """Few pairs; and pairs that all are of one person, so that there is nothing to tell them from."""
    with pytest.raises(OneIDError, match=says) as error:
        train(shops(tmp_path, people))
    assert codes(error) == [code]


def test_a_rules_file_is_not_overwritten_silently(unlabelled, tmp_path) -> None:
    """E313 unless forced; E314 where it cannot be written, and nothing is left behind."""
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(OneIDError) as error:
        write(unlabelled, path)
    assert codes(error) == ["E313"]
    assert path.read_text("utf-8") == "version: 1\n"
    write(unlabelled, path, force=True)
    assert path.read_text("utf-8") == unlabelled.text
    with pytest.raises(OneIDError) as error:
        write(unlabelled, tmp_path / "nowhere" / "rules.yaml")
    assert codes(error) == ["E314"]
    assert [file.name for file in tmp_path.iterdir()] == ["rules.yaml"]


def test_the_command(command, quick, demo, labelled, tmp_path) -> None:
    """Shows and writes nothing; writes where told; refuses before it computes; overwrites only when forced."""
    truth, output = demo.folder / "truth.csv", tmp_path / "rules.yaml"
    said = command("train", demo.config, "--truth", truth)
    assert (said.code, list(tmp_path.iterdir())) == (0, [])
    assert "nothing was written" in said.out
    assert "bits_proposed" in said.out
    assert "links now" in said.out
    said = command("train", demo.config, "--truth", truth, "-o", output)
    assert said.code == 0
    assert output.read_text("utf-8") == labelled.text
    said = command("train", demo.folder / "no.yaml", "-o", output)
    assert said.code == 2
    assert "E313" in said.err
    assert command("train", demo.config, "--truth", truth, "-o", output, "--force").code == 0


# three classes


def sample(counts: dict[tuple[str, str, str, str], float]) -> em.Sample:
    rows = [dict(zip(SCHEMA.levels, levels, strict=True)) for levels in counts]
    return em.Sample(pl.DataFrame(rows, schema=dict.fromkeys(SCHEMA.levels, pl.String)), np.array([*counts.values()]))


CANDIDATES = {
    ("equal", "equal", "equal", "missing"): 500.0,
    ("equal", "missing", "differs", "equal"): 60.0,
    ("equal", "differs", "missing", "missing"): 90.0,
    ("equal", "equal", "differs", "missing"): 150.0,
    ("family", "differs", "equal", "missing"): 250.0,
    ("family", "equal", "equal", "missing"): 4.0,
    ("differs", "differs", "equal", "missing"): 80.0,
    ("differs", "equal", "differs", "missing"): 700.0,
}
DRAWN = {
    ("differs", "differs", "differs", "missing"): 90_000.0,
    ("equal", "differs", "differs", "missing"): 20.0,
    ("family", "differs", "differs", "missing"): 900.0,
    ("differs", "equal", "differs", "missing"): 60.0,
    ("differs", "differs", "equal", "missing"): 5.0,
}


@cache
def mixture() -> dict[tuple[str, ...], float]:
    begin = np.array([0.9 if levels[0] == "equal" else 0.1 for levels in CANDIDATES])
    found = em.three_classes(SCHEMA, sample(CANDIDATES), sample(DRAWN), 1e6, begin, HOUSEHOLD)
    assert sum(found.pairs) == pytest.approx(sum(CANDIDATES.values()))
    return dict(zip(CANDIDATES, found.same, strict=True))


def test_a_household_is_no_person() -> None:
    """Relatives at one address are not one person, one birthday of strangers neither; namesakes are in doubt."""
    same = mixture()
    assert same["equal", "equal", "equal", "missing"] > 0.999
    assert same["equal", "equal", "differs", "missing"] > 0.9
    assert same["family", "differs", "equal", "missing"] < 0.01
    assert same["differs", "equal", "differs", "missing"] < 0.01
    assert same["equal", "differs", "missing", "missing"] < 0.2


def test_a_field_that_can_only_agree_counts_where_it_agrees() -> None:
    """One nickname makes one person likelier, although nothing is known of those without."""
    with_nickname = mixture()["equal", "missing", "differs", "equal"]
    changed = {(*levels[:3], "missing"): pairs for levels, pairs in CANDIDATES.items()}
    begin = np.array([0.9 if levels[0] == "equal" else 0.1 for levels in changed])
    found = em.three_classes(SCHEMA, sample(changed), sample(DRAWN), 1e6, begin, HOUSEHOLD)
    assert with_nickname > dict(zip(changed, found.same, strict=True))["equal", "missing", "differs", "missing"]


@given(st.permutations(list(CANDIDATES)))
@settings(max_examples=thorough(15), deadline=None)
def test_the_order_of_patterns_does_not_matter(order) -> None:
    """The mixture comes to rest at the same place."""
    begin = np.array([0.9 if levels[0] == "equal" else 0.1 for levels in order])
    shuffled = sample({levels: CANDIDATES[levels] for levels in order})
    found = em.three_classes(SCHEMA, shuffled, sample(DRAWN), 1e6, begin, HOUSEHOLD)
    expected = mixture()
    assert found.same == pytest.approx([expected[levels] for levels in order], abs=1e-6)


# regression


def table_of(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["email", "phone"], orient="row")


def test_weights_are_the_log_odds_that_the_counts_show() -> None:
    """Many pairs, no interaction: base and weights come back; missing has no column."""
    table = table_of(("missing", "missing"), ("equal", "missing"), ("missing", "differs"), ("equal", "differs"))
    x, names = logistic.design(table, ["email", "phone"])
    assert names == [(("email", "equal"),), (("phone", "differs"),)]
    pairs = np.full(4, 1e7)
    true = pairs * logistic.share(x, np.array([3.0, -1.5, -0.5]))
    assert logistic.fit(x, pairs, true) == pytest.approx([3.0, -1.5, -0.5], abs=1e-3)


@given(st.lists(st.floats(-8, 8), min_size=3, max_size=3))
@settings(max_examples=thorough(25), deadline=None)
def test_without_pairs_weights_stay(prior) -> None:
    """Nothing seen, nothing moved."""
    x, _ = logistic.design(table_of(("equal", "missing"), ("missing", "differs")), ["email", "phone"])
    assert logistic.fit(x, np.zeros(2), np.zeros(2), np.array(prior)) == pytest.approx(prior)


def test_the_joint_evidence_that_is_misjudged_is_found() -> None:
    """Equal mail and equal phone are one proof, not two; a second look finds nothing more."""
    rows = [(a, b) for a in ("missing", "equal", "differs") for b in ("missing", "equal", "differs")]
    x, names = logistic.design(table_of(*rows), ["email", "phone"])
    pairs = np.full(9, 5000.0)
    odds = np.array(
        [(a == "equal") * 4.0 - (a == "differs") + (b == "equal") * 4.0 - (b == "differs") for a, b in rows]
    )
    odds -= np.array([4.0 if row == ("equal", "equal") else 0.0 for row in rows])
    grown, weights = logistic.grow(x, names, pairs, pairs / (1 + np.exp(2 - odds)), 5)
    assert grown[len(names) :] == [(("email", "equal"), ("phone", "equal"))]
    assert weights[len(names)] == pytest.approx(-4, abs=0.3)
    assert logistic.grow(x, names, pairs, pairs / (1 + np.exp(2 - odds)), 0)[0] == names


def test_the_order_of_levels_names_levels() -> None:
    """Known levels, each once per line, missing never; in the presets the order holds."""
    for field, chains in ORDER.items():
        for chain in chains:
            assert set(chain) <= set(LEVELS[field]) - {MISSING}
            assert len(set(chain)) == len(chain) > 1
    for preset in presets():
        weights = load_rules(preset).weights
        for field, chains in ORDER.items():
            for chain in chains:
                bits = [weights[field][level] for level in chain if level in weights[field]]
                assert all(a >= b - 1 for n, a in enumerate(bits) for b in bits[n:]), (preset, chain)


# the text of rules


def without_lines(rules: Rules) -> Rules:
    return rules.model_copy(update={"rules": tuple(rule.model_copy(update={"line": None}) for rule in rules.rules)})


@pytest.mark.parametrize("preset", presets())
def test_the_presets_survive_as_text(preset, tmp_path) -> None:
    """Written and read again they are themselves."""
    rules = load_rules(preset)
    (tmp_path / f"{preset}.yaml").write_text(to_yaml(rules, ["a comment: with a colon"]), encoding="utf-8")
    assert without_lines(load_rules(f"{preset}.yaml", tmp_path)) == without_lines(rules)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)
levels_of = st.fixed_dictionaries(
    {"email": st.lists(st.sampled_from(["equal", "shared", "near"]), min_size=1, unique=True).map(tuple)}
)
bits = st.integers(-2000, 2000).map(lambda value: value / 100)


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    """Rules with every part, and with texts that YAML might take for something else."""
    when = When(
        levels=draw(levels_of),
        none_of=(When(levels={"birth": ("differs",)}),) if draw(st.booleans()) else (),
        any_of=(When(same_source=draw(st.booleans())), When(levels={"sex": ("equal",)})),
        between=draw(st.none() | st.just(("null", "店 no: 2"))),
    )
    named = draw(
        st.lists(words.filter(lambda word: word not in ("~", "null", "Null", "NULL")), unique=True, max_size=2)
    )
    never = draw(st.lists(words, unique=True, max_size=3).map(tuple))
    return Rules(
        name="any",
        blocking=(
            BlockingRule("email", ("email",), draw(st.integers(1, 99)), draw(st.sampled_from([(), ("birth",)]))),
        ),
        base=draw(bits),
        weights={"email": {"equal": draw(bits), "differs": draw(bits)}},
        interactions=tuple(Interaction(when=when, bits=draw(bits)) for _ in range(draw(st.integers(0, 2)))),
        rules=tuple(Rule(id=word, when=when, verdict="review", why=word) for word in named[:1]),
        thresholds=Thresholds(match=draw(bits) + 50, review=1, never=-30.25),
        guards=Guards(alarm=draw(st.integers(1, 999)), never_trusted={"email": never} if never else {}),
        survivorship=draw(
            st.sampled_from(
                [
                    Survivorship(),
                    Survivorship(sources=("yes", "a, b")),
                    Survivorship(groups=(SurvivorshipGroup(fields=("name",), order=("newest", "longest")),)),
                ]
            )
        ),
    )


@given(any_rules())
@settings(max_examples=thorough(40), deadline=None)
def test_any_rules_survive_as_text(rules) -> None:
    """Whatever stands in ids, reasons and values that are never trusted."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "any.yaml").write_text(to_yaml(rules), encoding="utf-8")
        again = without_lines(load_rules("any.yaml", Path(folder)))
    near = pytest.approx(rules.thresholds.match, abs=0.006)
    assert again.thresholds.match == near
    same = {"thresholds": rules.thresholds}
    assert again.model_copy(update=same) == rules.model_copy(update=same)
