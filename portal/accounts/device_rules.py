"""A browser's own words for itself, in words that its owner knows."""

from __future__ import annotations

# Looked for in this order: many browsers also name those that they descend from.
_BROWSERS = (
    ("MicroMessenger/", "wechat"),
    ("DingTalk/", "dingtalk"),
    ("QQBrowser/", "QQ"),
    ("MQQBrowser/", "QQ"),
    ("UBrowser/", "UC"),
    ("UCBrowser/", "UC"),
    ("360SE", "360"),
    ("360EE", "360"),
    ("QIHU", "360"),
    ("MetaSr", "sogou"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows NT 6.1", "Windows 7"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("UOS", "UOS"),
    ("Kylin", "Kylin"),
    ("Linux", "Linux"),
)


def device(agent: str) -> tuple[str, str]:
    """(browser, system) of a User-Agent line, "" for what it does not tell. It is only what the browser says."""
    return _first(_BROWSERS, agent), _first(_SYSTEMS, agent)


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in known if mark in agent), "")
