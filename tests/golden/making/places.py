"""Places as offices write them: old names, short names, parts only, other countries, words that name no place."""

from __future__ import annotations

from golden.making.kit import Case, Files, case
from golden.making.sheets import Cell, xlsx

FROM, TO = "户籍地址", "外出地址"


def _from(at: Case, *cells: Cell) -> Files:
    return {"名单.xlsx": xlsx(at.inflow({FROM: list(cells)}))}


def _to(at: Case, *cells: Cell) -> Files:
    return {"名单.xlsx": xlsx(at.outflow({TO: list(cells)}))}


@case("places", "former_names")
def former_names(at: Case) -> Files:
    """Cities and counties are written with the names they had."""
    return _from(
        at, "湖北省襄樊市", "云南省思茅市", "安徽省巢湖市庐江县", "上海市南汇区", "安徽省宿县地区", "北京市崇文区"
    )


@case("places", "short_names")
def short_names(at: Case) -> Files:
    """Names without their kind, and the short names of provinces."""
    return _from(at, "安徽六安舒城", "沪", "浙江杭州", "内蒙", "新疆喀什", "广西柳州")


@case("places", "upper_levels_missing")
def upper_levels_missing(at: Case) -> Files:
    """The province, or province and city, are left out."""
    return _from(at, "六安市舒城县", "舒城县", "杭州市西湖区", "合肥市肥西县上派镇")


@case("places", "names_of_several_places")
def names_of_several_places(at: Case) -> Files:
    """The name is that of several counties, and nothing says which."""
    return _from(at, "鼓楼区", "江苏省鼓楼区", "江苏省南京市鼓楼区", "西湖区", "朝阳", "通州区")


@case("places", "name_proven_by_the_context")
def name_proven_by_the_context(at: Case) -> Files:
    """Villages and towns of the county are written without the county, in an outflow list."""
    return _to(at, "庐城镇", "庐江县庐城镇新桥村", "本县汤池镇", "合肥", "县城")


@case("places", "abroad")
def abroad(at: Case) -> Files:
    """People have gone abroad, or are at sea."""
    return _to(at, "日本", "美国加利福尼亚州", "新加坡", "国外", "境外", "安哥拉务工")


@case("places", "hong_kong_macao_taiwan")
def hong_kong_macao_taiwan(at: Case) -> Files:
    """People have gone to Hong Kong, Macao or Taiwan."""
    return _to(at, "香港", "香港九龙", "澳门特别行政区", "台湾省台北市", "港澳台", "中国香港")


@case("places", "only_said_to_be_elsewhere")
def only_said_to_be_elsewhere(at: Case) -> Files:
    """The cell says only that the place is not here."""
    return _to(at, "外省", "省外", "外地", "市外", "县外", "长三角")


@case("places", "not_known")
def not_known(at: Case) -> Files:
    """The destination is not known, or nobody filled it in."""
    return _to(at, "不详", "未知", "/", "无", None, "去向不明")


@case("places", "virtual_rows")
def virtual_rows(at: Case) -> Files:
    """Levels that exist only in the register are written out: 市辖区, 县, 省直辖."""
    return _from(
        at,
        "上海市市辖区浦东新区",
        "北京市市辖区",
        "重庆市县云阳县",
        "湖北省省直辖县级行政区划仙桃市",
        "杭州市市辖区",
        "海南省省直辖县级行政区划文昌市",
    )


@case("places", "cities_without_counties")
def cities_without_counties(at: Case) -> Files:
    """Cities have towns and no counties between."""
    return _to(at, "广东省东莞市", "广东省东莞市长安镇", "广东中山小榄镇", "海南省儋州市", "甘肃省嘉峪关市")


@case("places", "typed_wrongly")
def typed_wrongly(at: Case) -> Files:
    """Names with a wrong character, or with a kind that does not fit."""
    return _from(at, "安微省六安市舒城县", "安徽省六安市舒成县", "浙江省杭洲市", "安徽省舒城市", "江苏省扬洲市江都区")


@case("places", "levels_contradict")
def levels_contradict(at: Case) -> Files:
    """City and county exist, but not one in the other."""
    return _from(at, "安徽省合肥市舒城县", "江苏省杭州市", "浙江省合肥市庐江县")


@case("places", "with_house_and_group")
def with_house_and_group(at: Case) -> Files:
    """The address goes on to group, house and room, or has brackets and spaces."""
    return _from(
        at,
        "安徽省六安市舒城县城关镇鼓楼社区3栋201室",
        "安徽省 六安市 舒城县",
        "安徽省（六安市）舒城县",
        "安徽省-六安市-舒城县",
        "安徽省/六安市/舒城县",
    )


@case("places", "codes_for_names")
def codes_for_names(at: Case) -> Files:
    """The program wrote division codes for names: of 6 and 12 digits, as text and as a number, one long gone."""
    return _from(at, "341523", "341523000000", 341523, "342622", "349999")


@case("places", "kinds_of_villages")
def kinds_of_villages(at: Case) -> Files:
    """Where people live in the sender's village is written in every way there is."""
    v = at.village
    base = v.name.replace("村民委员会", "").replace("社区居民委员会", "")
    cells: list[Cell] = [
        f"{v.full}3组", v.name, f"{base}村委会", f"{base}村民组", "本村", "3组", f"安徽省合肥市{v.full}",
        f"{v.town}{base}", f"庐江{v.town}{base}",
    ]  # fmt: skip
    return {"名单.xlsx": xlsx(at.inflow({"现居住地址": cells}))}


@case("places", "lives_in_another_village")
def lives_in_another_village(at: Case) -> Files:
    """An inflow list names another village, another county or nothing as the place where somebody lives."""
    cells: list[Cell] = ["庐江县庐城镇新桥村", "安徽省六安市舒城县", "浙江省杭州市", "外省", None]
    return {"名单.xlsx": xlsx(at.inflow({"现居住地址": cells}))}


@case("places", "at_home")
def at_home(at: Case) -> Files:
    """People are on the inflow list of the village in which their hukou is, or of their own township."""
    return _from(at, f"安徽省合肥市{at.village.full}", f"安徽省合肥市庐江县{at.village.town}", "安徽省合肥市庐江县")


@case("places", "no_place_at_all")
def no_place_at_all(at: Case) -> Files:
    """The column of addresses holds names of people, employers and remarks."""
    return _from(at, "随儿子居住", "某某电子有限公司", "12345", "同上", "〃")


@case("places", "in_pieces")
def in_pieces(at: Case) -> Files:
    """The address stands in three columns, some of them empty, with the kind left out."""
    columns: dict[str, list[Cell]] = {
        "户籍省": ["安徽省", "安徽", None, "上海市", "浙江省"],
        "户籍市": ["六安市", "六安", "六安市", "市辖区", None],
        "户籍县": ["舒城县", "舒城", "舒城县", "浦东新区", "西湖区"],
    }
    return {"名单.xlsx": xlsx(at.inflow(columns, without=("户籍地址",)))}
