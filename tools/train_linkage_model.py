"""Make ``warehouse/linking/data/model-1.json``: the weights learnt from invented people, and how common names are.

Everything is fixed: the same program gives the same file. A model that has been used is never made again under its old
name; give a new one. The shares of surnames are rounded from published counts; those of characters in given names are
rough, because they decide little.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from linking.people import invent

from warehouse.linking.comparisons import chinese_people
from warehouse.linking.model import SHIPPED, LinkageModel, save_model
from warehouse.linking.training import train

PEOPLE, RECORDS, SEED = 30_000, 10_000, 11

# Of 10,000 people.
SURNAMES = (
    ((720, 700), "王李"), ((680,), "张"), ((540, 460), "刘陈"), ((310,), "杨"), ((220, 210, 200, 200), "赵黄周吴"),
    ((150, 150, 140, 130, 120, 115, 115, 110), "徐孙胡朱高林何郭"), ((100, 95, 85, 80, 80, 75), "马罗梁宋郑谢"),
    ((65, 62, 60, 58, 57, 56, 55, 53, 50, 50), "韩唐冯于董萧程曹袁邓"),
    ((48, 46, 46, 45, 44, 43, 42, 41, 40, 40), "许傅沈曾彭吕苏卢蒋蔡"),
    ((38, 37, 36, 36, 35, 35, 34, 34, 33, 32), "贾丁魏薛叶阎余潘杜戴"),
    ((31, 30, 30, 29, 28, 28, 27, 27, 26, 26), "夏钟汪田任姜范方石姚"),
    ((25, 24, 24, 23, 23, 22, 22, 21, 21, 20), "谭廖邹熊金陆郝孔白崔"),
    ((19, 19, 18, 18, 17, 17, 16, 16, 15, 15), "康毛邱秦江史顾侯邵孟"),
    ((14, 14, 13, 13, 12, 12, 12, 11, 11, 11), "龙万段雷钱汤尹黎易常"),
    ((10, 10, 10, 10, 9, 9, 9, 9, 8, 8), "武乔贺赖龚文庞樊兰殷"),
)  # fmt: skip
# Of 1,000 characters in given names.
CHARACTERS = (
    (12, "华国文明英玉建秀小红春平军志"), (9, "兰海林德金伟荣丽芳云永新桂生成家晓"), (7, "梅强辉龙福珍庆东香凤光学立"),
    (5, "清敏静燕霞勇杰涛超刚鹏飞波斌宇浩健俊峰娟艳娜玲洁琳莲雪爱美祥忠良义"),
    (4, "磊鑫凯帆旭宁阳贵胜根宝道业素真环妹月莺媛菊勤贞莉婷雯慧巧倩婵雁蓓昇帅传长堃喆"),
)  # fmt: skip


def main() -> None:
    """Learn the weights and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--records", type=int, default=RECORDS)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with duckdb.connect() as connection:
        invent(connection, asked.people, asked.records, SEED)
        model = train(connection, untrained(asked.out.stem))
    save_model(model, asked.out)


def untrained(model_id: str) -> LinkageModel:
    """Return the model before it has learnt: what is compared, the thresholds and how common names are."""
    return LinkageModel(
        model_id=model_id,
        declaration=chinese_people(),
        # one of four million people
        prior=2.5e-7,
        link_weight=10.0,
        review_weight=0.0,
        margin=6.0,
        surnames={
            name: share / 10_000
            for shares, names in SURNAMES
            for name, share in zip(names, shares * (1 if len(shares) == len(names) else len(names)), strict=True)
        },
        characters={character: share / 1_000 for share, characters in CHARACTERS for character in characters},
    )


if __name__ == "__main__":
    main()
