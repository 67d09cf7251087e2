//! A strict reader of the lean4export format, version 3.1.0: what it lets pass is numbered without
//! gaps, refers backwards only, says nothing twice, and declares what it uses first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

/// A declaration that was read.
#[derive(Debug, Clone)]
pub struct Declared {
    /// `thm`, `def`, `axiom`, `opaque`, `quot`, `type`, `ctor` or `rec`.
    pub kind: &'static str,
    /// Full name, without guillemets.
    pub name: String,
    /// The number of its type.
    pub ty: u64,
    /// The number of its value, where it has one.
    pub value: Option<u64>,
}

/// A text that was read.
#[derive(Debug, Default)]
pub struct Export {
    names: Vec<String>,
    levels: Vec<Value>,
    exprs: Vec<Value>,
    /// Loose bound variables reach so far out of each expression.
    loose: Vec<u64>,
    said: HashSet<String>,
    /// What is declared, in order.
    pub declared: Vec<Declared>,
    by_name: HashMap<u64, usize>,
}

type Read<T = ()> = Result<T, String>;

fn number(v: &Value, key: &str) -> Read<u64> {
    v[key]
        .as_u64()
        .ok_or_else(|| format!("`{key}` is no number"))
}

fn numbers(v: &Value, key: &str) -> Read<Vec<u64>> {
    let list = v[key]
        .as_array()
        .ok_or_else(|| format!("`{key}` is no list"))?;
    let each = list
        .iter()
        .map(|n| n.as_u64().ok_or_else(|| format!("`{key}` holds no number")));
    each.collect()
}

fn keys(v: &Value, expected: &str) -> Read {
    let object = v.as_object().ok_or("not an object")?;
    let found: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = expected.split(' ').collect();
    if found == expected {
        Ok(())
    } else {
        Err(format!("the fields are {found:?} and not {expected:?}"))
    }
}

fn below<T>(table: &[T], n: u64) -> Read<&T> {
    table
        .get(n as usize)
        .ok_or_else(|| format!("{n} is not there yet"))
}

impl Export {
    /// Reads a text.
    pub fn read(text: &str) -> Read<Self> {
        let mut lines = text.split_terminator('\n').enumerate();
        let (_, first) = lines.next().ok_or("it is empty")?;
        let meta: Value = serde_json::from_str(first).map_err(|e| e.to_string())?;
        let version = &meta["meta"]["format"]["version"];
        if version != "3.1.0" || !meta["meta"]["lean"]["version"].is_string() {
            return Err(format!("the first line is {first}"));
        }
        let mut export = Self {
            names: vec![String::new()],
            levels: vec![Value::Null],
            ..Self::default()
        };
        for (i, line) in lines {
            let value: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
            export
                .line(&value)
                .map_err(|e| format!("line {}: {e}: {line}", i + 1))?;
        }
        Ok(export)
    }

    fn line(&mut self, v: &Value) -> Read {
        let mut body = v.as_object().ok_or("not an object")?.clone();
        for (index, next) in [
            ("in", self.names.len()),
            ("il", self.levels.len()),
            ("ie", self.exprs.len()),
        ] {
            let Some(at) = body.remove(index) else {
                continue;
            };
            if at.as_u64() != Some(next as u64) || body.len() != 1 {
                return Err(format!("number {next} should be next"));
            }
            let body = Value::Object(body);
            if !self.said.insert(format!("{index} {body}")) {
                return Err("it is there already".into());
            }
            return match index {
                "in" => self.name(&body),
                "il" => self.level(body),
                _ => self.expr(body),
            };
        }
        let (kind, body) = body.iter().next().ok_or("empty")?;
        keys(v, kind)?;
        self.declaration(kind, body)
    }

    fn name(&mut self, v: &Value) -> Read {
        let (body, part) = match v.get("str") {
            Some(body) => (body, body["str"].as_str().ok_or("no string")?.to_owned()),
            None => (&v["num"], number(&v["num"], "i")?.to_string()),
        };
        let before = below(&self.names, number(body, "pre")?)?;
        let joint = if before.is_empty() { "" } else { "." };
        self.names.push(format!("{before}{joint}{part}"));
        Ok(())
    }

    fn level(&mut self, v: Value) -> Read {
        let (kind, _) = v.as_object().and_then(|o| o.iter().next()).ok_or("empty")?;
        match kind.as_str() {
            "succ" => drop(below(&self.levels, number(&v, "succ")?)?),
            "max" | "imax" => {
                let both = numbers(&v, kind)?;
                if both.len() != 2 {
                    return Err("not two levels".into());
                }
                for n in both {
                    below(&self.levels, n)?;
                }
            }
            "param" => drop(below(&self.names, number(&v, "param")?)?),
            other => return Err(format!("an unknown level {other}")),
        }
        self.levels.push(v);
        Ok(())
    }

    fn expr(&mut self, v: Value) -> Read {
        let (kind, body) = v.as_object().and_then(|o| o.iter().next()).ok_or("empty")?;
        let at = |key: &str| -> Read<u64> { below(&self.loose, number(body, key)?).copied() };
        let loose = match kind.as_str() {
            "bvar" => body.as_u64().ok_or("no number")? + 1,
            "sort" => {
                below(&self.levels, body.as_u64().ok_or("no number")?)?;
                0
            }
            "const" => {
                keys(body, "name us")?;
                below(&self.names, number(body, "name")?)?;
                for u in numbers(body, "us")? {
                    below(&self.levels, u)?;
                }
                0
            }
            "app" => {
                keys(body, "fn arg")?;
                at("fn")?.max(at("arg")?)
            }
            "lam" | "forallE" => {
                keys(body, "name type body binderInfo")?;
                below(&self.names, number(body, "name")?)?;
                at("type")?.max(at("body")?.saturating_sub(1))
            }
            "letE" => {
                keys(body, "name type value body nondep")?;
                below(&self.names, number(body, "name")?)?;
                at("type")?
                    .max(at("value")?)
                    .max(at("body")?.saturating_sub(1))
            }
            "proj" => {
                keys(body, "typeName idx struct")?;
                number(body, "idx")?;
                at("struct")?
            }
            "natVal" => {
                let digits = body.as_str().ok_or("no string")?;
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err("not a number in digits".into());
                }
                0
            }
            "strVal" => body.as_str().map(|_| 0).ok_or("no string")?,
            other => return Err(format!("an unknown expression {other}")),
        };
        self.loose.push(loose);
        self.exprs.push(v);
        Ok(())
    }

    fn declaration(&mut self, kind: &str, v: &Value) -> Read {
        let block: Vec<(&'static str, &Value)> = match kind {
            "axiom" => vec![("axiom", v)],
            "def" => vec![("def", v)],
            "thm" => vec![("thm", v)],
            "opaque" => vec![("opaque", v)],
            "quot" => vec![("quot", v)],
            "inductive" => {
                keys(v, "types ctors recs")?;
                let kinds = [("types", "type"), ("ctors", "ctor"), ("recs", "rec")];
                let list = |key: &str| v[key].as_array().ok_or("no list");
                let mut all = Vec::new();
                for (key, kind) in kinds {
                    all.extend(list(key)?.iter().map(|v| (kind, v)));
                }
                all
            }
            other => return Err(format!("an unknown declaration {other}")),
        };
        for (kind, v) in &block {
            let name = number(v, "name")?;
            let declared = Declared {
                kind,
                name: below(&self.names, name)?.clone(),
                ty: number(v, "type")?,
                value: v["value"].as_u64(),
            };
            if self.by_name.insert(name, self.declared.len()).is_some() {
                return Err(format!("{} is declared twice", declared.name));
            }
            self.declared.push(declared);
        }
        for (kind, v) in block {
            self.declares(kind, v)?;
        }
        Ok(())
    }

    /// One constant, whose block's names are there already.
    fn declares(&self, kind: &str, v: &Value) -> Read {
        keys(
            v,
            match kind {
                "axiom" => "name levelParams type isUnsafe",
                "def" => "name levelParams type value hints safety all",
                "thm" => "name levelParams type value all",
                "opaque" => "name levelParams type value isUnsafe all",
                "quot" => "name levelParams type kind",
                "type" => {
                    "name levelParams type numParams numIndices all ctors numNested isRec isUnsafe \
                     isReflexive"
                }
                "ctor" => "name levelParams type induct cidx numParams numFields isUnsafe",
                _ => {
                    "name levelParams type all numParams numIndices numMotives numMinors rules k \
                     isUnsafe"
                }
            },
        )?;
        let safe = v.get("isUnsafe").is_none_or(|u| u == false)
            && v.get("safety").is_none_or(|s| s == "safe");
        if !safe {
            return Err("it is not safe".into());
        }
        let params: HashSet<u64> = numbers(v, "levelParams")?.into_iter().collect();
        for n in &params {
            let level = serde_json::json!({ "param": n });
            if !self.levels.contains(&level) {
                return Err(format!("the parameter {n} is not there as a level"));
            }
        }
        let mut terms = vec![number(v, "type")?];
        terms.extend(v["value"].as_u64());
        for rule in v["rules"].as_array().into_iter().flatten() {
            keys(rule, "ctor nfields rhs")?;
            terms.push(number(rule, "rhs")?);
        }
        for name in ["all", "ctors"] {
            for n in v[name].as_array().into_iter().flatten() {
                below(&self.names, n.as_u64().ok_or("no number")?)?;
            }
        }
        for term in terms {
            if *below(&self.loose, term)? != 0 {
                return Err(format!("the term {term} has loose bound variables"));
            }
            self.term(term, &params)?;
        }
        Ok(())
    }

    /// Whether all that a term speaks of is there.
    fn term(&self, term: u64, params: &HashSet<u64>) -> Read {
        let (mut todo, mut seen) = (vec![term], HashSet::new());
        while let Some(n) = todo.pop() {
            if !seen.insert(n) {
                continue;
            }
            let e = below(&self.exprs, n)?;
            if let Some(c) = e.get("const") {
                let name = number(c, "name")?;
                if !self.by_name.contains_key(&name) {
                    return Err(format!("{} is not declared", self.names[name as usize]));
                }
                for u in numbers(c, "us")? {
                    self.params_within(u, params)?;
                }
            } else if let Some(u) = e.get("sort") {
                self.params_within(u.as_u64().ok_or("no number")?, params)?;
            } else if e.get("natVal").is_some() {
                self.declares_already("Nat")?;
            } else if e.get("strVal").is_some() {
                self.declares_already("String.ofList")?;
                self.declares_already("Char.ofNat")?;
            }
            for body in ["app", "lam", "forallE", "letE", "proj"].map(|kind| &e[kind]) {
                for part in ["fn", "arg", "type", "value", "body", "struct"] {
                    todo.extend(body[part].as_u64());
                }
            }
        }
        Ok(())
    }

    fn declares_already(&self, name: &str) -> Read {
        let there = self.declared.iter().any(|d| d.name == name);
        there
            .then_some(())
            .ok_or_else(|| format!("{name} is not declared before a literal"))
    }

    fn params_within(&self, level: u64, params: &HashSet<u64>) -> Read {
        let mut todo = vec![level];
        while let Some(n) = todo.pop() {
            let l = below(&self.levels, n)?;
            if let Some(p) = l["param"].as_u64()
                && !params.contains(&p)
            {
                return Err(format!("a universe {} of nobody", self.names[p as usize]));
            }
            todo.extend(l["succ"].as_u64());
            for both in ["max", "imax"] {
                todo.extend(
                    l[both]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_u64),
                );
            }
        }
        Ok(())
    }

    /// The name of the constant that an expression is.
    pub fn constant(&self, expr: u64) -> Option<&str> {
        let name = self.exprs.get(expr as usize)?["const"]["name"].as_u64()?;
        self.names.get(name as usize).map(String::as_str)
    }

    /// The declarations by name.
    pub fn by_name(&self) -> BTreeMap<&str, &Declared> {
        self.declared.iter().map(|d| (d.name.as_str(), d)).collect()
    }
}
