//! Writers: what is written is read again, the same rows give the same bytes, and what fails harms nothing.

use std::fs::File;
use std::path::Path;

use lakatos_datasets::write::{
    Card, Kind, Schema, Shard, Split, Table, WriteError, Written, directory, shard,
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

fn schema() -> Schema {
    let premise = Schema::new([("full_name", Kind::Text), ("lines", Kind::Int.list())]);
    let step = Schema::new([
        ("tactic", Kind::Text),
        ("premises", Kind::Struct(premise).list()),
    ]);
    Schema::new([
        ("name", Kind::Text),
        ("level", Kind::Int),
        ("seconds", Kind::Float),
        ("trivial", Kind::Bool),
        ("tags", Kind::Text.list()),
        ("steps", Kind::Struct(step).list()),
        ("more", Kind::Json),
    ])
}

/// Every way for something to be missing or empty.
fn rows() -> Vec<Value> {
    vec![
        json!({"name": "a", "level": 3, "seconds": 0.5, "trivial": true, "tags": ["x", "y"], "more": {"k": [1]},
               "steps": [{"tactic": "rw [h]", "premises": [{"full_name": "h", "lines": [1, 2]}, {"full_name": "g", "lines": []}]},
                         {"tactic": "rfl", "premises": []}]}),
        json!({"name": "b", "level": null, "seconds": 1, "trivial": null, "tags": [], "more": null, "steps": []}),
        json!({"name": "∀ ε > 0", "level": -1, "seconds": null, "trivial": false, "tags": null, "more": "s", "steps": null}),
        json!({"name": null, "level": 4, "seconds": null, "trivial": false, "tags": ["z", null], "more": 7,
               "steps": [null, {"tactic": null, "premises": [{"full_name": null, "lines": null}]}]}),
    ]
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is there")
}

#[test]
fn parquet_and_jsonl_hold_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut open = Shard::create(dir.path(), "train-00000-of-00001", &schema()).unwrap();
    rows().iter().for_each(|r| open.row(r).unwrap());
    assert!(!dir.path().join("train-00000-of-00001.jsonl").exists());
    let written = open.finish().unwrap();
    let parquet = dir.path().join("train-00000-of-00001.parquet");
    assert_eq!(written.rows, 4);
    assert_eq!(written.parquet, bytes(&parquet).len() as u64);
    let lines = std::fs::read_to_string(dir.path().join("train-00000-of-00001.jsonl")).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines, rows());
    let read = lakatos_datasets::table::rows(&parquet).unwrap();
    let read: Vec<Value> = read.map(|r| Value::Object(r.unwrap())).collect();
    let mut wanted = rows();
    for row in &mut wanted {
        if !row["more"].is_null() {
            row["more"] = json!(row["more"].to_string());
        }
        if row["seconds"].is_number() {
            row["seconds"] = json!(row["seconds"].as_f64());
        }
    }
    assert_eq!(read, wanted);
}

#[test]
fn the_same_rows_give_the_same_bytes_in_shards_and_row_groups() {
    let made = |_| {
        let dir = tempfile::tempdir().unwrap();
        let table = directory(dir.path(), "default");
        let mut split = Split::new(&table, "train", &schema()).at_most(100_000);
        for i in 0..12_000 {
            split.row(&json!({"name": format!("t{i}"), "level": i % 5, "tags": [format!("{}", i % 7)]})).unwrap();
        }
        (split.finish().unwrap(), dir)
    };
    let [(one, a), (two, b)] = [0, 1].map(made);
    assert_eq!(one, two);
    assert_eq!(one.rows, 12_000);
    let mut names = 0;
    let mut all = 0;
    for entry in std::fs::read_dir(a.path().join("data")).unwrap() {
        let name = entry.unwrap().file_name();
        assert_eq!(
            bytes(&a.path().join("data").join(&name)),
            bytes(&b.path().join("data").join(&name))
        );
        names += 1;
        if name.to_string_lossy().ends_with("parquet") {
            let file = File::open(a.path().join("data").join(&name)).unwrap();
            let reader = SerializedFileReader::new(file).unwrap();
            all += reader.metadata().file_metadata().num_rows();
        }
    }
    assert!(names >= 4 && names % 2 == 0, "{names}");
    assert_eq!(all, 12_000);
    let groups = tempfile::tempdir().unwrap();
    let mut shard = Shard::create(groups.path(), "s", &schema()).unwrap();
    (0..shard::GROUP_ROWS + 1).for_each(|i| shard.row(&json!({"level": i})).unwrap());
    shard.finish().unwrap();
    let file = File::open(groups.path().join("s.parquet")).unwrap();
    assert_eq!(SerializedFileReader::new(file).unwrap().num_row_groups(), 2);
}

#[test]
fn a_second_writing_with_fewer_shards_leaves_none_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    for (rows, files) in [(3, 6), (1, 2)] {
        let mut split = Split::new(dir.path(), "train", &schema()).at_most(1);
        (0..rows).for_each(|i| split.row(&json!({"level": i})).unwrap());
        split.finish().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), files);
    }
    std::fs::write(dir.path().join("train-notes.txt"), "mine").unwrap();
    Split::new(dir.path(), "train", &schema()).finish().unwrap();
    assert!(dir.path().join("train-notes.txt").exists());
    let empty = dir.path().join("train-00000-of-00001.parquet");
    assert_eq!(lakatos_datasets::table::rows(&empty).unwrap().count(), 0);
}

#[test]
fn a_row_that_does_not_fit_is_named_and_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut open = Shard::create(dir.path(), "s", &schema()).unwrap();
    for (row, words) in [
        (json!({"name": 1}), "`name` should be a text"),
        (json!({"level": 0.5}), "`level` should be a 64-bit integer"),
        (json!({"level": u64::MAX}), "`level`"),
        (json!({"nom": "a"}), "`nom` should be nothing"),
        (json!({"steps": [{"tactic": 1}]}), "`steps.tactic`"),
        (json!([1]), "`row` should be an object"),
    ] {
        let said = open.row(&row).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    assert!(open.json("{").is_err());
    open.row(&json!({"name": "fits"})).unwrap();
    assert_eq!(open.finish().unwrap().rows, 1);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_harms_nothing() {
    for extension in ["parquet", "jsonl"] {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join(format!("s.{extension}"));
        std::fs::write(&place, "earlier").unwrap();
        let aside = dir.path().join(format!("s.{extension}.unfinished"));
        std::os::unix::fs::symlink("/dev/full", aside).unwrap();
        let written = Shard::create(dir.path(), "s", &schema()).and_then(|mut shard| {
            (0..20_000).try_for_each(|i| shard.row(&json!({"name": format!("{i}")})))?;
            shard.finish()
        });
        let error = written.unwrap_err();
        assert!(matches!(
            error,
            WriteError::Io { .. } | WriteError::Parquet { .. }
        ));
        let said = error.to_string();
        assert!(
            said.contains(&format!("s.{extension} cannot be written")) && said.contains("No space"),
            "{said}"
        );
        assert_eq!(bytes(&place), b"earlier");
    }
}

#[test]
fn the_card_says_what_was_written() {
    let written = Written {
        rows: 2,
        bytes: 100,
        parquet: 60,
        jsonl: 120,
    };
    let card = Card {
        title: "Theorems".into(),
        text: "Made for a test.".into(),
        license: Some("apache-2.0".into()),
        languages: vec!["en".into()],
        tags: vec!["lean4".into(), "theorem-proving".into()],
        tasks: vec!["text-generation".into()],
        provenance: vec![("seed".into(), "0".into())],
        tables: vec![Table {
            name: "default".into(),
            schema: schema(),
            splits: vec![("train".into(), written)],
        }],
    };
    insta::assert_snapshot!(card.render());
}

/// The most memory that this process has held so far, in KiB.
#[cfg(target_os = "linux")]
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status
        .lines()
        .find(|l| l.starts_with("VmHWM:"))
        .expect("Linux tells it");
    line.split_whitespace()
        .nth(1)
        .expect("Linux tells it")
        .parse()
        .expect("Linux tells it")
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_flat_over_a_hundred_thousand_rows() {
    let schema = Schema::new([
        ("id", Kind::Int),
        ("text", Kind::Text),
        ("findings", Kind::Text.list()),
        ("more", Kind::Json),
    ]);
    let dir = tempfile::tempdir().unwrap();
    let mut split = Split::new(dir.path(), "train", &schema);
    // Texts differ, so that no dictionary holds them all in a few bytes.
    let row = |i: u64| {
        let text: String = (0..40)
            .map(|k| {
                format!(
                    "{:x} ",
                    i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(k)
                )
            })
            .collect();
        json!({"id": i, "text": text, "findings": [format!("a{i}"), "b"], "more": {"k": [i]}})
    };
    let mut early = 0;
    for i in 0..100_000 {
        split.row(&row(i)).unwrap();
        if i == 20_000 {
            early = peak_kib();
        }
    }
    let late = peak_kib();
    let written = split.finish().unwrap();
    println!(
        "{} bytes of values; peak {early} KiB after a fifth, {late} KiB in the end",
        written.bytes
    );
    assert_eq!(written.rows, 100_000);
    assert!(written.bytes > 60 << 20);
    // What one row group holds, and no more with the fifth than with the last.
    assert!(late < early + (24 << 10), "{early} KiB, then {late} KiB");
}
