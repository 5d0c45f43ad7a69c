"""The sentences of the system page: what each line is about, how it stands, and what to do."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.core import clock
from portal.system.rules import Finding

STATE_LABELS = {"red": _l("须处理"), "amber": _l("请留意"), "green": _l("良好"), "info": _l("说明")}

LABELS = {
    "worker": _l("后台任务进程"),
    "queue": _l("后台任务队列"),
    "disk": _l("磁盘"),
    "backup": _l("备份"),
    "network": _l("网络加密"),
    "secrets": _l("密钥文件"),
    "clock": _l("服务器时间"),
    "schema": _l("数据库版本"),
    "durability": _l("写入保证"),
    "anchor": _l("审计日志锚点"),
    "faults": _l("程序故障"),
    "kind": _l("用途"),
    "versions": _l("程序版本"),
}

SENTENCES = {
    "worker-alive": _l("运行中，%(at)s 有响应"),
    "worker-silent": _l("%(at)s 以后没有响应"),
    "worker-never": _l("没有运行过"),
    "queue": _l("排队 %(waiting)s 项，进行中 %(running)s 项"),
    "queue-waits": _l("排队 %(waiting)s 项，最早的已等了 10 分钟以上"),
    "disk": _l("剩余 %(free)s MB，数据库 %(database)s MB"),
    "disk-low": _l("剩余 %(free)s MB，数据库 %(database)s MB"),
    "disk-out": _l("只剩 %(free)s MB，数据库 %(database)s MB"),
    "backup": _l("%(at)s 备份并核对，保存在 %(file)s"),
    "backup-old": _l("上次备份是 %(days)s 天前，保存在 %(file)s"),
    "backup-never": _l("还没有备份过"),
    "backup-demo": _l("演示数据，不必备份"),
    "network-tls": _l("HTTPS，证书还有 %(days)s 天到期"),
    "network-proxy": _l("由前面的代理加密"),
    "network-loopback": _l("只能在本机访问"),
    "network-insecure": _l("没有加密（--insecure-lan），密码和答案在网络上明文传输"),
    "network-unknown": _l("不是由 manage.py run 启动，不清楚"),
    "certificate-due": _l("HTTPS，证书还有 %(days)s 天到期"),
    "certificate-fault": _l("证书不能使用：%(fault)s"),
    "secrets": _l("只有本站可以读取（%(mode)s）"),
    "secrets-open": _l("其他用户也可以读取（%(mode)s）"),
    "secrets-elsewhere": _l("密钥由环境变量给出"),
    "clock": _l("%(now)s（%(zone)s）"),
    "clock-back": _l("现在是 %(now)s，但数据库里最新的记录是 %(newest)s"),
    "schema": _l("%(have)s，与程序一致"),
    "schema-other": _l("%(have)s，程序需要 %(want)s"),
    "durability": _l("断电不丢已确认的数据（%(told)s）"),
    "durability-weak": _l("断电可能丢失数据（%(told)s）"),
    "anchor": _l("%(at)s 记下第 %(anchored)s 条，现有 %(entries)s 条"),
    "anchor-old": _l("%(at)s 以后没有新的锚点，现有 %(entries)s 条"),
    "anchor-never": _l("还没有锚点，现有 %(entries)s 条"),
    "anchor-empty": _l("日志还是空的"),
    "faults": _l("24 小时内 %(n)s 次，见下表"),
    "faults-none": _l("24 小时内没有"),
    "kind-demo": _l("演示，密码公开，只能在本机访问"),
    "kind-real": _l("正式使用"),
    "versions": _l("%(told)s"),
}

ADVICE = {
    "worker-silent": _l("请重启服务；仍不恢复，请查看日志 portal.log。"),
    "worker-never": _l("请用 manage.py run 启动，它会同时启动后台任务进程。"),
    "queue-waits": _l("请先看后台任务进程是否正常。"),
    "disk-low": _l("请清理磁盘，或把旧备份移到别处。"),
    "disk-out": _l("请立即清理磁盘：写满后无法保存答案，也不能升级。"),
    "backup-old": _l("请执行 manage.py flask backup，并把文件存到另一台机器。"),
    "backup-never": _l("请执行 manage.py flask backup，并把文件存到另一台机器。"),
    "network-insecure": _l("请按 docs/operations.md 配置证书，改用 --tls-cert 和 --tls-key 启动。"),
    "certificate-due": _l("请重新签发证书，换好后重启服务。"),
    "certificate-fault": _l("请换上可用的证书后重启服务。"),
    "secrets-open": _l("请执行 chmod 600 secrets.toml，并考虑密钥是否已泄露。"),
    "clock-back": _l("服务器时间可能被调慢，会影响考试截止时间。请先校准时间。"),
    "schema-other": _l("请停止服务，用这一版程序重新启动，它会先备份再升级。"),
    "durability-weak": _l("请停止考试，检查是谁改了数据库设置。"),
    "anchor-old": _l("锚点每天由后台任务写入，请看后台任务进程是否正常。"),
    "anchor-never": _l("锚点每天由后台任务写入，请看后台任务进程是否正常。"),
    "faults": _l("请把编号和 portal.log 中的对应记录交给维护人员。"),
}


def sentence(finding: Finding) -> str:
    """How it stands, in the reader's language."""
    told = {
        name: clock.to_local(value).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
        for name, value in finding.params.items()
    }
    return str(SENTENCES[finding.code]) % told if told else str(SENTENCES[finding.code])


def advice(finding: Finding) -> str:
    """What to do; empty where there is nothing to do."""
    return str(ADVICE.get(finding.code, ""))


def fault_line(message: str) -> tuple[str, str]:
    """(number, where) of a fault as the log has it; without a number where no page showed one."""
    words = message.split(" ", 2)
    if words[0] == "fault" and len(words) == 3:  # noqa: PLR2004
        return words[1], words[2].removeprefix("at ")
    return _("后台"), message
