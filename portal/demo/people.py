"""The demo's people: 120 invented cadres, their posts and roles, and one account for each role to sign in with.

Roles stand here as the plain values of the portal's role enumeration, so that this module depends on nothing but
the places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.demo.places import BUREAU_CODE, DISTRICT_CODE, SUBDISTRICTS, section_code, subdistrict_code

Grant = tuple[str, str]

FIRST_NUMBER = 1001

SURNAMES = tuple("陈林黄郑何罗梁宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭")

_GIVEN_NAMES_WRITTEN = (
    "若岚 文澍 晓棠 景和 书禾 子谦 雨蓁 明屿 嘉树 思衡 静姝 云舟 知远 念慈 海棠 立夏 望舒 承砚 清妍 牧之 "
    "秋白 以宁 朝暄 语桐 润泽 疏影 方黎 南乔 敬亭 采薇 松年 亦凡 可人 庭芳 慕青 守拙 小满 长河 听澜 佩兰 "
    "怀瑜 春陌 正舟 宛如 时雨 砺之 初霁 若谷 映雪 平川 亚楠 斯年 凌霄 素心 逸群 丹青 维岳 舒怀 木兰 星野 "
    "竹君"
)
GIVEN_NAMES = tuple(_GIVEN_NAMES_WRITTEN.split())

# Steps through the two lists. 40 and 61 have no common factor, and neither step has one with its list's length, so
# the first 40 x 61 pairs are all different.
_SURNAME_STEP = 7
_GIVEN_STEP = 11

# role: (Chinese label, English label), in the order in which the sign-in page prints the accounts
ROLE_LABELS: dict[str, tuple[str, str]] = {
    "cadre": ("干部", "Cadre"),
    "liaison": ("学法普法联络员", "Law study liaison"),
    "study_officer": ("学习管理员", "Study officer"),
    "exam_officer": ("考试管理员", "Exam officer"),
    "publicity_officer": ("普法管理员", "Publicity officer"),
    "case_officer": ("办信干部", "Case officer"),
    "reviewer": ("审核人", "Reviewer"),
    "leader": ("领导", "Leader"),
    "manager": ("业务主管", "Manager"),
    "system_admin": ("系统管理员", "System administrator"),
    "security_admin": ("安全管理员", "Security administrator"),
    "audit_admin": ("审计管理员", "Audit administrator"),
}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person. `leader` marks a 领导干部; `roles` are (role, code of the unit it holds for, all below included)."""

    number: str
    name: str
    unit_code: str
    position: str
    leader: bool
    roles: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class _Post:
    """A post to fill; `grants` come on top of being a cadre of the unit."""

    unit_code: str
    position: str
    grants: tuple[Grant, ...] = ()
    leader: bool = False


# section: its posts in order of rank, each (position, role or "", unit for which the role holds)
_SECTION_POSTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "办公室": (
        ("主任", "manager", DISTRICT_CODE),
        ("副主任", "study_officer", DISTRICT_CODE),
        ("一级主任科员", "system_admin", DISTRICT_CODE),
        ("二级主任科员", "security_admin", DISTRICT_CODE),
        ("机关纪检专干", "audit_admin", DISTRICT_CODE),
        ("四级主任科员", "", ""),
        ("一级科员", "", ""),
    ),
    "综合科": (
        ("科长", "manager", DISTRICT_CODE),
        ("副科长", "", ""),
        ("三级主任科员", "", ""),
        ("四级主任科员", "", ""),
        ("一级科员", "", ""),
    ),
    "办信科": (
        ("科长", "", ""),
        ("副科长", "reviewer", DISTRICT_CODE),
        ("三级主任科员", "case_officer", DISTRICT_CODE),
        ("一级科员", "case_officer", DISTRICT_CODE),
        ("一级科员", "", ""),
    ),
    "接访科": (
        ("科长", "", ""),
        ("副科长", "reviewer", DISTRICT_CODE),
        ("三级主任科员", "case_officer", DISTRICT_CODE),
        ("四级主任科员", "case_officer", DISTRICT_CODE),
        ("一级科员", "", ""),
    ),
    "网络信访科": (
        ("科长", "", ""),
        ("副科长", "reviewer", DISTRICT_CODE),
        ("四级主任科员", "case_officer", DISTRICT_CODE),
        ("一级科员", "", ""),
        ("一级科员", "", ""),
    ),
    "督查科": (
        ("科长", "manager", DISTRICT_CODE),
        ("副科长", "", ""),
        ("三级主任科员", "", ""),
        ("四级主任科员", "", ""),
        ("一级科员", "", ""),
    ),
    "复查复核科": (
        ("科长", "", ""),
        ("副科长", "", ""),
        ("四级主任科员", "", ""),
        ("一级科员", "", ""),
    ),
    "政策法规科": (
        ("科长", "exam_officer", DISTRICT_CODE),
        ("副科长", "", ""),
        ("三级主任科员", "publicity_officer", DISTRICT_CODE),
        ("四级主任科员", "liaison", BUREAU_CODE),
        ("一级科员", "exam_officer", BUREAU_CODE),
        ("一级科员", "", ""),
    ),
}

_STATION_POSTS = (
    ("Z01", "站长"),
    ("Z01", "接待员"),
    ("Z01", "接待员"),
    ("Z02", "站长"),
    ("Z02", "工作员"),
    ("Z03", "信访代理员"),
    ("Z04", "信访代理员"),
    ("Z05", "信访代理员"),
)

_DEPARTMENTS_WITH_STAFF = ("B01", "B02", "B03", "B04", "B05")


def _bureau_posts() -> Iterator[_Post]:
    yield _Post(BUREAU_CODE, "党组书记、局长", (("leader", DISTRICT_CODE),), leader=True)
    for position in ("党组成员、副局长", "党组成员、副局长", "副局长", "信访督查专员"):
        yield _Post(BUREAU_CODE, position, (("leader", BUREAU_CODE),), leader=True)
    for section, posts in _SECTION_POSTS.items():
        for position, role, scope in posts:
            yield _Post(section_code(section), position, ((role, scope),) if role else ())


def _subdistrict_posts() -> Iterator[_Post]:
    codes = [subdistrict_code(name) for name in SUBDISTRICTS]
    for code in codes:
        yield _Post(code, "党工委副书记", (("leader", code),), leader=True)
        yield _Post(code, "平安法治办公室主任")
        yield _Post(code, "信访专干", (("liaison", code),))
        yield _Post(code, "一级科员")
    for code in codes:
        yield _Post(f"{code}01", "社区党委副书记")
        yield _Post(f"{code}02", "社区工作者")


def _posts() -> Iterator[_Post]:
    yield from _bureau_posts()
    yield from _subdistrict_posts()
    for code, position in _STATION_POSTS:
        yield _Post(code, position)
    for code in _DEPARTMENTS_WITH_STAFF:
        yield _Post(code, "信访工作联系人")


def _name(index: int) -> str:
    surname = SURNAMES[index * _SURNAME_STEP % len(SURNAMES)]
    return surname + GIVEN_NAMES[index * _GIVEN_STEP % len(GIVEN_NAMES)]


def demo_people() -> list[DemoPerson]:
    """Everybody of the demo, in the order of their staff numbers; the same people at each call."""
    return [
        DemoPerson(
            number=f"Y{FIRST_NUMBER + index}",
            name=_name(index),
            unit_code=post.unit_code,
            position=post.position,
            leader=post.leader,
            roles=(("cadre", post.unit_code), *post.grants),
        )
        for index, post in enumerate(_posts())
    ]


def _accounts() -> list[tuple[str, str, str]]:
    """The first holder of each role; for cadre, the first who is nothing else."""
    first: dict[str, str] = {}
    for person in demo_people():
        role, _scope = person.roles[-1]
        first.setdefault(role, person.number)
    return [(first[role], zh, en) for role, (zh, en) in ROLE_LABELS.items()]


# (staff number, role in Chinese, role in English): what the demo's sign-in page prints, one account a role
ACCOUNTS: list[tuple[str, str, str]] = _accounts()
