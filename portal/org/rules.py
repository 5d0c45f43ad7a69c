"""What kinds of unit there are, and which may stand below which."""

from enum import StrEnum


class UnitKind(StrEnum):
    """区, 局, 科室, 街道, 社区, 站点, 部门."""

    DISTRICT = "district"
    BUREAU = "bureau"
    SECTION = "section"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    STATION = "station"
    DEPARTMENT = "department"
