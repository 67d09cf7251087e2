//! The picture of a search: an AND/OR tree from left to right, as SVG.
//!
//! A circle is a node (goals that belong together), coloured and shaped by where it stands. From it
//! go the tactics that made progress, each with its text; a tactic that leaves several independent
//! goals ends in a bar from which they all hang, since all of them must be proved. A tactic that closed
//! its node ends in a green square. Tactics that failed are not drawn; a click on the node lists them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::escape::{Text, shorten};
use crate::record::{AttemptRecord, NodeRecord, NodeStatus, TacticRecord, TacticStatus};

const COLUMN: f64 = 250.0;
const ROW: f64 = 30.0;
const MARGIN: f64 = 18.0;
const RADIUS: f64 = 7.0;
/// Characters of a tactic that fit on its edge.
const LABEL: usize = 30;
/// Nodes drawn at most; the proof is always drawn whole.
const DRAWN: usize = 240;

/// A drawn picture and what was left out of it.
pub struct Picture {
    /// The SVG element.
    pub svg: String,
    /// Nodes that are not in it.
    pub omitted: usize,
}

/// Draws the attempt's search. Nodes carry `data-node`, tactics `data-tactic`.
pub fn draw(attempt: &AttemptRecord) -> Picture {
    let drawing = Drawing::new(attempt);
    let mut canvas = Canvas::default();
    let rows = match attempt.nodes.first() {
        Some(root) => drawing.node(root, 0, 0.0, &mut canvas).rows,
        None => 0.0,
    };
    let width = MARGIN * 2.0 + COLUMN * (canvas.deepest as f64 + 1.0);
    let height = MARGIN * 2.0 + ROW * rows.max(1.0);
    let omitted = attempt.nodes.len().saturating_sub(canvas.nodes);
    Picture {
        svg: format!(
            "<svg class=\"tree\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} \
             {height:.0}\" role=\"img\" aria-label=\"proof search tree\">\n{}{}</svg>",
            canvas.edges, canvas.marks
        ),
        omitted,
    }
}

#[derive(Default)]
struct Canvas {
    edges: String,
    marks: String,
    nodes: usize,
    deepest: u32,
}

struct Drawing<'a> {
    attempt: &'a AttemptRecord,
    applications: HashMap<u32, Vec<&'a TacticRecord>>,
    chosen: HashSet<u32>,
}

/// Rows that a subtree takes, and the height of its own mark.
struct Placed {
    rows: f64,
    y: f64,
}

impl<'a> Drawing<'a> {
    fn new(attempt: &'a AttemptRecord) -> Self {
        let mut applications: HashMap<u32, Vec<&TacticRecord>> = HashMap::new();
        for tactic in &attempt.tactics {
            if matches!(tactic.status, TacticStatus::Closed | TacticStatus::Open) {
                applications.entry(tactic.node).or_default().push(tactic);
            }
        }
        for list in applications.values_mut() {
            list.sort_by_key(|t| (!t.in_proof, t.id));
        }
        Self {
            attempt,
            applications,
            chosen: choose(attempt),
        }
    }

    fn node(&self, node: &NodeRecord, column: u32, top: f64, canvas: &mut Canvas) -> Placed {
        canvas.nodes += 1;
        canvas.deepest = canvas.deepest.max(column);
        let mut row = top;
        let mut ends = Vec::new();
        let empty = Vec::new();
        let applications = match node.status {
            NodeStatus::Duplicate => &empty,
            _ => self.applications.get(&node.id).unwrap_or(&empty),
        };
        for tactic in applications {
            if let Some(placed) = self.application(tactic, column, row, canvas) {
                row += placed.rows;
                ends.push((placed.y, *tactic));
            }
        }
        let rows = (row - top).max(1.0);
        let y = ends.first().map_or(centre(top), |(y, _)| *y);
        let x = MARGIN + RADIUS + COLUMN * f64::from(column);
        for (end, tactic) in ends {
            edge(canvas, x, y, end, tactic);
        }
        mark(canvas, node, x, y);
        Placed { rows, y }
    }

    /// What hangs behind a tactic; none where all of it was left out.
    fn application(
        &self,
        tactic: &TacticRecord,
        column: u32,
        top: f64,
        canvas: &mut Canvas,
    ) -> Option<Placed> {
        let right = MARGIN + RADIUS + COLUMN * f64::from(column + 1);
        if tactic.children.is_empty() {
            canvas.deepest = canvas.deepest.max(column + 1);
            let y = centre(top);
            let _ = writeln!(
                canvas.marks,
                "<rect class=\"closed\" data-tactic=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"10\" \
                 height=\"10\"/>",
                tactic.id,
                right - 5.0,
                y - 5.0
            );
            return Some(Placed { rows: 1.0, y });
        }
        let mut row = top;
        let mut heights = Vec::new();
        for child in &tactic.children {
            let Some(node) = self.attempt.nodes.get(*child as usize) else {
                continue;
            };
            let placed = if node.parent == Some(tactic.id) {
                if !self.chosen.contains(child) {
                    continue;
                }
                self.node(node, column + 1, row, canvas)
            } else {
                reference(canvas, node, right, centre(row))
            };
            canvas.deepest = canvas.deepest.max(column + 1);
            row += placed.rows;
            heights.push(placed.y);
        }
        let (first, last) = (*heights.first()?, *heights.last()?);
        if heights.len() > 1 {
            let x = right - 16.0;
            let _ = writeln!(
                canvas.edges,
                "<path class=\"and{}\" d=\"M{x:.1} {first:.1}V{last:.1}\"/>",
                proof(tactic)
            );
            for y in &heights[1..] {
                let _ = writeln!(
                    canvas.edges,
                    "<path class=\"edge{}\" d=\"M{x:.1} {y:.1}H{:.1}\"/>",
                    proof(tactic),
                    right - RADIUS
                );
            }
        }
        Some(Placed {
            rows: row - top,
            y: first,
        })
    }
}

/// The proof's nodes, then the earliest others, up to [`DRAWN`]; closed under parents.
fn choose(attempt: &AttemptRecord) -> HashSet<u32> {
    let mut chosen = HashSet::new();
    let take = |id: u32, chosen: &mut HashSet<u32>| {
        let mut next = Some(id);
        while let Some(id) = next {
            if !chosen.insert(id) {
                break;
            }
            next = attempt
                .nodes
                .get(id as usize)
                .and_then(|n| n.parent)
                .and_then(|t| attempt.tactics.get(t as usize))
                .map(|t| t.node);
        }
    };
    take(0, &mut chosen);
    for tactic in attempt.tactics.iter().filter(|t| t.in_proof) {
        for child in &tactic.children {
            take(*child, &mut chosen);
        }
    }
    let mut rest: Vec<&NodeRecord> = attempt.nodes.iter().collect();
    rest.sort_by_key(|n| (n.expanded.unwrap_or(u32::MAX), n.id));
    for node in rest {
        if chosen.len() >= DRAWN {
            break;
        }
        take(node.id, &mut chosen);
    }
    chosen
}

fn centre(row: f64) -> f64 {
    MARGIN + ROW * (row + 0.5)
}

fn proof(tactic: &TacticRecord) -> &'static str {
    if tactic.in_proof { " proof" } else { "" }
}

fn edge(canvas: &mut Canvas, x: f64, from: f64, to: f64, tactic: &TacticRecord) {
    let end = x + COLUMN
        - if tactic.children.len() > 1 {
            16.0
        } else {
            RADIUS
        };
    let bend = x + 14.0;
    let path = if (from - to).abs() < 0.1 {
        format!("M{:.1} {from:.1}H{end:.1}", x + RADIUS)
    } else {
        format!(
            "M{x:.1} {:.1}V{:.1}Q{x:.1} {to:.1} {bend:.1} {to:.1}H{end:.1}",
            from + RADIUS,
            to - 10.0
        )
    };
    let _ = writeln!(
        canvas.edges,
        "<path class=\"edge{p}\" d=\"{path}\"/><text class=\"tactic{p}\" data-tactic=\"{}\" \
         x=\"{:.1}\" y=\"{:.1}\">{}<title>{}</title></text>",
        tactic.id,
        x + 18.0,
        to - 5.0,
        Text(&shorten(&tactic.text, LABEL)),
        Text(&tactic.text),
        p = proof(tactic),
    );
}

fn class(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Open => "open",
        NodeStatus::Proved => "proved",
        NodeStatus::Failed => "failed",
        NodeStatus::TimedOut => "timed-out",
        NodeStatus::Duplicate => "duplicate",
    }
}

fn mark(canvas: &mut Canvas, node: &NodeRecord, x: f64, y: f64) {
    let goal = node.goals.first().map_or("", String::as_str);
    let target = goal.rsplit_once('⊢').map_or(goal, |(_, t)| t);
    let many = match node.goals.len() {
        0 | 1 => String::new(),
        n => format!(
            "<text class=\"count\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{n}</text>",
            y + 3.5
        ),
    };
    let _ = writeln!(
        canvas.marks,
        "<g class=\"node {c}\" data-node=\"{}\" tabindex=\"0\" role=\"button\">\
         <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/>{many}\
         <title>#{} {c}: ⊢ {}</title></g>",
        node.id,
        node.id,
        Text(&shorten(target, 160)),
        c = class(node.status),
    );
}

/// A child that is drawn elsewhere.
fn reference(canvas: &mut Canvas, node: &NodeRecord, x: f64, y: f64) -> Placed {
    let _ = writeln!(
        canvas.marks,
        "<g class=\"node reference {}\" data-node=\"{}\" tabindex=\"0\" role=\"button\">\
         <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>\
         <text class=\"tactic\" x=\"{:.1}\" y=\"{:.1}\">= #{}</text></g>",
        class(node.status),
        node.id,
        RADIUS - 2.0,
        x + 11.0,
        y + 4.0,
        node.id,
    );
    Placed { rows: 1.0, y }
}
