//! Several proofs judged as one text, each by itself where that does not accept them all.
//!
//! Every text costs both processes something besides its proofs, so the rows of a dataset are judged somewhat faster
//! together (docs/benchmarks.md). What is accepted together is accepted as before: the kernel's process compares each theorem
//! with its own statement, elaborated where no submission has been. What is not is halved and judged again, down to single proofs; so no
//! proof is refused for what its neighbours do, and every refusal is worded as if the proof had stood alone.

use std::collections::{HashSet, VecDeque};

use lakatos_datasets::Solution;
use lakatos_datasets::lean::commands::is_lone_theorem;
use lakatos_lean_bridge::text::brings_code;
use lakatos_lean_bridge::verdict::{Report, VerifyRequest};

/// The next solutions that can be one text, at most `most`, off the front of the queue.
pub fn next(queue: &mut VecDeque<Solution>, most: usize) -> Vec<Solution> {
    let Some(first) = queue.pop_front() else {
        return Vec::new();
    };
    let mut names: HashSet<String> = first.names.iter().cloned().collect();
    let mut group = vec![first];
    while group.len() < most
        && plain(&group[0])
        && let Some(one) = queue.front()
        && plain(one)
        && one.environment == group[0].environment
        && one.vouched == group[0].vouched
        && names.is_disjoint(&one.names.iter().cloned().collect())
    {
        names.extend(one.names.iter().cloned());
        group.extend(queue.pop_front());
    }
    group
}

/// Whether a solution is one theorem and nothing else that a neighbour could notice.
fn plain(solution: &Solution) -> bool {
    let texts = [&solution.reference, &solution.submission];
    let plain = |text: &&String| is_lone_theorem(text) && !brings_code(text);
    solution.names.len() == 1 && texts.iter().all(plain)
}

/// A report for each request, in order, by a judge of one request. The requests are of one environment and have different names.
pub async fn judge<F: Future<Output = Report>>(
    requests: &[VerifyRequest],
    judge: impl Fn(VerifyRequest) -> F,
) -> Vec<Report> {
    let mut reports = Vec::with_capacity(requests.len());
    // The parts that wait, the last first.
    let mut waiting = vec![requests];
    while let Some(part) = waiting.pop() {
        match part {
            [] => {}
            [one] => reports.push(judge(one.clone()).await),
            several => {
                let report = judge(merged(several)).await;
                if report.is_proved() {
                    reports.extend(split(several, &report));
                } else {
                    let (early, late) = several.split_at(several.len() / 2);
                    waiting.extend([late, early]);
                }
            }
        }
    }
    reports
}

fn merged(requests: &[VerifyRequest]) -> VerifyRequest {
    let joined = |part: fn(&VerifyRequest) -> &str| {
        let sections = requests
            .iter()
            .map(|r| format!("section\n{}\nend\n", part(r)));
        sections.collect::<String>()
    };
    VerifyRequest {
        reference: joined(|r| &r.reference),
        submission: joined(|r| &r.submission),
        names: requests.iter().flat_map(|r| r.names.clone()).collect(),
        ..requests[0].clone()
    }
}

/// Each request's part of a report on all of them; the seconds are those of the whole text.
fn split(requests: &[VerifyRequest], report: &Report) -> Vec<Report> {
    let mut theorems = report.theorems.iter().cloned();
    let part = |r: &VerifyRequest| Report {
        theorems: theorems.by_ref().take(r.names.len()).collect(),
        ..report.clone()
    };
    requests.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lakatos_datasets::{Environment, Format, Origin};

    fn solution(name: &str, submission: &str) -> Solution {
        Solution {
            name: name.into(),
            environment: Environment::default(),
            submission: submission.into(),
            reference: format!("theorem {name} : True := by sorry"),
            vouched: false,
            names: vec![name.into()],
            origin: Origin {
                path: "rows.jsonl".into(),
                format: Format::Lean,
                line: 1,
            },
        }
    }

    fn sizes(solutions: Vec<Solution>, most: usize) -> Vec<usize> {
        let mut queue = VecDeque::from(solutions);
        std::iter::from_fn(|| match next(&mut queue, most) {
            group if group.is_empty() => None,
            group => Some(group.len()),
        })
        .collect()
    }

    #[test]
    fn plain_theorems_share_a_text_up_to_the_limit() {
        let all = |n: usize| -> Vec<Solution> {
            let one = |i| solution(&format!("t{i}"), &format!("theorem t{i} : True := trivial"));
            (0..n).map(one).collect()
        };
        assert_eq!(sizes(all(5), 2), [2, 2, 1]);
        assert_eq!(sizes(all(3), 1), [1, 1, 1]);
    }

    #[test]
    fn what_a_neighbour_could_notice_stands_alone() {
        let plain = |n: &str| solution(n, &format!("theorem {n} : True := by\n  trivial"));
        let code = solution("b", "theorem b : True := by\n  run_tac pure ()");
        let more = solution(
            "c",
            "instance : Inhabited Nat := ⟨1⟩\ntheorem c : True := trivial",
        );
        let mut elsewhere = plain("d");
        elsewhere.environment.imports = vec!["Std".into()];
        let group = vec![
            plain("a"),
            code,
            plain("x"),
            more,
            elsewhere,
            plain("e"),
            plain("e"),
        ];
        assert_eq!(sizes(group, 8), [1, 1, 1, 1, 1, 1, 1]);
    }
}
