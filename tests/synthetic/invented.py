"""A small county of three townships, for what needs no register."""

from __future__ import annotations

from popflow.synthetic.county import County, Place


def _place(code: str, *names: str) -> Place:
    levels = ("province", "city", "county", "township", "village")
    digits = (2, 4, 6, 9, 12)
    codes = {level: code[:length].ljust(12, "0") for level, length in zip(levels, digits, strict=True)}
    return Place(codes, dict(zip(levels, names, strict=True)))


def make_county() -> County:
    homes = [
        _place(f"34012410{t}20{v}", "安徽省", "合肥市", "庐江县", f"{'甲乙丙'[t]}镇", f"{'东西南'[v]}村民委员会")
        for t in range(3)
        for v in range(3)
    ]
    far = [
        _place("330106001001", "浙江省", "杭州市", "西湖区", "北山街道", "友谊社区居委会"),
        _place("320506100201", "江苏省", "苏州市", "吴中区", "甪直镇", "澄东村民委员会"),
    ]
    weighted = tuple((place, 0.5) for place in far)
    townships = {place.codes["township"]: place.names["township"] for place in homes}
    return County("340124000000", "庐江县", townships, tuple(homes), weighted, weighted)
