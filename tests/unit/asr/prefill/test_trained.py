"""The trained artefact: what is shipped, what is refused, and what goes on without it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from asr.prefill import FIELDS, Prefiller, trained
from asr.prefill.calibration import Curve
from asr.prefill.classifier import Classifier
from asr.prefill.trained import CARD, FOLDER, WEIGHTS, ArtefactError, chosen, load_trained, shipped
from asr.prefill.training.material import read_material

FIXTURES = Path(__file__).parents[3] / "fixtures" / "prefill"
CALL = {
    "call_date": "2026-07-15T10:00:00+08:00",
    "dialled": "12345",
    "cli": "13800001111",
    "turns": [{"who": "caller", "text": "我们小区门口路灯不亮一个礼拜了麻烦来修一下"}],
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (WEIGHTS, CARD):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    return tmp_path


@pytest.fixture
def fresh() -> Iterator[None]:
    shipped.cache_clear()
    yield
    shipped.cache_clear()


def test_given_the_shipped_artefact_when_its_data_are_hashed_then_they_are_the_ones_here() -> None:
    card = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))
    files = [FIXTURES / name for name in card["data_sha256"] if name.endswith(".jsonl")]
    assert read_material(files).hashes == card["data_sha256"], "train it anew, see docs/prefill.md"


def test_given_the_shipped_artefact_when_loaded_then_every_field_is_calibrated() -> None:
    assert set(load_trained(FOLDER).curves) == set(FIELDS)


def test_given_an_artefact_when_saved_again_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    load_trained(FOLDER).save(tmp_path)
    for name in (WEIGHTS, CARD):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def _flip(folder: Path) -> None:
    raw = bytearray((folder / WEIGHTS).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(raw)


def _cut(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:1000])


def _forge(folder: Path) -> None:
    """A pickle in place of the weights, with a card that vouches for it."""
    np.save(folder / "x.npy", np.array([object()]), allow_pickle=True)
    raw = (folder / "x.npy").read_bytes()
    (folder / WEIGHTS).write_bytes(raw)
    _edit(folder, "weights_sha256", hashlib.sha256(raw).hexdigest())


def _edit(folder: Path, key: str, value: object) -> None:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card[key] = value
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")


@pytest.mark.parametrize(
    "spoil",
    [
        _flip,
        _cut,
        _forge,
        lambda folder: (folder / WEIGHTS).unlink(),
        lambda folder: (folder / CARD).unlink(),
        lambda folder: (folder / CARD).write_text("{"),
        lambda folder: (folder / CARD).write_text("[]"),
        lambda folder: (folder / CARD).write_bytes(b"\xff"),
        lambda folder: _edit(folder, "format", 99),
        lambda folder: _edit(folder, "category_share", "x"),
        lambda folder: _edit(folder, "labels", {"category": ["a"], "request_type": ["b"]}),
        lambda folder: _edit(folder, "curves", {"category": [[0.5, 0.9], [0.6, 0.1]]}),
        lambda folder: _edit(folder, "curves", {"colour": [[0.5, 0.9]]}),
    ],
)
def test_given_a_damaged_artefact_when_loaded_then_it_is_refused(
    copied: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(copied)
    with pytest.raises(ArtefactError):
        load_trained(copied)


@pytest.mark.usefixtures("fresh")
def test_given_a_damaged_artefact_when_the_service_starts_then_the_rules_go_on_and_the_log_says_so(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _flip(copied)
    monkeypatch.setattr(trained, "FOLDER", copied)
    with capture_logs() as logs:
        fields = Prefiller().prefill(CALL)
    assert fields == Prefiller(rules_only=True).prefill(CALL)
    assert [line["event"] for line in logs] == ["prefill.artefact_refused"]
    assert WEIGHTS in logs[0]["reason"]


def test_given_an_operators_artefact_when_damaged_then_the_shipped_one_serves(
    copied: Path,
) -> None:
    with capture_logs() as logs:
        own = chosen(copied)
        assert own is not None
        assert own is not shipped()
        assert logs == []
        _cut(copied)
        assert chosen(copied) is shipped()
    assert logs[0]["instead"] == "the shipped artefact"


def test_given_no_words_yet_when_asked_then_every_field_has_a_guess_and_a_probability() -> None:
    fields = Prefiller().start("2026-07-15T10:00:00+08:00", "12345", "").fields
    assert set(fields) == set(FIELDS)
    assert all(0.0 <= guess.confidence <= 1.0 for guess in fields.values())


@pytest.mark.parametrize(
    ("raw", "right"),
    [((), ()), ((0.5, 0.4), (0.1, 0.2)), ((0.4, 0.5), (0.2, 0.1)), ((0.4,), (1.2,))],
)
def test_given_points_that_are_no_rising_line_when_made_a_curve_then_they_are_refused(
    raw: tuple[float, ...], right: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="rising"):
        Curve(raw, right)


def test_given_a_curve_when_asked_between_and_beyond_its_points_then_it_is_straight_and_flat() -> (
    None
):
    curve = Curve((0.4, 0.8), (0.5, 0.9))
    assert [curve(raw) for raw in (0.1, 0.4, 0.6, 0.8, 1.0)] == pytest.approx(
        [0.5, 0.5, 0.7, 0.9, 0.9]
    )


def test_given_weights_that_do_not_fit_when_made_a_classifier_then_they_are_refused() -> None:
    ones = np.ones(2, dtype=np.float32)
    with pytest.raises(ValueError, match="fit"):
        Classifier(("a",), ("x", "y"), ones, np.ones((2, 2), dtype=np.float32), ones[:1])
    with pytest.raises(ValueError, match="finite"):
        Classifier(("a",), ("x", "y"), ones, np.full((2, 1), np.nan, dtype=np.float32), ones[:1])
