"""A tiny streaming transducer for sherpa-onnx: it hears loudness and writes 一二三… while it lasts.

It has the inputs, outputs and metadata of icefall's LSTM transducer, so that sherpa-onnx's own
loading, feature extraction, streaming state, beam search, hot words and endpoints run. It knows no
words: what it proves is that the engine is used rightly, not how well anything is heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHARACTERS: Final = "一二三四五六七八九"
VOCABULARY: Final = ("<blk>", *CHARACTERS, "<unk>")
MELS: Final = 80
FRAMES: Final = 9
CHUNK: Final = 4
LOUD: Final = -11.5
"""Mean logarithm of the mel energies above which it hears something."""
SURE: Final = 10.0
"""How much surer it is with each unit: a doubt in every chunk of a pause would add up."""
NEVER: Final = -1000.0


def make_sherpa_model(folder: Path) -> Path:
    """Write the model's four files into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{token} {number}\n" for number, token in enumerate(VOCABULARY)]
    (folder / "tokens.txt").write_text("".join(rows), encoding="utf-8")
    _write(folder / "encoder.onnx", _encoder(), _ENCODER)
    _write(folder / "decoder.onnx", _decoder(), {"vocab_size": SIZE, "context_size": 2})
    _write(folder / "joiner.onnx", _joiner(), {"joiner_dim": SIZE})
    return folder


SIZE: Final = len(VOCABULARY)
_ENCODER: Final = {
    "model_type": "lstm",
    "version": 1,
    "num_encoder_layers": 1,
    "T": FRAMES,
    "decode_chunk_len": CHUNK,
    "rnn_hidden_size": 1,
    "d_model": 1,
}


def _encoder() -> onnx.GraphProto:
    """A chunk's mean loudness over the threshold, for every character; nothing for the blank."""
    heard = np.zeros((1, SIZE), dtype=np.float32)
    heard[0, 1 : 1 + len(CHARACTERS)] = SURE
    threshold = -LOUD * heard
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["loudness"], keepdims=1),
        helper.make_node("MatMul", ["loudness", "heard"], ["above"]),
        helper.make_node("Add", ["above", "threshold"], ["encoder_out"]),
        helper.make_node("Identity", ["h"], ["next_h"]),
        helper.make_node("Identity", ["c"], ["next_c"]),
    ]
    state = [1, "N", 1]
    return helper.make_graph(
        nodes,
        "encoder",
        [_value("x", ["N", FRAMES, MELS]), _value("h", state), _value("c", state)],
        [_value("encoder_out", ["N", 1, SIZE]), _value("next_h", state), _value("next_c", state)],
        [
            numpy_helper.from_array(np.array([1, 2], dtype=np.int64), "axes"),
            numpy_helper.from_array(heard, "heard"),
            numpy_helper.from_array(threshold, "threshold"),
        ],
    )


def _decoder() -> onnx.GraphProto:
    """After each character only the next one may come."""
    table = np.full((SIZE, SIZE), NEVER, dtype=np.float32)
    table[:, 0] = 0.0
    for token in range(SIZE):
        after = token % len(CHARACTERS) + 1 if token <= len(CHARACTERS) else 1
        table[token, after] = 0.0
    nodes = [
        helper.make_node("Gather", ["y", "last"], ["token"], axis=1),
        helper.make_node("Gather", ["table", "token"], ["decoder_out"], axis=0),
    ]
    return helper.make_graph(
        nodes,
        "decoder",
        [_value("y", ["N", 2], TensorProto.INT64)],
        [_value("decoder_out", ["N", SIZE])],
        [
            numpy_helper.from_array(np.array(1, dtype=np.int64), "last"),
            numpy_helper.from_array(table, "table"),
        ],
    )


def _joiner() -> onnx.GraphProto:
    nodes = [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])]
    shape = ["N", SIZE]
    return helper.make_graph(
        nodes,
        "joiner",
        [_value("encoder_out", shape), _value("decoder_out", shape)],
        [_value("logit", shape)],
    )


def _value(name: str, shape: list[Any], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _write(file: Path, graph: onnx.GraphProto, metadata: Mapping[str, object]) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
