"""Answers as people write them, read into keys."""

from __future__ import annotations

import re
import unicodedata

from portal.exams.importers.lexis import shadow
from portal.exams.importers.options import LETTERS, split_options
from portal.exams.rules.question import normalise

_RIGHT = {
    "正确",
    "对",
    "是",
    "√",
    "T",
    "TRUE",
    "Y",
    "YES",
    "V",
    "RIGHT",
    "R",
    "1",
    "1.0",
    "正",
    "真",
    "对的",
    "正确的",
    "勾",
}
_WRONG = {
    "错误",
    "错",
    "否",
    "×",
    "F",
    "FALSE",
    "N",
    "NO",
    "X",
    "WRONG",
    "W",
    "0",
    "0.0",
    "误",
    "假",
    "错的",
    "不正确",
    "不对",
    "叉",
}
_SEPARATORS = re.compile(r"[\s,、;/|&.。和及与+·]+")
_LEAD = re.compile(
    r"^\s*[\[(]?\s*([A-La-l](?:[\s,、;/]*[A-La-l])*)\s*[\])]?\s*(?=$|[\s(\[,。;:.、]|[\u4e00-\u9fff])(.*)$", re.DOTALL
)
_BLANK = re.compile(r"_{2,}|—{3,}|[(\[]\s*[)\]]|\[\s*填空\d*\s*\]|(?<=[\u4e00-\u9fff,])\s{3,}(?=[\u4e00-\u9fff,。])")
_NUMBERED_BLANK = re.compile(
    r"(?:^|(?<=[\s;,、。|]))(?:[(\[]\s*\d{1,2}\s*[)\]]|[①-⑩]|\d{1,2}[.、)])\s*|[①-⑩]\s*|第[一二三四五六七八九十\d]空[:：]?\s*"
)
MAX_LETTERS = 12


def judge_word(text: str) -> bool | None:
    """Read a true/false answer: True, False, or None where it says neither."""
    word = shadow(text).strip(" ()[]。.;:,、!\t\n").upper()
    if word in _RIGHT:
        return True
    if word in _WRONG:
        return False
    lead = re.match(r"^(正确|错误|√|×|对|错)\s*[。.,;:(\[\s]", shadow(text).strip(" [("))
    return judge_word(lead[1]) if lead else None


def letters(text: str) -> tuple[int, ...] | None:
    """Read option letters (ABD, A,B,D, A、B、D, a b d, full width): sorted indexes, None for anything else."""
    bare = _SEPARATORS.sub("", shadow(unicodedata.normalize("NFKC", text)).strip(" ()[]'\"")).upper()
    if not bare or len(bare) > MAX_LETTERS or any(letter not in LETTERS for letter in bare):
        return None
    return tuple(sorted({LETTERS.index(letter) for letter in bare}))


def choice_key(text: str, options: list[str]) -> tuple[int, ...] | None:
    """Read an answer to a choice: letters, letters with the options' words, or the options' words alone."""
    found = letters(text) if not _is_option(text, options) else None
    if found is not None:
        return found
    for reader in (_by_text, _lettered_texts, _leading_letters):
        if (read := reader(text, options)) is not None:
            return read
    return None


def _is_option(text: str, options: list[str]) -> bool:
    """An answer "A" is the letter, unless one of the options is that very word and there are no such letters."""
    found = letters(text)
    return bool(found) and max(found or ()) >= len(options) and normalise(text) in {normalise(word) for word in options}


def _by_text(text: str, options: list[str]) -> tuple[int, ...] | None:
    known = {normalise(option): index for index, option in reversed(list(enumerate(options)))}
    if normalise(text) in known:
        return (known[normalise(text)],)
    for pattern in (r"[\r\n;；|]+", r"[,，]+", r"[、]+", r"\s+"):
        parts = [part for part in re.split(pattern, text.strip()) if part.strip()]
        if parts and all(normalise(part) in known for part in parts):
            return tuple(sorted({known[normalise(part)] for part in parts}))
    return None


def _lettered_texts(text: str, options: list[str]) -> tuple[int, ...] | None:
    """Letters each followed by its option ("A.xx C.xx", "D. 以上都对")."""
    chosen = set()
    for part in re.split(r"[\r\n;；|]+|\s+(?=[A-La-l][.、:：．])", text.strip()):
        found = split_options(part, None)
        if not found or found[2] in {"", " "} or len(found[1]) != 1 or found[0] >= len(options):
            return None
        if normalise(found[1][0]) != normalise(options[found[0]]):
            return None
        chosen.add(found[0])
    return tuple(sorted(chosen)) or None


def _leading_letters(text: str, _options: list[str]) -> tuple[int, ...] | None:
    """Letters with words of their own behind them: "A（见第三条）"."""
    match = _LEAD.match(shadow(text))
    return letters(match[1]) if match else None


def count_blanks(stem: str) -> int:
    """Count the blanks of a fill-in stem: underscores, empty brackets, wide gaps."""
    return len(_BLANK.findall(shadow(stem)))


def fill_key(parts: list[str], blanks: int) -> tuple[tuple[str, ...], ...]:
    """Read fill-in answers: the accepted spellings of each blank.

    `parts` are the lines or cells that held the answer, `blanks` how many the stem has (0: not known). A single text is
    cut by the first separator that gives as many answers as there are blanks.
    """
    parts = [part.strip() for part in parts if part.strip()]
    if len(parts) == 1:
        parts = _cut(parts[0], blanks)
    elif blanks and len(parts) != blanks:
        joined = _cut("；".join(parts), blanks)
        parts = joined if len(joined) == blanks else _cut("".join(parts), blanks)
    return tuple(_spellings(_NUMBERED_BLANK.sub("", part, count=1) if len(parts) > 1 else part) for part in parts)


def _cut(text: str, blanks: int) -> list[str]:
    if blanks == 1:
        return [text]
    best: list[str] = []
    for parts in _cuts(text):
        if blanks and len(parts) == blanks:
            return parts
        if not best and len(parts) > 1:
            best = parts
    return best or [text]


def _cuts(text: str) -> list[list[str]]:
    numbered = [part.strip(" ；;，,、。") for part in _NUMBERED_BLANK.split(text)]
    ways = [numbered if _NUMBERED_BLANK.match(text) else []]
    patterns = (r"[\r\n]+", r"[;；]", r"\|{1,2}|｜", r"、", r"[,，]", r"\s{2,}|\t", r"\s+", r"[/／]")
    ways += [[part.strip() for part in re.split(pattern, text.rstrip("。；;"))] for pattern in patterns]
    return [[part for part in way if part] for way in ways]


def _spellings(text: str) -> tuple[str, ...]:
    """Alternatives of one blank: "a/b", "a|b", "a 或 b", "a（或b）"."""
    text = text.strip().rstrip("。；;").strip()
    bracket = re.match(r"^(.+?)\s*[（(]\s*(?:或|或者|也可填|也可)[:：]?\s*(.+?)\s*[)）]$", text)
    if bracket:
        return tuple(dict.fromkeys([bracket[1].strip(), *_spellings(bracket[2])]))
    if re.search(r"\d\s*/\s*\d", text) or "://" in text:
        return (text,)
    words = [word.strip() for word in re.split(r"\s*(?:[/／|｜]|\s或者?\s|;|；)\s*", text)]
    return tuple(dict.fromkeys(word for word in words if word)) or (text,)
