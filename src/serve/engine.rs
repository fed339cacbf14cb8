//! Scoring for many clients: a few threads, each with a memory of its own, beside those that talk.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::model::Model;
use crate::score::{AllowList, ScoreOptions, Scorer, Scratch};

/// The scorers, and how many may work at one time.
pub(super) struct Engine {
    /// For roles that run social media, and for all roles.
    scorers: [Arc<Scorer>; 2],
    threads: usize,
    places: Arc<Semaphore>,
    /// Of those who do not work right now. Held for a push or a pop only.
    idle: Arc<Mutex<Vec<Scratch>>>,
}

impl Engine {
    /// An engine of `threads` places on one model.
    pub fn new(model: Model, allow: AllowList, threads: usize) -> Engine {
        let model = Arc::new(model);
        let scorers = [false, true].map(|all_roles| {
            Arc::new(Scorer::new(Arc::clone(&model), ScoreOptions { all_roles }).allowing(allow.clone()))
        });
        let threads = threads.max(1);
        Engine { scorers, threads, places: Arc::new(Semaphore::new(threads)), idle: Arc::default() }
    }

    /// How many may work at one time.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The scorer for all roles, or for those that run social media.
    pub fn scorer(&self, all_roles: bool) -> Arc<Scorer> {
        let [social, all] = &self.scorers;
        Arc::clone(if all_roles { all } else { social })
    }

    /// Does `work` on a thread that may take its time, once there is a place.
    ///
    /// # Errors
    /// A problem of the server when the work panics.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Problem::internal())?;
        let idle = Arc::clone(&self.idle);
        let done = tokio::task::spawn_blocking(move || {
            // What a panic interrupts is lost with its thread's memory, and the next one begins afresh.
            let mut scratch = idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let result = work(&mut scratch);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
            drop(place);
            result
        });
        done.await.map_err(|_| Problem::internal())
    }
}
