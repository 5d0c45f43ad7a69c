"""A made-up collection of regulations of any size: words by Zipf's law, so that some are common and most are rare."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from portal.library.rules.numbers import ArticleNumber, to_chinese

DOCUMENTS, ARTICLES = 3_475, 147_296
_PER_DOCUMENT = 42
_WORDS = 12_000
_COMMON = (
    "应当",
    "规定",
    "国家",
    "机关",
    "人民政府",
    "可以",
    "不得",
    "有关",
    "部门",
    "县级以上",
    "的",
    "依法",
    "和",
    "在",
    "对",
)
_KINDS = ("法", "条例", "办法", "规定", "实施细则")


class Writer:
    """Writes documents, the same ones for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        letters = [chr(0x4E00 + self.dice.randrange(5000)) for _ in range(2500)]
        made = ["".join(self.dice.choices(letters, k=self.dice.choice((1, 2, 2, 2, 3, 4)))) for _ in range(_WORDS)]
        self.words = [*_COMMON, *made]
        self.weights = list(accumulate(1 / rank for rank in range(2, len(self.words) + 2)))

    def sentence(self) -> str:
        """One sentence."""
        parts = ["".join(self.dice.choices(self.words, cum_weights=self.weights, k=self.dice.randint(4, 12)))
                 for _ in range(self.dice.randint(1, 4))]  # fmt: skip
        return "，".join(parts) + "。"

    def article(self, number: ArticleNumber) -> str:
        """An article of one to three paragraphs."""
        paragraphs = ["".join(self.sentence() for _ in range(self.dice.randint(1, 3)))
                      for _ in range(self.dice.choice((1, 1, 2, 3)))]  # fmt: skip
        return f"{number.label} " + "\n\n".join(paragraphs)

    def document(self, number: int, articles: int) -> tuple[str, str]:
        """(name of the file, text); one in twenty has no articles, one in forty has annexes."""
        title = "".join(self.dice.choices(self.words[15:], k=3)) + f"{to_chinese(number)}号{self.dice.choice(_KINDS)}"
        day = f"{self.dice.randint(1980, 2025)}-{self.dice.randint(1, 12):02d}-{self.dice.randint(1, 28):02d}"
        year, month, date = day.split("-")
        lines = [f"# {title}", f"{year}年{int(month)}月{int(date)}日 会议通过", "<!-- INFO END -->"]
        for place in range(1, articles + 1):
            if place % 8 == 1:
                lines.append(f"## 第{to_chinese(place // 8 + 1)}章 {''.join(self.dice.choices(self.words, k=3))}")
            lines.append(self.article(ArticleNumber(place)))
        if not articles:
            lines += [f"{to_chinese(place)}、{self.sentence()}" for place in range(1, 9)]
        if number % 40 == 0:
            lines.append(f"附件：{self.sentence()}")
        return f"{title}({day}).md", "\n\n".join(lines)


def collection(documents: int, articles: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """(name, text) of that many documents with that many articles in all."""
    writer, left = Writer(seed), articles
    for number in range(1, documents + 1):
        rest = documents - number + 1
        some = left if rest == 1 else min(left, 0 if number % 20 == 0 else round(left / rest / 0.95))
        left -= some
        yield writer.document(number, some)


def write_collection(folder: Path, documents: int = DOCUMENTS, articles: int = ARTICLES) -> None:
    """Write a collection as files."""
    for name, text in collection(documents, articles):
        (folder / name).write_text(text, encoding="utf-8")
