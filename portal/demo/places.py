"""The demo's places: 云岭区, an invented district, with its petition bureau and everything below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UnitKind = Literal["district", "bureau", "section", "department", "subdistrict", "community", "station"]

DISTRICT_CODE = "YL"
DISTRICT_NAME = "云岭区"
BUREAU_CODE = "XF"
BUREAU_NAME = f"{DISTRICT_NAME}信访局"


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """One unit; `parent_code` is None for the district alone, and otherwise the code of a unit listed earlier."""

    code: str
    name: str
    kind: UnitKind
    parent_code: str | None


SECTIONS = (
    "办公室",
    "综合科",
    "办信科",
    "接访科",
    "网络信访科",
    "督查科",
    "复查复核科",
    "政策法规科",
)

# The departments to which the bureau most often passes a matter on.
DEPARTMENTS = (
    "住房和建设局",
    "人力资源和社会保障局",
    "城市管理和综合执法局",
    "教育局",
    "卫生健康局",
    "民政局",
    "市场监督管理局",
    "司法局",
)

SUBDISTRICTS: dict[str, tuple[str, ...]] = {
    "岚桥街道": ("岚桥头", "石栏", "望岚", "廊前", "桥西里", "青缆", "旧埠", "云梯坊", "岚秀"),
    "枫渚街道": ("枫渚", "红叶洲", "渚南", "渚北", "听枫", "渡口里", "白鹭滩", "枫林前"),
    "墨溪街道": ("墨溪", "溪头坊", "洗砚", "竹纸坊", "松烟", "墨香里", "书院前", "溪尾"),
    "苇塘街道": ("苇塘", "芦花", "菱角湾", "塘边", "荷风里", "藕香", "苇西", "塘心坊"),
    "榆川街道": ("榆川", "老榆树", "川南里", "川北里", "榆荫", "榆钱坊", "平川", "磨坊前"),
    "霁山街道": ("霁山", "晴岚", "半山亭", "石阶里", "霁月", "云脚", "山茶坊", "泉眼"),
    "桐陂街道": ("桐陂", "桐花", "陂上", "陂下", "水车坊", "桐油里", "闸口前", "稻香陂"),
    "雁洲街道": ("雁洲", "雁南", "雁北", "芳汀", "沙鸥里", "洲尾", "归帆", "雁鸣坊"),
    "砚池街道": ("砚池", "笔架", "池东里", "池西里", "文澜坊", "静池", "镇纸", "墨庄"),
    "芷岸街道": ("芷岸", "兰芷", "汀兰里", "岸东", "岸西", "蒲草坊", "芷香", "晚潮"),
}

# (name of the station, name of the bureau or sub-district that runs it)
STATIONS: tuple[tuple[str, str], ...] = (
    (f"{DISTRICT_NAME}人民来访接待站", BUREAU_NAME),
    (f"{DISTRICT_NAME}网上信访服务站", BUREAU_NAME),
    *((f"{name}信访代理站", name) for name in SUBDISTRICTS),
)


def section_code(name: str) -> str:
    """The code of one of the bureau's sections, by its Chinese name; ValueError for a name that is none."""
    return f"{BUREAU_CODE}{SECTIONS.index(name) + 1:02}"


def subdistrict_code(name: str) -> str:
    """The code of a sub-district, by its Chinese name; ValueError for a name that is none."""
    return f"J{list(SUBDISTRICTS).index(name) + 1:02}"


def _communities() -> list[DemoUnit]:
    units: list[DemoUnit] = []
    for subdistrict, names in SUBDISTRICTS.items():
        parent = subdistrict_code(subdistrict)
        for number, name in enumerate(names, start=1):
            units.append(DemoUnit(f"{parent}{number:02}", f"{name}社区", "community", parent))
    return units


def _stations() -> list[DemoUnit]:
    units: list[DemoUnit] = []
    for number, (name, owner) in enumerate(STATIONS, start=1):
        parent = BUREAU_CODE if owner == BUREAU_NAME else subdistrict_code(owner)
        units.append(DemoUnit(f"Z{number:02}", name, "station", parent))
    return units


def demo_units() -> list[DemoUnit]:
    """Every unit of the demo, each parent before its children."""
    return [
        DemoUnit(DISTRICT_CODE, DISTRICT_NAME, "district", None),
        DemoUnit(BUREAU_CODE, BUREAU_NAME, "bureau", DISTRICT_CODE),
        *(DemoUnit(section_code(name), name, "section", BUREAU_CODE) for name in SECTIONS),
        *(
            DemoUnit(f"B{number:02}", f"{DISTRICT_NAME}{name}", "department", DISTRICT_CODE)
            for number, name in enumerate(DEPARTMENTS, start=1)
        ),
        *(DemoUnit(subdistrict_code(name), name, "subdistrict", DISTRICT_CODE) for name in SUBDISTRICTS),
        *_communities(),
        *_stations(),
    ]
