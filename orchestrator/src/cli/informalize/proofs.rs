//! `lakatos informalize --proofs`: proofs line by line, and their states as statements.

use std::path::Path;
use std::sync::Arc;

use lakatos_autoformalizer::informalise::proofs::{
    COUNTS, PROOFS, Proved, STATES, Tell, fingerprint,
};
use lakatos_autoformalizer::schema;
use lakatos_datasets::exchange::Record;
use lakatos_datasets::job::{End, Identity, Plan, Provenance};
use lakatos_datasets::lean::anatomy::{anatomy, is_theorem};
use lakatos_datasets::lean::commands::commands;
use lakatos_datasets::lean::lexer::Lexed;
use lakatos_lean_bridge::EnvironmentSpec;

use super::{Args, TIMEOUT_MS, sampled};
use crate::cli::context::Context;
use crate::cli::formalize::{metered, spent};
use crate::cli::lean;
use crate::cli::{exchange, interrupt};
use crate::data_job::{About, DataJob, tables};
use crate::exit::{Exit, Failure};
use crate::search::Cancel;

const ABOUT: About = About {
    title: "Proofs in English",
    text: "- `proofs`: theorems with their proofs, line by line, each with what is to be shown before it.\n- `states`: states of \
           these proofs as statements of their own, which passed the gates; near-duplicates are left out.",
};

/// Thousands of heartbeats for each try at a contradiction in a state.
const HEARTBEATS: u64 = 4000;

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut config = context.config(None)?;
    args.lean.apply(&mut config.lean)?;
    let (mut theorems, mut without) = (Vec::new(), 0u64);
    let mut each = |record: Record| {
        match proved(&record, &config.lean.imports) {
            Some(theorem) => theorems.push(theorem),
            None => without += 1,
        }
        Ok(())
    };
    let mut faults = 0;
    for source in &args.proofs {
        match Path::new(source) {
            path if path.exists() => faults += exchange::files(context, path, None, &mut each)?,
            _ => exchange::run(context, source, &mut each)?,
        }
    }
    if without > 0 {
        context
            .console
            .note(format!("{without} theorems have no proof and are left out"));
    }
    let mut theorems = sampled(theorems, args.sample, args.seed);
    unique(&mut theorems);
    if theorems.is_empty() {
        return Err(Failure::user("there is no theorem with a proof")
            .hint("name a run that proved something (`lakatos runs`), or a dataset whose rows have `formal_proof`"));
    }
    let chat = args.chat.client()?;
    let launcher = lean::launcher(context, &config.lean).await?;
    let plan = Plan::new(theorems.iter().map(|t| t.name.clone()).collect());
    let identity = Identity {
        kind: "informalize-proofs".into(),
        seed: args.seed,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain: launcher.describe(),
            library: config.lean.imports.join(" "),
        },
        settings: serde_json::json!({
            "theorems": theorems,
            "chat": args.chat.identity(),
            "prompts": fingerprint(),
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop)?;
    let job = DataJob::open(place, identity, plan, &args.out)?;
    let pool = lean::pool(launcher, &config.lean).await?;
    let chat = match chat {
        Some(chat) => {
            let meter = metered(&chat, &job.counted(COUNTS, "tokens")?);
            Some(chat.on(Arc::new(meter)))
        }
        None => None,
    };
    let work = Tell {
        pool: pool.clone(),
        theorems,
        chat,
        heartbeats: HEARTBEATS,
        timeout_ms: TIMEOUT_MS,
    };
    let ended = job.work(&work, args.at_once.max(1)).await;
    pool.shutdown().await;
    let end = ended?;
    if let Some(chat) = &work.chat {
        spent(context, chat);
    }
    tables(
        &job,
        &ABOUT,
        &[(PROOFS, schema::proofs()), (STATES, schema::states())],
    )?;
    let report = job.report(&[])?;
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        // A proof that Lean does not accept is the source's fault.
        End::Complete if report.failed > 0 || faults > 0 => Exit::Usage,
        End::Complete => Exit::Success,
    })
}

/// The theorem of a record, where it has a proof.
fn proved(record: &Record, imports: &[String]) -> Option<Proved> {
    let text = record.formal_proof.clone()?;
    let header = record.header.clone().unwrap_or_default();
    let (own, rest): (Vec<&str>, Vec<&str>) = header
        .lines()
        .partition(|line| line.trim_start().starts_with("import "));
    let own: Vec<String> = own
        .iter()
        .flat_map(|line| line.split_whitespace().skip(1))
        .map(str::to_owned)
        .collect();
    let imports = match (imports, own) {
        ([], own) if own.is_empty() => vec!["Std".to_owned()],
        ([], own) => own,
        (chosen, _) => chosen.to_vec(),
    };
    let rest = rest.join("\n");
    let lexed = Lexed::new(&text);
    let all = commands(&lexed);
    let command = all.iter().rfind(|c| is_theorem(lexed.str(c.head)))?;
    let parts = anatomy(&lexed, command);
    if parts.hole {
        return None;
    }
    let first = lexed.tokens.get(command.head)?;
    let last = lexed.tokens.get(parts.statement_end.checked_sub(1)?)?;
    // What comes before the theorem in its own text is part of what it stands in.
    let before = lexed.slice(0, lexed.tokens.get(command.from)?.start);
    let context = match (rest.trim(), before.trim()) {
        ("", "") => String::new(),
        (a, "") => format!("{a}\n"),
        ("", b) => format!("{b}\n"),
        (a, b) => format!("{a}\n{b}\n"),
    };
    Some(Proved {
        name: record.name.clone(),
        env: EnvironmentSpec {
            imports,
            text: context,
        },
        statement: lexed.slice(first.start, last.end).to_owned(),
        text: lexed
            .slice(
                first.start,
                lexed.tokens.get(command.to.checked_sub(1)?)?.end,
            )
            .to_owned(),
        source: record.source.clone(),
        informal: record.informal_statement.clone(),
    })
}

/// Names that came before get `_2`, `_3`, ….
fn unique(theorems: &mut [Proved]) {
    let mut seen = std::collections::HashMap::<String, u32>::new();
    for theorem in theorems {
        let count = seen.entry(theorem.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            theorem.name = format!("{}_{count}", theorem.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_its_last_theorem_in_what_it_stands_in() {
        let record = |proof: &str| Record {
            name: "t".into(),
            header: Some("import Std\nopen Nat\n".into()),
            formal_statement: "theorem t : 1 = 1 := by sorry".into(),
            formal_proof: Some(proof.into()),
            ..Record::default()
        };
        let found = proved(
            &record("theorem a : 2 = 2 := rfl\n\ntheorem t : 1 = 1 := by\n  rfl"),
            &[],
        )
        .unwrap();
        assert_eq!(found.env.imports, ["Std"]);
        assert_eq!(found.env.text, "open Nat\ntheorem a : 2 = 2 := rfl\n");
        assert_eq!(found.statement, "theorem t : 1 = 1");
        assert_eq!(found.text, "theorem t : 1 = 1 := by\n  rfl");
        assert_eq!(proved(&record("theorem t : 1 = 1 := by sorry"), &[]), None);
        assert_eq!(proved(&record("def f := 1"), &[]), None);
    }
}
