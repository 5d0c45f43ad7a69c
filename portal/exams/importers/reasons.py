"""A sentence for every code that a reader of question files can give; `{names}` are filled from the note's params."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name by which the catalogue tool knows a marked text
    """Mark a text for translation where it cannot be translated yet."""
    return text


REASONS: dict[str, str] = {
    # why a question is rejected
    "no-stem": N_("没有题干"),
    "stem-too-long": N_("题干过长（超过 5000 字）"),
    "analysis-too-long": N_("解析过长（超过 10000 字）"),
    "difficulty-unknown": N_("难度不是易、中、难之一"),
    "points-negative": N_("分值不能为负数"),
    "too-few-options": N_("选项少于两个"),
    "too-many-options": N_("选项多于十二个"),
    "empty-option": N_("有的选项没有内容"),
    "option-too-long": N_("选项过长（超过 2000 字）"),
    "judge-options": N_("判断题的选项应为正确、错误"),
    "no-answer": N_("没有答案"),
    "key-outside-options": N_("答案不在选项之中"),
    "single-with-several": N_("单选题或判断题有多个答案"),
    "empty-blank": N_("填空题有的空没有答案"),
    "answer-too-long": N_("答案过长（超过 10000 字）"),
    "answer-unreadable": N_("看不懂答案“{answer}”"),
    "blanks-differ": N_("题干有 {blanks} 个空，答案有 {answers} 个"),
    "no-kind": N_("看不懂题型“{kind}”"),
    "options-out-of-order": N_("选项标号不连续：{letters}"),
    "conflict": N_("题干和选项与另一道题相同，但答案不同，请人工核对"),
    "duplicate": N_("与另一道题重复"),
    # what should be looked at, though the question comes in
    "same-stem": N_("题干与另一道题相同，选项不同"),
    "option-repeated": N_("选项重复：{option}"),
    "answers-differ": N_("题干括号中的答案“{inside}”与所注答案“{stated}”不一致，以所注答案为准"),
    "answer-from-analysis": N_("没有注明答案，按解析中的“{answer}”采用"),
    "multiple-with-one": N_("多选题只有一个答案"),
    "kind-differs": N_("标明的题型与题目内容不一致，已按内容确定题型"),
    "difficulty-unread": N_("看不懂难度“{text}”，未采用"),
    "points-unread": N_("看不懂分值“{text}”，未采用"),
    "number-repeated": N_("题号 {number} 重复"),
    "number-missing": N_("题号不连续：第 {before} 题之后是第 {after} 题"),
    # about the file
    "no-questions": N_("未识别到任何题目"),
    "stray-cell": N_("工作表“{sheet}”的 {cell} 单元格有多余内容“{text}”，未当作题目"),
    "sheet-ignored": N_("工作表“{sheet}”没有题目表头，已跳过"),
    "sheet-hidden": N_("工作表“{sheet}”是隐藏的，已跳过"),
    "answer-unmatched": N_("答案“{answer}”（题号 {number}）找不到对应的题目"),
    "part-unread": N_("文件中嵌入的内容（{kind}）无法读取"),
    "row-unread": N_("工作表“{sheet}”第 {row} 行不像题目，已跳过：{text}"),
    # why a file cannot be read at all
    "file-empty": N_("文件是空的（0 字节），请检查后重新上传。"),
    "file-too-large": N_("文件超过 {limit} MB，请拆分后上传。"),
    "file-encrypted": N_("文件设置了打开密码。请用 Word、Excel 或 WPS 打开，取消密码后另存，再上传。"),
    "file-old-doc": N_("这是旧版 Word 文件（.doc）。请用 Word 或 WPS 打开，另存为 .docx 后上传。"),
    "file-old-xls": N_("这是旧版 Excel 文件（.xls）。请用 Excel 或 WPS 打开，另存为 .xlsx 后上传。"),
    "file-not-docx": N_("扩展名是 .docx，内容却不是 Word 文档。请用 Word 或 WPS 打开，另存为 .docx 后上传。"),
    "file-not-xlsx": N_("扩展名是 .xlsx，内容却不是 Excel 工作簿。请用 Excel 或 WPS 打开，另存为 .xlsx 后上传。"),
    "file-not-text": N_("扩展名是文本文件，内容却不是文字。请用记事本打开，另存为 UTF-8 编码的 .txt 后上传。"),
    "file-damaged": N_("文件已损坏，无法打开。请用 Word、Excel 或 WPS 打开并重新保存后上传。"),
    "file-pdf": N_("这是 PDF 文件。请上传 Word、Excel 或文本格式的题库。"),
    "file-kind-unknown": N_("不支持这种文件。请上传 .docx、.xlsx 或 .txt 格式的题库。"),
    "file-encoding": N_("无法识别文本编码。请用记事本打开，另存为 UTF-8 编码后上传。"),
    "archive-damaged": N_("文件已损坏，无法打开。请用 Word、Excel 或 WPS 打开并重新保存后上传。"),
    "archive-too-many-files": N_("文件内部的部件超过 {limit} 个，无法读取。"),
    "archive-too-big": N_("文件展开后超过 {limit} MB，请拆分后上传。"),
    "archive-ratio": N_("文件的压缩比异常，为安全起见不予读取。"),
    "archive-bad-name": N_("文件内部的路径异常，为安全起见不予读取。"),
    "archive-doctype": N_("文件内部含有不允许的声明，为安全起见不予读取。"),
    "parse-too-long": N_("读取文件超过 {seconds} 秒仍未完成，请拆分后上传。"),
    "parse-too-big": N_("读取文件所需的内存过大，请拆分后上传。"),
    "parse-crashed": N_("读取文件时出错，请用 Word、Excel 或 WPS 重新保存后上传。"),
}


def reason_text(code: str, **params: object) -> str:
    """Put a code into its Chinese sentence. Raises KeyError for a code without one."""
    return REASONS[code].format(**params)
