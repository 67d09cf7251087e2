//! Cards that lie, one lie at a time, beside one that does not.

use lakatos_datasets::check::card::judge;
use lakatos_datasets::exchange::convert::Export;
use lakatos_datasets::exchange::{Form, Record};
use lakatos_datasets::table;
use lakatos_datasets::write::Card;

fn kinds(edit: impl Fn(&str) -> String, spoil: impl Fn(&std::path::Path)) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let mut export = Export::new(dir.path(), Form::named("deepseek").expect("a form"));
    for i in 0..5 {
        let record = Record {
            name: format!("t{i}"),
            formal_statement: format!("theorem t{i} : {i} = {i} := by sorry"),
            ..Record::default()
        };
        export.put(&record).expect("it can be written");
    }
    export.finish(Card::default()).expect("it can be written");
    let card = dir.path().join("README.md");
    let text = std::fs::read_to_string(&card).expect("a card");
    let edited = edit(&text);
    std::fs::write(&card, edited).expect("it can be written");
    spoil(dir.path());
    let files = table::files(dir.path()).expect("files");
    judge(dir.path(), &files)
        .into_iter()
        .map(|l| l.kind)
        .collect()
}

#[test]
fn a_card_that_lies_is_told_how() {
    let untouched = |_: &std::path::Path| {};
    assert_eq!(kinds(str::to_owned, untouched), Vec::<String>::new());
    for (from, to, kind) in [
        ("num_examples: 5", "num_examples: 50", "rows"),
        ("- name: goal\n", "- name: gaol\n", "columns"),
        (
            "- name: goal\n    dtype: string",
            "- name: goal\n    dtype: int64",
            "types",
        ),
        ("data/train-*.parquet", "data/test-*.parquet", "files"),
        ("  - name: train\n", "  - name: test\n", "files"),
        ("download_size: ", "download_size: 1", "size"),
        ("configs:", "confgs:", "metadata"),
        ("configs:", "configs: [", "metadata"),
        ("---\n", "", "no_card"),
        ("n<1K", "1K<n<10K", "size"),
    ] {
        let found = kinds(|card| card.replacen(from, to, 1), untouched);
        assert!(found.iter().any(|k| k == kind), "{to}: {found:?}");
    }
}

#[test]
fn files_that_are_damaged_gone_or_more_are_told() {
    let same = str::to_owned;
    let spoil = |root: &std::path::Path| {
        let file = root.join("data/train-00000-of-00001.parquet");
        std::fs::write(file, "PAR1 and nothing more").expect("it can be written");
    };
    assert!(kinds(same, spoil).contains(&"files".to_owned()));
    let more = |root: &std::path::Path| {
        std::fs::write(root.join("more.jsonl"), "{}\n").expect("it can be written");
    };
    assert_eq!(kinds(same, more), ["unlisted"]);
    let gone = |root: &std::path::Path| {
        std::fs::remove_file(root.join("README.md")).expect("it was there");
    };
    assert_eq!(kinds(same, gone), ["no_card"]);
    // Aliases that multiply are refused by the YAML reader and do not fill the memory.
    let bomb = |_: &str| {
        let mut yaml = "---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            yaml.push_str(&format!(
                "a{i}: &a{i} [{}]\n",
                vec![format!("*a{}", i - 1); 9].join(", ")
            ));
        }
        yaml + "---\n"
    };
    assert_eq!(kinds(bomb, |_| {}), ["metadata"]);
}

#[test]
fn checksums_and_licences_that_are_not_so_are_told() {
    let same = str::to_owned;
    let untouched = |_: &std::path::Path| {};
    let write = |root: &std::path::Path, name: &str, text: &str| {
        std::fs::write(root.join(name), text).expect("it can be written");
    };
    // The same number of rows and bytes, and another file.
    let edited = |root: &std::path::Path| {
        let file = root.join("data/train-00000-of-00001.jsonl");
        let text = std::fs::read_to_string(&file).expect("rows");
        std::fs::write(file, text.replacen("0 = 0", "0 = 1", 1)).expect("it can be written");
    };
    assert_eq!(kinds(same, edited), ["checksum"]);
    let fewer = |root: &std::path::Path| {
        write(root, "data/train-00000-of-00001.jsonl", "{}\n");
    };
    assert_eq!(kinds(same, fewer), ["rows", "checksum"]);
    let listed = |root: &std::path::Path| {
        let zeros = "0".repeat(64);
        let list = format!("{zeros}  data/gone.parquet\n{zeros} *../check.rs.jsonl\n");
        write(root, "SHA256SUMS", &list);
    };
    assert_eq!(kinds(same, listed), ["checksum", "checksum"]);

    let licensed = |card: &str| card.replacen("---\n", "---\nlicense: mit\n", 1);
    assert_eq!(kinds(licensed, untouched), Vec::<String>::new());
    let apache = |root: &std::path::Path| {
        write(
            root,
            "LICENSE",
            "Apache License\n  Version 2.0, January 2004\n",
        );
    };
    assert_eq!(kinds(licensed, apache), ["license"]);
    assert_eq!(kinds(same, apache), Vec::<String>::new());
    let rows = |root: &std::path::Path| {
        write(
            root,
            "more.jsonl",
            "{\"a\": 1, \"license\": \"CC BY 4.0\"}\n",
        );
    };
    assert_eq!(kinds(licensed, rows), ["unlisted", "license"]);
}
