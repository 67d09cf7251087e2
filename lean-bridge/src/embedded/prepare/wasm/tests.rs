//! On a small module built here: three functions, one of them in the table already.

use super::*;
use proptest::prelude::*;

const ADDRESS: i32 = 0x1234;

/// A function that stores `value` to `address`, as a body without locals.
fn store(address: i32, value: i32) -> enc::Function {
    let mut function = enc::Function::new([]);
    function.instructions().i32_const(address).i32_const(value);
    function.raw([0x3a, 0, 0, 0x0b]);
    function
}

struct Shape {
    base: i32,
    table: u64,
    stores: usize,
    exports: Vec<(String, u32)>,
}

impl Default for Shape {
    fn default() -> Self {
        let exports = [("kept", 1), ("dropped", 2), ("again", 2)];
        Self {
            base: 1,
            table: 2,
            stores: 1,
            exports: exports.map(|(n, i)| (n.to_owned(), i)).into(),
        }
    }
}

/// Imports one function (index 0); defines `1..=3`; function 3 is in the table.
fn module(shape: &Shape) -> Vec<u8> {
    let mut types = enc::TypeSection::new();
    types.ty().function([], []);
    let mut imports = enc::ImportSection::new();
    imports.import("env", "host", enc::EntityType::Function(0));
    let mut functions = enc::FunctionSection::new();
    for _ in 0..3 {
        functions.function(0);
    }
    let mut tables = enc::TableSection::new();
    tables.table(enc::TableType {
        element_type: enc::RefType::FUNCREF,
        table64: false,
        minimum: shape.table,
        maximum: None,
        shared: false,
    });
    let mut memory = enc::MemorySection::new();
    memory.memory(enc::MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = enc::GlobalSection::new();
    let i32_type = enc::GlobalType {
        val_type: enc::ValType::I32,
        mutable: false,
        shared: false,
    };
    globals.global(i32_type, &enc::ConstExpr::i32_const(ADDRESS));
    let mut exports = enc::ExportSection::new();
    for (name, index) in &shape.exports {
        exports.export(name, enc::ExportKind::Func, *index);
    }
    exports.export(IS_EMSCRIPTEN, enc::ExportKind::Global, 0);
    let mut elements = enc::ElementSection::new();
    elements.active(
        None,
        &enc::ConstExpr::i32_const(shape.base),
        enc::Elements::Functions(vec![3].into()),
    );
    let mut code = enc::CodeSection::new();
    for i in 0..3 {
        code.function(&store(ADDRESS, i32::from(i < shape.stores)));
    }
    let mut module = enc::Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memory)
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&code)
        .section(&enc::CustomSection {
            name: "note".into(),
            data: (&[1_u8, 2, 3][..]).into(),
        });
    module.finish()
}

fn names() -> HashSet<&'static str> {
    HashSet::from(["_kept", "unrelated"])
}

#[test]
fn moves_exports_into_the_table() {
    let out = rewrite(&module(&Shape::default()), &names()).unwrap();
    wasmparser::Validator::new()
        .validate_all(&out.wasm)
        .unwrap();
    let value = |n: &str| out.symbols.iter().find(|s| s.name == n).map(|s| s.value);
    assert_eq!(
        (
            value("kept"),
            value("dropped"),
            value("again"),
            value(IS_EMSCRIPTEN)
        ),
        (Some(2), Some(3), Some(3), Some(ADDRESS as u32))
    );
    assert_eq!(out.exports_kept, 1);
    assert_eq!(out.imports, ["env.host"]);
    let again = read(&out.wasm).unwrap();
    assert_eq!(again.elements, [3, 1, 2]);
    assert_eq!(again.table_minimum, Some(4));
    assert_eq!(
        again.exports.iter().map(|e| e.name).collect::<Vec<_>>(),
        ["kept"]
    );
    let old = module(&Shape::default());
    let differing = old[read(&old).unwrap().code]
        .iter()
        .zip(&out.wasm[again.code])
        .filter(|(a, b)| a != b)
        .collect::<Vec<_>>();
    assert_eq!(
        differing,
        [(&1, &0)],
        "one byte of the code changes: the stored value"
    );
}

#[test]
fn refuses_what_it_does_not_know() {
    let cases = [
        (
            Shape {
                stores: 0,
                ..Shape::default()
            },
            "no store",
        ),
        (
            Shape {
                stores: 2,
                ..Shape::default()
            },
            "more than one store",
        ),
        (
            Shape {
                table: 9,
                ..Shape::default()
            },
            "does not end",
        ),
        (
            Shape {
                base: -1,
                ..Shape::default()
            },
            "negative",
        ),
    ];
    for (shape, words) in cases {
        let error = rewrite(&module(&shape), &names()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(rewrite(b"\0asm", &names()).is_err());
}

proptest! {
    #[test]
    fn every_function_is_where_its_symbol_says(
        wanted in prop::collection::btree_map("[a-z_]{1,12}", 0_u32..4, 0..40),
        kept in prop::collection::hash_set("[a-z_]{1,2}", 0..8),
    ) {
        let exports = wanted.iter().map(|(n, i)| (n.clone(), *i)).collect();
        let shape = Shape { exports, ..Shape::default() };
        let kept: HashSet<&str> = kept.iter().map(String::as_str).collect();
        let out = rewrite(&module(&shape), &kept).unwrap();
        wasmparser::Validator::new().validate_all(&out.wasm).unwrap();
        let again = read(&out.wasm).unwrap();
        for symbol in out.symbols.iter().filter(|s| s.name != IS_EMSCRIPTEN) {
            let place = symbol.value as usize - 1;
            prop_assert_eq!(again.elements[place], wanted[&symbol.name]);
        }
        let distinct: HashSet<_> = again.elements.iter().collect();
        prop_assert_eq!(distinct.len(), again.elements.len());
    }

    #[test]
    fn never_panics(mut cut in 0_usize..400, byte in any::<u8>()) {
        let mut wasm = module(&Shape::default());
        cut = cut.min(wasm.len() - 1);
        wasm[cut] = byte;
        let _ = rewrite(&wasm, &names());
    }
}
