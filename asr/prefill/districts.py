"""District of the matter: stated, or the one of a road or community that was named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from asr.prefill.addresses import INSTITUTION, NOT_THERE, journey
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.places import Cluster, Piece, PlaceFinder
from asr.prefill.text import Utterance

_OF_AN_INSTITUTION = re.compile(
    r"(?:第?[一二三四五六七八九十]+)?(?:派出所|医院|小学|中学|学校|法院|街道办|交警|税务所|幼儿园)"
)


_STATIONS = ("客运中心", "客运站", "汽车站")
"""Bare names of institutions: they give no district."""


def district(
    turns: Sequence[Utterance],
    finder: PlaceFinder,
    chosen_address: FieldGuess,
    *,
    route: bool,
    accepted: bool,
) -> FieldGuess:
    """District stated, or the one of a named road or community.

    Args:
        turns: the call so far.
        finder: the place finder.
        chosen_address: the address guess; places in it outweigh others.
        route: whether the matter is a journey: two districts then mean none.
        accepted: False for matters not accepted, where only a district that was said counts.
    """
    at = {(spot.turn, spot.start) for spot in chosen_address.evidence}
    stated: list[tuple[str, Evidence]] = []
    inferred: list[tuple[float, str, Evidence]] = []
    for turn in turns:
        for cluster in finder.clusters(turn):
            spot = turn.evidence(cluster.start, cluster.end)
            inside = (spot.turn, spot.start) in at
            for piece in cluster.pieces:
                own = turn.evidence(piece.start, piece.end)
                if piece.part == "district":
                    after = turn.text[piece.end :]
                    own_station = turn.is_caller and after.startswith("派出所")
                    if INSTITUTION.match(after) and not inside and not own_station:
                        continue
                    stated.append((piece.district, own))
                elif piece.text.endswith(_STATIONS):
                    continue
                elif piece.district and not _OF_AN_INSTITUTION.match(turn.text[piece.end :]):
                    before = turn.text[max(0, piece.start - 3) : piece.start]
                    away = bool(NOT_THERE.search(before))
                    weight = (3.0 if inside else 0.8) - (2.0 if away else 0.0)
                    weight *= 1.0 if turn.is_caller or inside else 0.6
                    inferred.append((weight, piece.district, own))
    if not accepted:
        inferred.clear()
    ends = {
        piece.district
        for turn in turns
        if any(turn.index == index for index, _ in at)
        for cluster in journey(turn, finder)
        for piece in cluster.pieces
        if piece.district
    }
    if len(ends) > 1:
        return FieldGuess(None, [], 0.7)
    pieces = [piece for _, piece in _pieces_at(turns, finder, at) if piece.district]
    said = {piece.district for piece in pieces if piece.part == "district"}
    nearby = said or {piece.district for piece in pieces}
    if len(nearby) == 1 and (said or not stated):
        name = nearby.pop()
        return FieldGuess(name, chosen_address.evidence[:1], 0.85)
    if route and _crosses(turns, [*((d, e) for d, e in stated), *((d, e) for _, d, e in inferred)]):
        return FieldGuess(None, [], 0.6)
    if stated:
        name, spot = stated[-1]
        return FieldGuess(name, [spot], 0.95 if len({one for one, _ in stated}) == 1 else 0.7)
    totals: dict[str, float] = {}
    for weight, name, _ in inferred:
        totals[name] = totals.get(name, 0.0) + weight
    if totals:
        name = max(totals, key=lambda one: totals[one])
        if totals[name] >= 0.8:
            spot = next(own for _, district_name, own in inferred if district_name == name)
            return FieldGuess(name, [spot], 0.8 if totals[name] > 2 else 0.6)
    return FieldGuess(None, [], 0.6)


def _pieces_at(
    turns: Sequence[Utterance], finder: PlaceFinder, at: set[tuple[int, int]]
) -> list[tuple[Cluster, Piece]]:
    """Pieces of the clusters that start where the address's evidence starts."""
    return [
        (cluster, piece)
        for turn in turns
        if any(turn.index == index for index, _ in at)
        for cluster in finder.clusters(turn)
        if (turn.index, turn.offsets[cluster.start]) in at
        for piece in cluster.pieces
    ]


def _crosses(turns: Sequence[Utterance], named: Sequence[tuple[str, Evidence]]) -> bool:
    """Whether a caller's turn names a journey from one district to another: "从A到B"."""
    for turn in turns:
        if not turn.is_caller:
            continue
        here = sorted({(spot.start, name) for name, spot in named if spot.turn == turn.index})
        for (first_at, first), (second_at, second) in pairwise(here):
            if first == second:
                continue
            from_at = _position(turn.offsets, first_at)
            to_at = _position(turn.offsets, second_at)
            between = turn.text[from_at:to_at]
            before = turn.text[max(0, from_at - 4) : from_at]
            if re.search(r"[到道倒至去往]", between[-6:]) and (
                re.search(r"从|由|自", before) or len(between) <= 8
            ):
                return True
    return False


def _position(offsets: Sequence[int], raw: int) -> int:
    """Position in the stripped text of a position in the text as given."""
    return next((at for at, offset in enumerate(offsets) if offset >= raw), len(offsets))
