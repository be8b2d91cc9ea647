"""Training: the same seed gives the same bytes, and nothing is judged that was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from asr.prefill.sounds import syllables
from asr.prefill.trained import CARD, WEIGHTS, Trained, load_trained
from asr.prefill.training import judging
from asr.prefill.training.dialogues import as_call, misheard
from asr.prefill.training.fitting import Example
from asr.prefill.training.judging import Outcome, curves_of, fold_of
from asr.prefill.training.material import Material, MaterialError, read_material
from asr.prefill.training.run import cross_validate, train

FIXTURES = Path(__file__).parents[3] / "fixtures" / "prefill"


def small() -> Material:
    whole = read_material([FIXTURES / "dev.jsonl"])
    return Material(whole.statements[::15], whole.dialogues[:8], whole.hashes)


def test_given_a_seed_when_trained_twice_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        for part in train([], 7, material=small()):
            part.save(tmp_path / name)
    for file in (WEIGHTS, CARD):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    card = json.loads((tmp_path / "one" / CARD).read_text(encoding="utf-8"))
    assert card["seed"] == 7
    assert card["cross_validated"]["rows"] == 8
    assert {"numpy", "scikit-learn", "python"} <= set(card["libraries"])
    assert load_trained(tmp_path / "one").category.labels


def test_given_folds_when_cross_validated_then_no_row_is_judged_by_parts_that_saw_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[set[str]] = []
    fit = judging.assemble

    def remembering(rows: list[Example], shares: tuple[float, float]) -> Trained:
        seen.append({row.source for row in rows})
        return fit(rows, shares)

    monkeypatch.setattr(judging, "assemble", remembering)
    monkeypatch.setattr("asr.prefill.training.run.read_material", _few)
    report = cross_validate(FIXTURES / "dev.jsonl", [FIXTURES / "dev.jsonl"], 2, 1)
    assert report.rows == 6
    assert len(seen) == 2
    for row in _few([FIXTURES / "dev.jsonl"]).dialogues:
        assert row.key not in seen[fold_of(row.key, 2)]
        assert row.key in seen[1 - fold_of(row.key, 2)]


def _few(files: list[Path]) -> Material:
    whole = read_material(files)
    return Material(whole.statements[::20], whole.dialogues[:6], whole.hashes)


def test_given_a_statement_when_made_a_call_then_its_words_are_there_and_the_seed_decides() -> None:
    statements = list(read_material().statements)
    for statement in statements[::100]:
        first, again = (as_call(statement, Random(3), statements) for _ in range(2))
        assert first == again
        said = "".join(text for who, text in first if who == "caller")
        heard = " ".join(syllables(said))
        assert " ".join(syllables(statement.sentences[0])) in heard


def test_given_words_when_misheard_then_they_sound_the_same() -> None:
    text = "我们小区门口的路灯坏了一个多月没人修"
    changed = misheard(text, Random(1), 0.5)
    assert changed != text
    assert syllables(changed) == syllables(text)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"gold": {}}', b'{"gold": {"category": "x.y", "request_type": "help"}}']
)
def test_given_a_row_that_is_not_labelled_when_read_then_it_is_named(
    tmp_path: Path, line: bytes
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n" + line + b"\n")
    with pytest.raises(MaterialError, match=r"rows\.jsonl:2"):
        read_material([file])


def test_given_outcomes_when_calibrated_then_confidence_is_how_often_they_were_right() -> None:
    outcomes = [Outcome("target", 0.9, right=number < 90) for number in range(100)]
    outcomes += [Outcome("target", 0.5, right=number < 40) for number in range(100)]
    curve = curves_of(outcomes)["target"]
    assert curve(0.9) == pytest.approx(0.9, abs=0.02)
    assert curve(0.5) == pytest.approx(0.4, abs=0.02)
