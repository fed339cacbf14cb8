//! Threads, and the way of chunks between them: read, met, put in order, judged, put in order, written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use super::chunk::Chunks;
use super::order::Order;
use super::stage::{self, Item, Judged, Shared, Tools};
use super::{BatchOptions, Tally};
use crate::error::{Error, ErrorKind, Result};
use crate::score::Scorer;

/// Chunks under way for each thread; bounds memory when one chunk is slow.
const IN_FLIGHT: usize = 4;

/// A chunk that comes back from a stage.
enum Done {
    Met(u64, Result<Vec<Item>>),
    Judged(u64, Box<Result<Judged>>),
}

/// Takes all chunks to `tally`, in order.
pub(super) fn run(
    chunks: &mut Chunks,
    scorer: &Scorer,
    options: &BatchOptions<'_>,
    tally: &mut Tally<'_, '_>,
) -> Result<()> {
    let snapshot = tally.ledger.as_deref().map(crate::ledger::Ledger::snapshot);
    let shared = Shared { scorer, options, snapshot: snapshot.as_deref() };
    if options.threads <= 1 {
        let (mut tools, mut order) = (Tools::default(), Order::new(options.reposts));
        while !stopped(options) {
            let Some(chunk) = chunks.next()? else { return Ok(()) };
            let mut items = stage::meet(&chunk, &shared, &mut tools)?;
            order.tell(&mut items, tally.ledger.as_deref_mut())?;
            order.share(&mut items);
            let judged = stage::judge(items, &shared, &mut tools)?;
            order.decided(&judged.decided);
            tally.take(judged, chunks)?;
        }
        tally.summary.stopped = true;
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(|error| {
        Error::new(ErrorKind::Usage, format!("{} threads cannot be started: {error}", options.threads))
    })?;
    parallel(&pool, chunks, &shared, tally)
}

fn stopped(options: &BatchOptions<'_>) -> bool {
    options.stop.is_some_and(|stop: &AtomicBool| stop.load(Ordering::Relaxed))
}

fn parallel(
    pool: &rayon::ThreadPool,
    chunks: &mut Chunks,
    shared: &Shared<'_>,
    tally: &mut Tally<'_, '_>,
) -> Result<()> {
    let kept: Mutex<Vec<Tools>> = Mutex::new(Vec::new());
    let (send, receive) = mpsc::channel::<Done>();
    let most = (shared.options.threads * IN_FLIGHT) as u64;
    pool.in_place_scope(|scope| {
        let (mut met, mut judged) = (BTreeMap::new(), BTreeMap::new());
        let (mut read, mut ordered, mut written) = (0u64, 0u64, 0u64);
        let mut order = Order::new(shared.options.reposts);
        let mut told: Option<Vec<Item>> = None;
        let mut exhausted = false;
        loop {
            while !exhausted && read - written < most {
                let stop = stopped(shared.options);
                tally.summary.stopped |= stop;
                let next = if stop { None } else { chunks.next()? };
                let Some(chunk) = next else {
                    exhausted = true;
                    break;
                };
                let (number, send, kept) = (read, send.clone(), &kept);
                scope.spawn(move |_| {
                    let items = with_tools(kept, |tools| stage::meet(&chunk, shared, tools));
                    // The receiver is gone only when the run has failed already.
                    let _ = send.send(Done::Met(number, items));
                });
                read += 1;
            }
            if read == written {
                return Ok(());
            }
            match receive.recv() {
                Ok(Done::Met(number, items)) => _ = met.insert(number, items),
                Ok(Done::Judged(number, chunk)) => {
                    if let Ok(chunk) = &*chunk {
                        order.decided(&chunk.decided);
                    }
                    judged.insert(number, chunk);
                }
                Err(_) => return Err(Error::new(ErrorKind::Io, "a scoring thread stopped without an answer")),
            }
            loop {
                if let (None, Some(items)) = (&told, met.remove(&ordered)) {
                    let items = told.insert(items?);
                    order.tell(items, tally.ledger.as_deref_mut())?;
                }
                // A chunk that repeats a posting waits until that is judged, which is under way already.
                let Some(items) = told.take_if(|items| order.share(items)) else { break };
                let (number, send, kept) = (ordered, send.clone(), &kept);
                scope.spawn(move |_| {
                    let judged = with_tools(kept, |tools| stage::judge(items, shared, tools));
                    let _ = send.send(Done::Judged(number, Box::new(judged)));
                });
                ordered += 1;
            }
            while let Some(chunk) = judged.remove(&written) {
                if !tally.take((*chunk)?, chunks)? {
                    return Ok(());
                }
                written += 1;
            }
        }
    })
}

/// Runs `work` with tools that another piece of work has left.
fn with_tools<T>(kept: &Mutex<Vec<Tools>>, work: impl FnOnce(&mut Tools) -> T) -> T {
    let mut tools = lock(kept).pop().unwrap_or_default();
    let done = work(&mut tools);
    lock(kept).push(tools);
    done
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Tools are never left half-written in a way that matters: their memory is rebuilt on use.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
