from __future__ import annotations

import pytest

from ingest.errors import FileRefusedError
from ingest.reading.document import Limits, read_document
from ingest.reading.encoding import decoded
from ingest.reading.text import sniffed_separator

LIMITS = Limits()
ROWS = [["姓名", "户籍地址", "联系电话"], ["束甲", "安徽省合肥市庐江县", "00123"], ["束乙", "河南省郑州市", "00456"]]


def _rows(content: bytes) -> list[list[str]]:
    (sheet,) = read_document(content, LIMITS).sheets
    return sheet.head(sheet.height)


def _refused(content: bytes, limits: Limits = LIMITS) -> tuple[str, str]:
    with pytest.raises(FileRefusedError) as error:
        read_document(content, limits)
    return error.value.rule_id, error.value.advice_zh


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312"]
)
@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "，", "、", "   ", " "])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_texts_of_every_encoding_and_separator(encoding: str, separator: str, line_end: str) -> None:
    content = line_end.join(separator.join(row) for row in ROWS).encode(encoding)
    assert _rows(content) == ROWS
    assert (
        _rows(content + line_end.encode(encoding.replace("-sig", "") if encoding != "utf-16" else "utf-16-le")) == ROWS
    )


def test_big5_is_told_from_gb18030() -> None:
    rows = [["姓名", "戶籍地址"], ["林大同", "臺灣省臺北縣板橋市"], ["陳小明", "高雄市三民區"]]
    content = "\n".join(",".join(row) for row in rows).encode("big5")
    assert decoded(content)[1] == "big5"
    assert _rows(content) == rows


@pytest.mark.parametrize("text", ["姓名,性别\n束甲,男\n", "村名,人数\n岗集,3\n", "𠮷,1\n䶮,2\n㐂,3\n"])
def test_a_few_chinese_words_are_enough(text: str) -> None:
    assert decoded(text.encode("gb18030")) == (text, "gb18030")


def test_lines_in_another_encoding_are_found_and_told() -> None:
    lines = [f"束甲{n},安徽省合肥市,男" for n in range(10)]
    in_gb = [line.encode("gb18030") for line in lines]
    in_utf8 = [line.encode() for line in lines]
    for content in (
        b"\n".join([*in_gb[:6], in_utf8[6], *in_gb[7:]]),
        b"\n".join([*in_utf8[:6], in_gb[6], *in_utf8[7:]]),
        b"\xef\xbb\xbf" + b"\n".join([*in_utf8[:6], in_gb[6], *in_utf8[7:]]),
    ):
        rule_id, advice = _refused(content)
        assert rule_id == "file_mixed_encoding"
        assert "第 7 行" in advice


@pytest.mark.parametrize("encoding", ["euc-kr", "euc-jp", "shift_jis"])
def test_what_reads_as_nothing_chinese_is_refused_not_guessed(encoding: str) -> None:
    korean, japanese = (
        "대한민국 서울특별시 강남구 주소 전화번호 남자 여자 성명 생년월일 직업\n",
        "氏名は山田さんです、住まいは東京都千代田区にあります、電話番号と仕事をお書きください\n",
    )
    content = ((korean if encoding == "euc-kr" else japanese) * 9).encode(encoding)
    assert _refused(content)[0] in {"file_encoding", "file_mixed_encoding"}


def test_quotes_that_cannot_be_right_spoil_only_their_line() -> None:
    lines = [
        "姓名,身高,备注",
        '"束甲,170,好',
        '束乙,"5""8",好',
        '束"丙",160,x',
        '"束丁",1',
        '"束""戊",2,"a,b"',
        '束己,"3"x,y',
    ]
    rows = _rows("\n".join(lines).encode())
    assert len(rows) == len(lines)
    assert rows[1:] == [
        ['"束甲', "170", "好"],
        ["束乙", '5"8', "好"],
        ['束"丙"', "160", "x"],
        ["束丁", "1", ""],
        ['束"戊', "2", "a,b"],
        ["束己", '"3"x', "y"],
    ]


def test_a_stray_quote_swallows_no_rows_of_a_long_list() -> None:
    lines = ["编号,姓名,备注", *(f"{n},束{n},x" for n in range(5000))]
    lines[7] = '7,"束7,x'
    lines[2000] = '2000,"束\n两行",x'
    lines[4000] = '4000,"束,x'
    rows = _rows("\n".join(lines).encode())
    assert len(rows) == 5001
    assert rows[7] == ["7", '"束7', "x"]
    assert rows[2000] == ["2000", "束\n两行", "x"]
    assert rows[5000] == ["4999", "束4999", "x"]


def test_marks_that_keep_numbers_as_text_are_taken_off() -> None:
    content = b'A,B,C,D\n="0012",\'340124199001010018,="", \'x\n"=""00,1""",2,3,=1+1\n'
    assert _rows(content)[1:] == [["0012", "340124199001010018", "", " 'x"], ["00,1", "2", "3", "=1+1"]]


def test_blank_and_uneven_lines_keep_their_place() -> None:
    rows = _rows("流入人口登记表\n\n姓名,性别,年龄,电话\n束甲,男\n,,,\n束乙,女,30,1,多\n".encode())
    assert len(rows) == 6
    assert rows[1] == rows[4] == [""] * 5
    assert rows[5] == ["束乙", "女", "30", "1", "多"]


def test_a_list_may_say_its_separator() -> None:
    assert _rows("sep=;\r\n姓名;备注\r\n束甲;a,b,c\r\n".encode()) == [["姓名", "备注"], ["束甲", "a,b,c"]]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("姓名\t地址\n束甲\t安徽，合肥，庐江\n束乙\t安徽，合肥，庐江\n", "\t"),
        ("姓名,地址\n束甲,安徽、合肥\n束乙,安徽、合肥、庐江\n", ","),
        ('姓名;地址\n"a,b,c,d,e";x\n"a,b,c,d,e";y\n', ";"),
        ("流入人口、流出人口、户籍人口登记表\n姓名|性别\n束甲|男\n", "|"),
    ],
)
def test_separators_inside_texts_mislead_nobody(text: str, separator: str) -> None:
    assert sniffed_separator(text) == separator


def test_a_text_of_one_column_stays_whole() -> None:
    assert _rows("姓名\n束甲\n束乙\n".encode()) == [["姓名"], ["束甲"], ["束乙"]]


def test_a_list_of_few_rare_characters_is_read_all_the_same() -> None:
    rows = [[f"束甲{n}", "囗"] for n in range(200)]
    assert _rows("\n".join(",".join(row) for row in rows).encode("gb18030")) == rows
