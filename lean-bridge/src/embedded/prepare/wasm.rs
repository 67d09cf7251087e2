//! Rewrites the wasm module: functions are reached through the table instead of through exports.
//!
//! The published module exports 200,000 functions and addresses; making a JavaScript object of each
//! takes most of its start. Here every exported function gets a place in the element segment, the
//! exports that the glue does not name are dropped, and [`Rewritten::symbols`] says where all are.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wasm_encoder as enc;
use wasmparser::{
    ConstExpr, ElementItems, ElementKind, ExternalKind, Operator, Parser, Payload, TypeRef, ValType,
};

use super::PrepareError;
use super::symbols::Symbol;

/// The global with the address of the constant `System.Platform.isEmscripten`.
const IS_EMSCRIPTEN: &str = "l_System_Platform_isEmscripten";

/// The module, rewritten.
#[derive(Debug)]
pub struct Rewritten {
    /// The new module.
    pub wasm: Vec<u8>,
    /// Every exported function with its place in the table, every exported address.
    pub symbols: Vec<Symbol>,
    /// The names that the module imports, as `module.name`.
    pub imports: Vec<String>,
    /// How many exports are left.
    pub exports_kept: usize,
}

/// What a pass over the sections finds.
#[derive(Default)]
struct Module<'a> {
    sections: Vec<(u8, Range<usize>)>,
    imports: Vec<(&'a str, &'a str)>,
    imported_globals: u32,
    table_minimum: Option<u64>,
    /// The value of each defined global that is an `i32` constant.
    constants: Vec<Option<u32>>,
    exports: Vec<wasmparser::Export<'a>>,
    element_base: i32,
    elements: Vec<u32>,
    /// Identifiers in custom sections before the code: `dylink.0` names exports too.
    linked: HashSet<&'a str>,
    code: Range<usize>,
}

/// Rewrites `wasm`; exports whose name (or `_name`) is in `named_by_glue` stay.
///
/// # Errors
/// The module is not laid out like the one that this was written for.
pub fn rewrite(wasm: &[u8], named_by_glue: &HashSet<&str>) -> Result<Rewritten, PrepareError> {
    let mut module = read(wasm)?;
    let base = u32::try_from(module.element_base)
        .map_err(|_| wrong("the element segment begins at a negative place"))?;
    if module.table_minimum != Some(u64::from(base) + module.elements.len() as u64) {
        return Err(wrong("the table does not end with the element segment"));
    }
    let patched_code = clear_is_emscripten(wasm, &module)?;

    let imported: HashSet<&str> = module.imports.iter().map(|i| i.1).collect();
    let mut places: HashMap<u32, u32> = HashMap::new();
    for (place, &function) in (base..).zip(&module.elements) {
        places.entry(function).or_insert(place);
    }
    let mut symbols = Vec::with_capacity(module.exports.len());
    let mut exports = enc::ExportSection::new();
    for export in &module.exports {
        let named = named_by_glue.contains(export.name)
            || named_by_glue.contains(format!("_{}", export.name).as_str())
            || module.linked.contains(export.name)
            || imported.contains(export.name);
        if export.kind == ExternalKind::Table || named {
            exports.export(export.name, kind(export.kind)?, export.index);
        }
        let value = match export.kind {
            ExternalKind::Func => {
                let next = base + module.elements.len() as u32;
                let place = *places.entry(export.index).or_insert(next);
                if place == next {
                    module.elements.push(export.index);
                }
                Some(place)
            }
            ExternalKind::Global => module.constant(export.index),
            _ => None,
        };
        symbols.extend(value.map(|value| Symbol {
            name: export.name.to_owned(),
            value,
        }));
    }

    let mut out = enc::Module::new();
    for (id, range) in &module.sections {
        match *id {
            id if id == enc::SectionId::Table as u8 => {
                let mut tables = enc::TableSection::new();
                tables.table(enc::TableType {
                    element_type: enc::RefType::FUNCREF,
                    table64: false,
                    minimum: u64::from(base) + module.elements.len() as u64,
                    maximum: None,
                    shared: false,
                });
                out.section(&tables);
            }
            id if id == enc::SectionId::Export as u8 => {
                out.section(&exports);
            }
            id if id == enc::SectionId::Element as u8 => {
                let mut elements = enc::ElementSection::new();
                elements.active(
                    None,
                    &enc::ConstExpr::i32_const(module.element_base),
                    enc::Elements::Functions(module.elements.as_slice().into()),
                );
                out.section(&elements);
            }
            id if *range == module.code => {
                let mut data = wasm[range.clone()].to_vec();
                data[patched_code - range.start] = 0;
                out.section(&enc::RawSection { id, data: &data });
            }
            id => {
                out.section(&enc::RawSection {
                    id,
                    data: &wasm[range.clone()],
                });
            }
        }
    }
    Ok(Rewritten {
        wasm: out.finish(),
        symbols,
        imports: module
            .imports
            .iter()
            .map(|(m, n)| format!("{m}.{n}"))
            .collect(),
        exports_kept: exports.len() as usize,
    })
}

impl Module<'_> {
    fn constant(&self, global: u32) -> Option<u32> {
        let defined = global.checked_sub(self.imported_globals)?;
        self.constants.get(defined as usize).copied().flatten()
    }
}

fn wrong(what: &str) -> PrepareError {
    PrepareError::Wasm(what.to_owned())
}

fn unreadable(e: wasmparser::Error) -> PrepareError {
    PrepareError::Wasm(e.to_string())
}

fn read(wasm: &[u8]) -> Result<Module<'_>, PrepareError> {
    let mut module = Module::default();
    let mut code_seen = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(unreadable)?;
        if let Some((id, range)) = payload.as_section() {
            module
                .sections
                .push((id, range.start as usize..range.end as usize));
        }
        match payload {
            Payload::CustomSection(section) if !code_seen => {
                let text = section.data();
                module.linked.extend(super::glue::identifiers(text));
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(unreadable)?;
                    module.imports.push((import.module, import.name));
                    module.imported_globals += u32::from(matches!(import.ty, TypeRef::Global(_)));
                }
            }
            Payload::TableSection(section) => {
                let mut tables = section.into_iter();
                let table = tables
                    .next()
                    .ok_or_else(|| wrong("no table"))?
                    .map_err(unreadable)?;
                if tables.next().is_some() || table.ty.maximum.is_some() || table.ty.table64 {
                    return Err(wrong("more than one growable 32-bit table"));
                }
                module.table_minimum = Some(table.ty.initial);
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.map_err(unreadable)?;
                    let plain = !global.ty.mutable && global.ty.content_type == ValType::I32;
                    let value = if plain {
                        i32_constant(&global.init_expr)?
                    } else {
                        None
                    };
                    module.constants.push(value.map(i32::cast_unsigned));
                }
            }
            Payload::ExportSection(section) => {
                module.exports = section
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .map_err(unreadable)?;
            }
            Payload::ElementSection(section) => {
                let mut segments = section.into_iter();
                let segment = segments
                    .next()
                    .ok_or_else(|| wrong("no elements"))?
                    .map_err(unreadable)?;
                let (
                    ElementKind::Active {
                        table_index: None | Some(0),
                        offset_expr,
                    },
                    None,
                ) = (&segment.kind, segments.next())
                else {
                    return Err(wrong("another element segment than one that is active"));
                };
                module.element_base = i32_constant(offset_expr)?
                    .ok_or_else(|| wrong("the element segment's place is not a constant"))?;
                let ElementItems::Functions(functions) = segment.items else {
                    return Err(wrong("the element segment does not list functions"));
                };
                module.elements = functions
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .map_err(unreadable)?;
            }
            Payload::CodeSectionStart {
                unchecked_range: ref range,
                ..
            } => {
                code_seen = true;
                module.code = range.start as usize..range.end as usize;
            }
            _ => {}
        }
    }
    Ok(module)
}

fn i32_constant(expr: &ConstExpr<'_>) -> Result<Option<i32>, PrepareError> {
    let mut operators = expr.get_operators_reader();
    Ok(match operators.read().map_err(unreadable)? {
        Operator::I32Const { value } => Some(value),
        _ => None,
    })
}

fn kind(kind: ExternalKind) -> Result<enc::ExportKind, PrepareError> {
    Ok(match kind {
        ExternalKind::Func => enc::ExportKind::Func,
        ExternalKind::Table => enc::ExportKind::Table,
        ExternalKind::Memory => enc::ExportKind::Memory,
        ExternalKind::Global => enc::ExportKind::Global,
        ExternalKind::Tag => enc::ExportKind::Tag,
        ExternalKind::FuncExact => return Err(wrong("an export of exact function type")),
    })
}

/// Where to put a zero, so that `System.Platform.isEmscripten` is false.
///
/// Where it is true, this Lean's frontend forces `OLeanLevel.exported`, which makes every file a
/// `module`: `#print axioms` is refused and most `def` and `#eval` fail.
fn clear_is_emscripten(wasm: &[u8], module: &Module<'_>) -> Result<usize, PrepareError> {
    let address = module
        .exports
        .iter()
        .find(|e| e.kind == ExternalKind::Global && e.name == IS_EMSCRIPTEN)
        .and_then(|e| module.constant(e.index))
        .ok_or_else(|| wrong("no address of System.Platform.isEmscripten"))?;
    // i32.const address; i32.const 1; i32.store8 align=0 offset=0
    let mut store = vec![0x41];
    enc::Encode::encode(&address.cast_signed(), &mut store);
    store.extend([0x41, 1, 0x3a, 0, 0]);
    let code = &wasm[module.code.clone()];
    let mut found = memchr::memmem::find_iter(code, &store);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(module.code.start + at + store.len() - 4),
        (None, _) => Err(wrong("no store to System.Platform.isEmscripten")),
        (Some(_), Some(_)) => Err(wrong("more than one store to System.Platform.isEmscripten")),
    }
}

#[cfg(test)]
mod tests;
