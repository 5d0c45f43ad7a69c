"""Attachments of any feature's rows, and the guard in front of every parser of uploaded files."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.files import owners

bp = Blueprint("files", __name__, url_prefix="/files")

MESSAGES = {
    "upload-empty": _l("“%(name)s”是空文件，没有上传。"),
    "upload-too-big": _l("“%(name)s”超过 %(most)s MB，没有上传。"),
    "upload-type": _l("“%(name)s”不是可以上传的类型，请上传文档、表格、PDF、OFD、图片或文本。"),
    "upload-name-lies": _l("“%(name)s”的扩展名与内容不符，没有上传。请用原来的软件另存后再试。"),
    "image-broken": _l("图片“%(name)s”打不开或不完整，没有上传。"),
    "image-too-large": _l("图片“%(name)s”超过 %(most)s 百万像素，请缩小后再上传。"),
    "files-full": _l("这里最多放 %(most)s 个文件。"),
    "upload-not-kept": _l("“%(name)s”没有存下：服务器磁盘可能已满，请联系系统管理员。"),
}

ACTIONS = {
    "file.add": _l("上传文件"),
    "file.remove": _l("移除文件"),
    "file.restore": _l("恢复文件"),
    "file.purge": _l("清除已移除的文件"),
}

FIELDS = {
    "attachments.kind": _l("归属"),
    "attachments.owner_id": _l("归属编号"),
    "attachments.name": _l("文件名"),
    "attachments.media_type": _l("类型"),
    "attachments.size": _l("大小（字节）"),
    "attachments.sha256": _l("校验值"),
    "attachments.width": _l("宽（像素）"),
    "attachments.height": _l("高（像素）"),
    "attachments.storage_key": _l("存放位置"),
    "attachments.thumb_key": _l("缩略图位置"),
    "attachments.uploaded_by": _l("上传人编号"),
    "attachments.uploader_name": _l("上传人"),
    "attachments.uploaded_at": _l("上传时间"),
    "attachments.removed_at": _l("移除时间"),
    "attachments.purged_at": _l("清除时间"),
}

VALUES = {"attachments.kind": owners.labels}

from portal.files import tasks, views  # noqa: F401
