//! Samples one by one on several threads.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use pellucid_graph::Tensor;

use super::{Make, Sink};
use crate::engine::Plan;
use crate::progress::Task;
use crate::{Result, Session};

/// Finished samples wait for their turn; a thread that is this many samples ahead of the sink waits as well.
const AHEAD_PER_THREAD: usize = 2;

/// Runs the samples on `threads` threads, each with its own state of the plan.
pub fn run(
    session: &Session,
    plan: &dyn Plan,
    threads: usize,
    count: usize,
    make: Make,
    sink: Sink,
    task: &Task,
) -> Result<()> {
    let one = |index: usize| -> Result<Vec<Tensor>> {
        session.cancel().check()?;
        let inputs = make(index)?;
        let outputs = plan.run(&inputs)?;
        session.counters().ran(1);
        Ok(outputs)
    };
    if threads <= 1 {
        for index in 0..count {
            sink(index, one(index)?)?;
            task.advance(1);
        }
        return Ok(());
    }
    let line = Line::new(count, threads * AHEAD_PER_THREAD);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| line.work(&one));
        }
        let stop = StopWhenDropped(&line);
        let result = (0..count).try_for_each(|index| {
            // A missing result means that a worker panicked: the scope passes the panic on.
            let Some(outputs) = line.take(index) else { return Ok(()) };
            sink(index, outputs?)?;
            task.advance(1);
            Ok(())
        });
        drop(stop);
        result
    })
}

/// Samples on their way from the workers to the sink.
struct Line {
    count: usize,
    ahead: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    started: usize,
    taken: usize,
    done: HashMap<usize, Result<Vec<Tensor>>>,
    stopped: bool,
}

impl Line {
    fn new(count: usize, ahead: usize) -> Line {
        Line { count, ahead, state: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, held: MutexGuard<'a, State>, until: impl Fn(&State) -> bool) -> MutexGuard<'a, State> {
        self.changed.wait_while(held, |s| !until(s)).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next sample to work on, once the sink is near enough.
    fn next(&self) -> Option<usize> {
        let mut state =
            self.wait(self.lock(), |s| s.stopped || s.started >= self.count || s.started < s.taken + self.ahead);
        if state.stopped || state.started >= self.count {
            return None;
        }
        state.started += 1;
        Some(state.started - 1)
    }

    fn work(&self, one: &(dyn Fn(usize) -> Result<Vec<Tensor>> + Sync)) {
        // After a panic the sink must not wait for this worker.
        let stop_on_panic = StopWhenDropped(self);
        while let Some(index) = self.next() {
            let result = one(index);
            self.lock().done.insert(index, result);
            self.changed.notify_all();
        }
        std::mem::forget(stop_on_panic);
    }

    /// The result of a sample; `None` when the work was stopped before it was done.
    fn take(&self, index: usize) -> Option<Result<Vec<Tensor>>> {
        let mut state = self.wait(self.lock(), |s| s.stopped || s.done.contains_key(&index));
        let result = state.done.remove(&index);
        state.taken = index + 1;
        self.changed.notify_all();
        result
    }
}

struct StopWhenDropped<'a>(&'a Line);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_all();
    }
}
