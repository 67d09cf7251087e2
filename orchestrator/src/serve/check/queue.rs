//! Admission: how many texts may wait, and how many are worked on at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

/// The longest that a client is told to wait, in seconds.
const LONGEST: u64 = 60;

/// Counts admitted texts, and hands out turns.
pub struct Queue {
    admitted: Arc<AtomicUsize>,
    capacity: usize,
    slots: usize,
    turns: Arc<Semaphore>,
    /// A moving mean of a text's time, in microseconds.
    mean_us: AtomicU64,
}

/// So many admitted texts; they leave the queue when it is dropped.
pub struct Admission {
    admitted: Arc<AtomicUsize>,
    texts: usize,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.admitted.fetch_sub(self.texts, Ordering::AcqRel);
    }
}

impl Queue {
    /// Room for `capacity` texts, of which `slots` are worked on at a time.
    pub fn new(capacity: usize, slots: usize) -> Self {
        Self {
            admitted: Arc::default(),
            capacity,
            slots,
            turns: Arc::new(Semaphore::new(slots)),
            mean_us: AtomicU64::new(0),
        }
    }

    /// Room for a request's texts. A request larger than the whole queue is let in where nothing else
    /// is waiting.
    pub fn admit(&self, texts: usize) -> Result<Admission, ApiError> {
        let grow = |now: usize| {
            let after = now.saturating_add(texts);
            (after <= self.capacity || now == 0).then_some(after)
        };
        self.admitted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, grow)
            .map_err(|_| ApiError::busy(self.wait()))?;
        Ok(Admission {
            admitted: Arc::clone(&self.admitted),
            texts,
        })
    }

    /// A turn at the pool.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map_err(|_| ApiError::internal("the service is shutting down"))
    }

    /// Texts that wait or are worked on.
    pub fn admitted(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Texts that are worked on.
    pub fn running(&self) -> usize {
        self.slots - self.turns.available_permits().min(self.slots)
    }

    /// Texts of one request that are worth starting at a time.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// A text took so long.
    pub fn took(&self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mean = self.mean_us.load(Ordering::Relaxed);
        let next = if mean == 0 {
            us
        } else {
            mean - mean / 8 + us / 8
        };
        self.mean_us.store(next, Ordering::Relaxed);
    }

    /// Seconds after which half of the queue should be done.
    fn wait(&self) -> u64 {
        let texts = self.admitted() as u64 / 2;
        let us = texts.saturating_mul(self.mean_us.load(Ordering::Relaxed)) / self.slots as u64;
        (us / 1_000_000).clamp(1, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_admitted_leaves_and_what_is_too_much_is_refused() {
        let queue = Queue::new(4, 2);
        let three = queue.admit(3).unwrap();
        assert!(queue.admit(2).is_err());
        let one = queue.admit(1).unwrap();
        assert_eq!(queue.admitted(), 4);
        drop((three, one));
        assert_eq!(queue.admitted(), 0);
        let large = queue.admit(100).unwrap();
        assert!(queue.admit(1).is_err());
        drop(large);
        assert!(queue.admit(1).is_ok());
    }

    #[test]
    fn the_wait_is_between_a_second_and_a_minute() {
        let queue = Queue::new(10, 1);
        let _all = queue.admit(10).unwrap();
        assert_eq!(queue.wait(), 1);
        queue.took(Duration::from_secs(2));
        assert_eq!(queue.wait(), 10);
        queue.took(Duration::from_secs(100_000));
        assert_eq!(queue.wait(), LONGEST);
    }
}
