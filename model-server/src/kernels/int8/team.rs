//! Products that several threads compute together, each for activation rows of its own.
//!
//! Every member of a [`Team`] takes some sequences through all layers by itself, and meets the others at every matrix: each
//! quantises its own rows, computes a share of the matrix's tiles by the rows of all, and takes what belongs to its own. So the
//! members read a matrix once between them, and each does as much of everything else as the others do. What they get is bitwise what
//! [`super::linear_all`] gives.
//!
//! A meeting takes microseconds, so members spin and do not sleep. Where the machine has other work, one of them may be kept waiting
//! for longer than a product takes; then the team ends, and each computes its rows alone from there on.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::{Block, Matrix, Path, ROWS, linear_all, take_row};

/// Bytes of weights below which a meeting costs more than it saves.
const APART: usize = 1 << 16;
/// A wait that says that another member does not run, and how many of them end a team.
const LATE: Duration = Duration::from_micros(300);
const ALLOWED: usize = 2;
/// Turns of a waiting loop between two looks at the clock.
const TURNS: u32 = 64;

/// Threads that compute products together.
#[derive(Debug)]
pub struct Team {
    places: Vec<Place>,
    barrier: Barrier,
}

/// What a member shows the others. The barrier keeps its readers and its writer apart, so nobody waits for a lock.
#[derive(Debug, Default)]
struct Place {
    /// Its rows.
    blocks: RwLock<Vec<Block>>,
    /// Its tiles of every matrix by the rows of all, `[rows, tiles, ROWS]`.
    products: RwLock<Vec<Vec<f32>>>,
}

impl Team {
    /// A team of so many. Every one of them must run, at the same time as the others.
    pub fn new(members: usize) -> Self {
        Self {
            places: (0..members).map(|_| Place::default()).collect(),
            barrier: Barrier::new(members),
        }
    }

    /// One of them, to be used by one thread.
    pub fn member(&self, index: usize) -> Member<'_> {
        Member { team: self, index }
    }

    /// True when members had to wait for each other for so long that they went on alone.
    pub fn is_over(&self) -> bool {
        self.barrier.is_over()
    }
}

/// A thread's part in a team.
#[derive(Debug)]
pub struct Member<'a> {
    team: &'a Team,
    index: usize,
}

impl Member<'_> {
    /// [`super::linear_all`] for this member's rows x. All members must come here with the same matrices in the same order; rows are
    /// their own affair.
    pub fn linear_all(&self, matrices: &[&Matrix], x: &[f32]) -> Vec<Vec<f32>> {
        let weights: usize = matrices.iter().map(|m| m.weights.len()).sum();
        if weights < APART || self.team.is_over() {
            return linear_all(matrices, x);
        }
        self.meet(matrices, x)
            .unwrap_or_else(|| linear_all(matrices, x))
    }

    /// Nothing when another member has ended.
    fn meet(&self, matrices: &[&Matrix], x: &[f32]) -> Option<Vec<Vec<f32>>> {
        let path = Path::best();
        let first = matrices.first()?;
        let Team { places, barrier } = self.team;
        let place = &places[self.index];
        // What the others are waited for is also the time in which its weights come.
        first.ask(share(first, self.index, places.len()).start);
        *write(&place.blocks) = Block::all(path, x, first.inputs);
        barrier.wait()?;
        let (blocks, mine) = self.blocks();
        let rows = width(&blocks);
        let mut own = write(&place.products);
        own.resize_with(matrices.len(), Vec::new);
        for (matrix, out) in matrices.iter().zip(own.iter_mut()) {
            let tiles = share(matrix, self.index, places.len());
            out.resize(tiles.len() * rows * ROWS, 0.0);
            matrix.tiles(path, tiles.start, &blocks, out);
        }
        drop(own);
        barrier.wait()?;
        let products: Vec<_> = places.iter().map(|p| read(&p.products)).collect();
        let take = |(i, m): (usize, &&Matrix)| {
            let mut y = vec![0.0; mine.len() * m.outputs];
            for (row, y) in mine.clone().zip(y.chunks_exact_mut(m.outputs)) {
                take_row(products.iter().map(|p| p[i].as_slice()), rows, row, y);
            }
            y
        };
        Some(matrices.iter().enumerate().map(take).collect())
    }

    /// The rows of all members, and which of them are this one's.
    fn blocks(&self) -> (Vec<Block>, Range<usize>) {
        let places = &self.team.places;
        let shown: Vec<_> = places.iter().map(|p| read(&p.blocks)).collect();
        let before: usize = shown[..self.index].iter().map(|b| width(b)).sum();
        let mine = before..before + width(&shown[self.index]);
        let all = shown.iter().flat_map(|blocks| blocks.iter());
        (Block::joined(all), mine)
    }
}

fn width(blocks: &[Block]) -> usize {
    blocks.iter().map(|b| b.width).sum()
}

impl Drop for Member<'_> {
    /// The others are not kept waiting for one that ends before the work does.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.team.barrier.broken.store(true, Ordering::Release);
        }
    }
}

/// The tiles of a matrix that a member computes.
fn share(matrix: &Matrix, index: usize, members: usize) -> Range<usize> {
    let tiles = matrix.outputs.div_ceil(ROWS);
    tiles * index / members..tiles * (index + 1) / members
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Where members wait for each other.
#[derive(Debug)]
struct Barrier {
    members: usize,
    arrived: AtomicUsize,
    /// Meetings so far.
    round: AtomicUsize,
    /// Waits of more than [`LATE`].
    late: AtomicUsize,
    /// Written by the last to arrive only, before the others go on: all see the same between two meetings.
    over: AtomicBool,
    /// A member has ended.
    broken: AtomicBool,
}

impl Barrier {
    fn new(members: usize) -> Self {
        Self {
            members,
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Returns when all are here; nothing when that cannot be.
    fn wait(&self) -> Option<()> {
        if self.broken.load(Ordering::Acquire) {
            return None;
        }
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.members {
            self.arrived.store(0, Ordering::Relaxed);
            if self.late.load(Ordering::Relaxed) >= ALLOWED {
                self.over.store(true, Ordering::Release);
            }
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return Some(());
        }
        let (mut turns, mut since, mut late) = (0_u32, None, false);
        while self.round.load(Ordering::Acquire) == round {
            if self.broken.load(Ordering::Acquire) {
                return None;
            }
            turns = turns.wrapping_add(1);
            if late {
                std::thread::yield_now();
            } else if turns.is_multiple_of(TURNS) {
                late = since.get_or_insert_with(Instant::now).elapsed() > LATE;
                self.late.fetch_add(usize::from(late), Ordering::Relaxed);
            } else {
                std::hint::spin_loop();
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * seed).sin() * 2.0).collect()
    }

    /// Matrices of 100 columns: two that are computed together, and one that is too small for that.
    fn matrices() -> Vec<Matrix> {
        let of = |outputs: usize| Matrix::quantise(&numbers(outputs * 100, 0.613), outputs, 100);
        vec![of(700), of(1001), of(3)]
    }

    /// What each of several threads gets for its rows, three times.
    fn by_a_team(team: &Team, matrices: &[Matrix], rows: &[usize]) -> Vec<Vec<Vec<f32>>> {
        std::thread::scope(|scope| {
            let one = |(index, rows): (usize, &usize)| {
                let x = numbers(rows * 100, 0.271 + index as f32);
                scope.spawn(move || {
                    let member = team.member(index);
                    let mut all = Vec::new();
                    for _ in 0..3 {
                        all.extend(member.linear_all(&[&matrices[0], &matrices[1]], &x));
                        all.extend(member.linear_all(&[&matrices[2]], &x));
                    }
                    all
                })
            };
            let threads: Vec<_> = rows.iter().enumerate().map(one).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        })
    }

    #[test]
    fn members_get_the_bits_that_each_would_compute_alone() {
        let matrices = matrices();
        for rows in [vec![1], vec![4, 4], vec![1, 1], vec![3, 0], vec![11, 2, 6]] {
            let team = Team::new(rows.len());
            for (index, found) in by_a_team(&team, &matrices, &rows).iter().enumerate() {
                let x = numbers(rows[index] * 100, 0.271 + index as f32);
                for (i, found) in found.iter().enumerate() {
                    assert_eq!(found.len(), rows[index] * matrices[i % 3].outputs);
                    assert_eq!(*found, matrices[i % 3].linear(&x), "{rows:?}, {index}");
                }
            }
        }
    }

    #[test]
    fn one_that_ends_does_not_keep_the_others() {
        let (matrices, team) = (matrices(), Team::new(2));
        let x = numbers(400, 0.3);
        std::thread::scope(|scope| {
            let ends = scope.spawn(|| {
                let member = team.member(0);
                member.linear_all(&[&matrices[0]], &x);
                panic!("on purpose");
            });
            let member = team.member(1);
            for _ in 0..3 {
                let found = member.linear_all(&[&matrices[0]], &x);
                assert_eq!(found, [matrices[0].linear(&x)]);
            }
            assert!(ends.join().is_err());
        });
    }

    #[test]
    fn members_that_wait_for_long_go_on_alone() {
        let (matrices, team) = (matrices(), Team::new(2));
        let x = numbers(400, 0.3);
        // One of them pauses; the other may be late for reasons of its own, and then the pause is not noticed.
        let work = |index: usize| {
            let member = team.member(index);
            (0..50).all(|_| {
                if index == 0 && !team.is_over() {
                    std::thread::sleep(10 * LATE);
                }
                member.linear_all(&[&matrices[0]], &x) == [matrices[0].linear(&x)]
            })
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| work(1));
            assert!(work(0) && other.join().unwrap());
        });
        assert!(team.is_over());
    }
}
