"""What becomes of each question found: accepted, duplicate, conflict or rejected; and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.exams.importers.model import ParsedRow
from portal.exams.rules.question import QuestionType, answer_key, identity_key, stem_key


class Verdict(StrEnum):
    """What happens to a row at import."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its verdict.

    `reason` is a code of `reasons.REASONS`, empty for an accepted row. `same_stem` flags an accepted question whose
    stem another question has with other options. `like` names the earlier row of the file that it repeats or
    contradicts, empty where that one stands in the bank.
    """

    row: ParsedRow
    verdict: Verdict
    reason: str = ""
    same_stem: bool = False
    like: str = ""


def classify(rows: Iterable[ParsedRow], existing: Mapping[str, str], existing_stems: AbstractSet[str]) -> list[Judged]:
    """Judge rows against the bank and against the rows before them.

    `existing` maps the identity keys of the bank's questions to their answer keys, `existing_stems` holds
    its stem keys.
    """
    seen: dict[str, tuple[str, str]] = {}
    stems: set[str] = set()
    judged = []
    for row in rows:
        if row.content is None:
            reason = row.problems[0].code if row.problems else "no-answer"
            judged.append(Judged(row, Verdict.REJECTED, reason))
            continue
        identity, answer, stem = identity_key(row.content), answer_key(row.content), stem_key(row.content)
        known, like = seen.get(identity, (existing.get(identity), ""))
        if known is None:
            same_stem = stem in stems or stem in existing_stems
            judged.append(Judged(row, Verdict.ACCEPTED, same_stem=same_stem))
            seen[identity] = (answer, row.where)
            stems.add(stem)
        elif known == answer:
            judged.append(Judged(row, Verdict.DUPLICATE, "duplicate", like=like))
        else:
            judged.append(Judged(row, Verdict.CONFLICT, "conflict", like=like))
    return judged


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Count: found = accepted + duplicates + rejected, conflicts among the rejected; types over all found."""
    verdicts = [item.verdict for item in judged]
    rejected = [item for item in judged if item.verdict in {Verdict.REJECTED, Verdict.CONFLICT}]
    kinds = [item.row.kind for item in judged]
    return {
        "found": len(judged),
        "accepted": verdicts.count(Verdict.ACCEPTED),
        "duplicates": verdicts.count(Verdict.DUPLICATE),
        "rejected": [{"where": item.row.where, "reason": item.reason} for item in rejected],
        "types": {kind.value: kinds.count(kind) for kind in QuestionType},
    }
