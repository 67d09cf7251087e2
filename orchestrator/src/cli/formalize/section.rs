//! `lakatos formalize --section`: a textbook section into one Lean file.

use std::path::Path;
use std::sync::Arc;

use lakatos_autoformalizer::formalise::prompt;
use lakatos_autoformalizer::section::job::{COUNTS, Formalise, ITEMS, ItemRow};
use lakatos_autoformalizer::section::{self, Kind, file};
use lakatos_autoformalizer::{gates, schema};
use lakatos_datasets::job::{End, Identity, JournalError, Plan, Provenance};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::protocol::Severity;

use super::{ProblemArgs, decider, imports, metered, named_model, spent};
use crate::cli::context::Context;
use crate::cli::interrupt;
use crate::cli::lean::{self, LeanArgs};
use crate::data_job::{About, DataJob, DataJobError, replace, tables};
use crate::events::{Event, EventSink};
use crate::exit::{Exit, Failure};
use crate::search::Cancel;

/// Wall-clock limit of reading the whole file, in milliseconds.
const TIMEOUT_MS: u64 = 300_000;

const ABOUT: About = About {
    title: "A formalized section",
    text: "- `items`: the section's definitions and theorems in the order of the text, in words and in Lean.",
};

pub async fn run(
    context: &Context,
    args: ProblemArgs,
    source: &Path,
    out: &Path,
    lean_args: LeanArgs,
) -> Result<Exit, Failure> {
    let bytes = std::fs::read(source)
        .map_err(|e| Failure::user(format!("{} cannot be read: {e}", source.display())))?;
    let (pieces, faults) = section::read(&bytes);
    for fault in &faults {
        let place = format!("{}:{}", source.display(), fault.line);
        context.console.note(format!("{place}: {}", fault.message));
    }
    if pieces.is_empty() {
        return Err(Failure::user(format!("{} holds no item of a section", source.display())).hint(
            "give LaTeX with \\begin{definition} or \\begin{theorem}, or Markdown with **Definition 1 (name).** or ### Theorem",
        ));
    }
    let chat = named_model(&args.chat)?;
    let mut config = context.config(None)?;
    lean_args.apply(&mut config.lean)?;
    let settings = args.settings();
    let imports = imports(&config.lean);
    let namespace = namespace(source);
    let plan = Plan::new(pieces.iter().map(|p| p.name.clone()).collect());
    let launcher = lean::launcher(context, &config.lean).await?;
    let identity = Identity {
        kind: "formalize-section".into(),
        seed: args.seed,
        shards: 1,
        items: plan.len(),
        plan: plan.hash(),
        provenance: Provenance {
            program: format!("lakatos {}", env!("CARGO_PKG_VERSION")),
            toolchain: launcher.describe(),
            library: imports.join(" "),
        },
        settings: serde_json::json!({
            "pieces": pieces,
            "namespace": namespace,
            "settings": settings,
            "chat": args.chat.identity(),
            "prompts": [prompt::fingerprint(), section::fingerprint()],
            "gates": gates::names(),
            "decide": !args.no_decide,
            "nodes": args.nodes,
        }),
    };
    let stop = Cancel::new();
    interrupt::listen(stop.clone(), Arc::clone(&context.console));
    let place = context.place(stop.clone())?;
    let job = DataJob::open(place, identity, plan, out)?;
    let pool = lean::pool(launcher, &config.lean).await?;
    let decider = match args.no_decide {
        true => None,
        false => Some(decider(context, &mut config, &pool, args.nodes, &stop).await?),
    };
    let meter = metered(&chat, &job.counted(COUNTS, "tokens")?);
    let chat = chat.on(Arc::new(meter));
    let work = Formalise::new(
        pool.clone(),
        imports.clone(),
        namespace.clone(),
        chat,
        pieces,
        settings,
        decider,
        job.journal(),
    );
    let work = work.map_err(DataJobError::from)?;
    // Each item stands in the text of those before it.
    let ended = job.work(&work, 1).await;
    let finished = match ended {
        Ok(end) => whole(&job, &pool, &imports, &namespace)
            .await
            .map(|f| (end, f)),
        Err(e) => Err(e.into()),
    };
    pool.shutdown().await;
    let (end, (text, error)) = finished?;
    spent(context, &work.chat);
    tables(&job, &ABOUT, &[(ITEMS, schema::items())])?;
    let path = job.out().join(format!("{namespace}.lean"));
    replace(&path, &text)?;
    let report = job.report(&[])?;
    if let Some(error) = error {
        return Err(Failure::internal(format!(
            "Lean does not accept {} as a whole: {error}",
            path.display()
        ))
        .hint("the items were accepted one by one; please report this with the file"));
    }
    context.console.event(&Event::ReportWritten { path });
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Complete if report.failed > 0 => Exit::Internal,
        End::Complete if !faults.is_empty() => Exit::Usage,
        End::Complete => Exit::Success,
    })
}

/// The file so far, and what Lean has against it as a whole.
async fn whole(
    job: &DataJob,
    pool: &lakatos_lean_bridge::pool::Pool,
    imports: &[String],
    namespace: &str,
) -> Result<(String, Option<String>), Failure> {
    let mut rows: Vec<ItemRow> = Vec::new();
    let journal = job.journal();
    let visited = journal.next().and_then(|done| {
        journal.visit(0..done, &mut |entry| {
            for row in entry.rows.iter().filter(|row| row.table == ITEMS) {
                rows.push(serde_json::from_str(&row.json).map_err(|e| JournalError(Box::new(e)))?);
            }
            Ok(())
        })
    });
    visited.map_err(DataJobError::from)?;
    let env = EnvironmentSpec {
        imports: imports.to_vec(),
        text: String::new(),
    };
    let body = file::whole(&[], namespace, &rows);
    let report = pool.check(&env, &body, TIMEOUT_MS).await?;
    let error = report
        .messages
        .iter()
        .find(|m| m.severity == Severity::Error)
        .map(|m| format!("line {}: {}", m.line, m.data));
    let lost = rows
        .iter()
        .filter(|row| row.kind == Kind::Theorem && row.lean.is_some());
    let lost = lost
        .map(|row| format!("{namespace}.{}", row.name))
        .find(|name| !report.declarations.iter().any(|d| d.name == *name));
    let cut = lost.map(|name| format!("it does not declare {name}"));
    Ok((file::whole(imports, namespace, &rows), error.or(cut)))
}

/// The namespace of a file's names: `even-numbers.tex` gives `EvenNumbers`.
fn namespace(source: &Path) -> String {
    let stem = source.file_stem().map(|s| s.to_string_lossy().into_owned());
    let mut name = String::new();
    for word in stem
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_alphanumeric())
    {
        let mut letters = word.chars();
        name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("Section{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_names_a_namespace() {
        for (file, expected) in [
            ("even-numbers.tex", "EvenNumbers"),
            ("1_intro.md", "Section1Intro"),
            ("über.tex", "Ber"),
            ("---", "Section"),
        ] {
            assert_eq!(namespace(Path::new(file)), expected);
        }
    }
}
