"""What the library is called on the pages, and what is said when a rule refuses or a file is irregular."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

MESSAGES = {
    "library-imported": _l("导入完成：%(files)s 个文件，新文本 %(versions)s 个。"),
    "library-file-kind": _l("法规库只收 Word（.docx）、Markdown（.md）和文本（.txt）文件。请另存后重新上传。"),
    "file-unreadable": _l("文件读不出来：%(reason)s。请检查文件是否存在、能否打开。"),
    "regulation-missing": _l("法规库里没有《%(title)s》。请核对名称，或先导入。"),
    "version-missing": _l("《%(title)s》在 %(day)s 没有施行中的文本。请换一个日期。"),
    "article-missing": _l("《%(title)s》的这个文本没有%(article)s。请核对条号。"),
    "article-unreadable": _l("看不懂条号“%(article)s”。请写作 35、120-1 或 第三十五条。"),
    "title-taken": _l("法规库里已有名为《%(title)s》的法规，没有保存。"),
    "title-empty": _l("请填写法规名称。"),
    "repealed-before-force": _l("废止日期早于施行日期，请核对。"),
    "note-empty": _l("请填写笔记内容，或选中要划出的文字。"),
    "note-quote-missing": _l("划出的文字不在这一条里，请从条文中原样复制。"),
    "nothing-uploaded": _l("请选择至少一个文件。"),
}

ACTIONS = {
    "regulation.import": _l("导入法规"),
    "regulation.update": _l("修改法规信息"),
    "regulation-version.update": _l("核定法规文本日期"),
    "article-note.create": _l("添加条文笔记"),
    "article-note.update": _l("修改条文笔记"),
    "article-note.delete": _l("删除条文笔记"),
}

KIND_LABELS = {
    "constitution": _l("宪法"),
    "law": _l("法律"),
    "party": _l("党内法规"),
    "administrative": _l("行政法规"),
    "local": _l("地方性法规"),
    "rule": _l("规章"),
    "judicial": _l("司法解释"),
    "other": _l("其他文件"),
}

STATUS_LABELS = {
    "pending": _l("尚未生效"),
    "in_force": _l("现行有效"),
    "amended": _l("已修改"),
    "repealed": _l("已废止"),
    "undated": _l("施行日期待核定"),
}
STATUS_COLOURS = {"pending": "amber", "in_force": "green", "amended": "grey", "repealed": "red", "undated": "amber"}

BASIS_LABELS = {
    "final_article": _l("按末条“自……起施行”推定"),
    "date_line": _l("按题注推定"),
    "publication": _l("按“自公布之日起施行”推定"),
    "amendment": _l("末条日期早于本次修改，按修改日期推定"),
    "none": _l("文中没有写明"),
}

CHANGE_LABELS = {
    "changed": _l("修改"),
    "added": _l("新增"),
    "removed": _l("删除"),
    "moved": _l("条序变动"),
    "same": _l("相同"),
}

PROVISION_LABELS = {
    "part": _l("编"),
    "chapter": _l("章"),
    "section": _l("节"),
    "article": _l("条"),
    "preamble": _l("序言"),
    "annex": _l("附件"),
    "block": _l("正文"),
}

OUTCOME_LABELS = {
    "regulation": _l("新法规"),
    "version": _l("已有法规的新文本"),
    "known": _l("已在库中"),
    "failed": _l("没有导入"),
}

FIELDS = {
    "regulations.title": _l("法规名称"),
    "regulations.title_key": _l("名称检索键"),
    "regulations.folded": _l("检索用名称"),
    "regulations.aliases": _l("别名"),
    "regulations.kind": _l("类别"),
    "regulations.issuing_bodies": _l("制定机关"),
    "regulations.number": _l("文号"),
    "regulations.topics": _l("主题"),
    "regulations.updated_at": _l("最近修改"),
    "regulation_versions.adopted_on": _l("通过日期"),
    "regulation_versions.published_on": _l("公布日期"),
    "regulation_versions.as_of": _l("文本日期"),
    "regulation_versions.in_force_from": _l("施行日期"),
    "regulation_versions.basis": _l("施行日期依据"),
    "regulation_versions.confirmed_by": _l("核定人编号"),
    "regulation_versions.confirmed_at": _l("核定时间"),
    "regulation_versions.repealed_on": _l("废止日期"),
    "regulation_versions.source": _l("来源"),
    "regulation_versions.source_date": _l("来源日期"),
    "article_notes.user_id": _l("笔记人编号"),
    "article_notes.regulation_id": _l("法规编号"),
    "article_notes.address": _l("条文位置"),
    "article_notes.quote": _l("划出的文字"),
    "article_notes.text": _l("笔记"),
    "article_notes.shared": _l("是否共享"),
}

VALUES = {"regulations.kind": KIND_LABELS, "regulation_versions.basis": BASIS_LABELS}

_WARNINGS = {
    "no-articles": _l("没有“第×条”，按段落收入"),
    "starts-above-one": _l("从%(detail)s起，可能是法典的一编"),
    "gap": _l("条号不连续：%(detail)s"),
    "more-gaps": _l("另有 %(detail)s 处条号不连续"),
    "out-of-order": _l("条号重复或倒序：%(detail)s"),
    "inserted": _l("有增补条文：%(detail)s"),
    "several-in-a-line": _l("一行里有多条，已拆开 %(detail)s 处"),
    "annex": _l("正文后有附件 %(detail)s 个，已与末条分开"),
    "annex-articles": _l("附件中条号从头开始，已作为附件的条文收入"),
    "preamble": _l("第一条之前有序言或说明，已单独收入"),
    "zero-width": _l("有 %(detail)s 行含看不见的字符，已去掉"),
    "full-width-space": _l("有 %(detail)s 行夹有全角空格，已改为普通空格"),
    "no-date": _l("没有通过或公布日期，请核定"),
    "date-differs": _l("文件名与题注的日期不一致：%(detail)s，以题注为准"),
    "no-title": _l("正文没有标题，按文件名取名：%(detail)s"),
    "known": _l("同样的文本已在库中，没有重复写入"),
    "same-text-other-date": _l("同样的文本已在库中，日期不同：%(detail)s，没有重复写入"),
    "same-date-other-text": _l("同一日期（%(detail)s）已有另一文本，请核对以哪个为准"),
    "skipped": _l("不是法规文件，已跳过"),
}


def warning_text(kind: str, detail: str = "") -> str:
    """A warning in the reader's language."""
    return str(_WARNINGS[kind]) % {"detail": detail} if kind in _WARNINGS else _("需留意：%(kind)s", kind=kind)
