//! Threads, and the way of chunks between them: read, met, put in order, judged, put in order, written.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use super::chunk::Chunks;
use super::group::Groups;
use super::stage::{self, Item, Judge, Judged, Reader, Shared};
use super::{BatchOptions, Tally};
use crate::error::{Error, ErrorKind, Result};
use crate::score::Scorer;

/// Chunks and groups under way for each thread; bounds memory when one is slow.
const IN_FLIGHT: usize = 4;

/// What comes back from a stage.
enum Done {
    /// A chunk.
    Met(u64, Result<Vec<Item>>),
    /// A group.
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
        return alone(chunks, &shared, tally);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(|error| {
        Error::new(ErrorKind::Usage, format!("{} threads cannot be started: {error}", options.threads))
    })?;
    parallel(&pool, chunks, &shared, tally)
}

fn stopped(options: &BatchOptions<'_>) -> bool {
    options.stop.is_some_and(|stop: &AtomicBool| stop.load(Ordering::Relaxed))
}

/// Everything on this thread.
fn alone(chunks: &mut Chunks, shared: &Shared<'_>, tally: &mut Tally<'_, '_>) -> Result<()> {
    let (mut reader, mut judge, mut groups) = (Reader::default(), Judge::default(), Groups::new(shared));
    let mut read = 0;
    loop {
        tally.summary.stopped |= stopped(shared.options);
        let next = if tally.summary.stopped { None } else { chunks.next()? };
        let exhausted = next.is_none();
        if let Some(chunk) = next {
            groups.met(read, stage::meet(&chunk, shared, &mut reader));
            read += 1;
        }
        while let Some(items) = groups.next(exhausted.then_some(read), tally.ledger.as_deref_mut())? {
            let judged = stage::judge(items, shared, &mut judge)?;
            groups.decided(&judged.decided);
            if !tally.take(judged, chunks)? {
                return Ok(());
            }
        }
        if exhausted {
            return Ok(());
        }
    }
}

fn parallel(
    pool: &rayon::ThreadPool,
    chunks: &mut Chunks,
    shared: &Shared<'_>,
    tally: &mut Tally<'_, '_>,
) -> Result<()> {
    // Apart, so that a judge who has met the words of the night is not lent out to read rows while another has to meet them, too.
    let (readers, judges) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (send, receive) = mpsc::channel::<Done>();
    let most = (shared.options.threads * IN_FLIGHT) as u64;
    pool.in_place_scope(|scope| {
        let (mut groups, mut judged) = (Groups::new(shared), BTreeMap::new());
        // How many chunks were read, groups formed, and groups written.
        let (mut read, mut formed, mut written) = (0u64, 0u64, 0u64);
        let mut exhausted = false;
        loop {
            while !exhausted && read - groups.ordered() + formed - written < most {
                let stop = stopped(shared.options);
                tally.summary.stopped |= stop;
                let next = if stop { None } else { chunks.next()? };
                let Some(chunk) = next else {
                    exhausted = true;
                    break;
                };
                let (number, send, readers) = (read, send.clone(), &readers);
                scope.spawn(move |_| {
                    let items = lent(readers, |reader: &mut Reader| stage::meet(&chunk, shared, reader));
                    // The receiver is gone only when the run has failed already.
                    let _ = send.send(Done::Met(number, items));
                });
                read += 1;
            }
            while let Some(items) = groups.next(exhausted.then_some(read), tally.ledger.as_deref_mut())? {
                let (number, send, judges) = (formed, send.clone(), &judges);
                scope.spawn(move |_| {
                    let judged = lent(judges, |judge: &mut Judge| stage::judge(items, shared, judge));
                    let _ = send.send(Done::Judged(number, Box::new(judged)));
                });
                formed += 1;
            }
            while let Some(group) = judged.remove(&written) {
                if !tally.take(group?, chunks)? {
                    return Ok(());
                }
                written += 1;
            }
            if exhausted && groups.ordered() == read && written == formed {
                return Ok(());
            }
            // Chunks that were met out of order are put in order together, and may leave nothing under way to wait for.
            if groups.waiting() == read - groups.ordered() && judged.len() as u64 == formed - written {
                continue;
            }
            match receive.recv() {
                Ok(Done::Met(number, items)) => groups.met(number, items),
                Ok(Done::Judged(number, group)) => {
                    if let Ok(group) = &*group {
                        groups.decided(&group.decided);
                    }
                    judged.insert(number, *group);
                }
                Err(_) => return Err(Error::new(ErrorKind::Io, "a scoring thread stopped without an answer")),
            }
        }
    })
}

/// Runs `work` with what the last piece of work has left. A panic is an answer, too: the thread that waits for one would wait for ever.
fn lent<K: Default, T>(kept: &Mutex<Vec<K>>, work: impl FnOnce(&mut K) -> Result<T>) -> Result<T> {
    let mut one = lock(kept).pop().unwrap_or_default();
    let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(&mut one)));
    let done = done.map_err(|_| Error::new(ErrorKind::Io, "a scoring thread has panicked, as is said above"))?;
    lock(kept).push(one);
    done
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is lent is never left half-written in a way that matters: its memory is rebuilt on use.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
