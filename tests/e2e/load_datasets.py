"""Loads every table of datasets, as their cards name them, with pandas, polars and `datasets`, and compares the rows
with those of the JSONL files."""

import json
import sys
from pathlib import Path

import datasets
import pandas
import polars


def table(root: Path, name: str) -> None:
    place = root / ("data" if name == "default" else name)
    lines = []
    for file in sorted(place.glob("*.jsonl")):
        lines += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    files = sorted(place.glob("*.parquet"))
    assert files, f"{place} holds no Parquet file"
    by_pandas = pandas.concat([pandas.read_parquet(file) for file in files])
    by_polars = polars.read_parquet(files)
    by_datasets = datasets.load_dataset(str(root), name, split="train")
    for rows in (len(by_pandas), by_polars.height, by_datasets.num_rows):
        assert rows == len(lines), f"{place}: {rows} rows and {len(lines)} lines"
    for index, line in enumerate(lines):
        row = by_datasets[index]
        assert list(row) == list(line) == list(by_pandas.columns) == by_polars.columns, f"{place}: columns differ"
        for column, value in line.items():
            got = row[column]
            # A column of any JSON value is its JSON text in Parquet.
            if isinstance(got, str) and not isinstance(value, str):
                got = json.loads(got)
            assert got == value, f"{place}, row {index}, {column}: {got!r} is not {value!r}"
    print(name, len(lines))


for argument in sys.argv[1:]:
    root = Path(argument)
    for name in datasets.get_dataset_config_names(str(root)):
        table(root, name)
