//! Gives up a run that takes far more than its input should.
//!
//! Whoever proposes a change writes the manifests, and no list of what makes them costly is ever whole. So a
//! run has a budget of processor time and memory that grows with what it reads, a hundred times what
//! ordinary manifests take. Processor time, so that a busy machine ends nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::args::InputArgs;
use super::{UNUSABLE, interrupt, output};
use crate::units::show_size;

const TICK: Duration = Duration::from_millis(50);
const MIB: u64 = 1 << 20;

/// Of processor time, for each MiB that is read, and for less than one.
const PER_MIB: Duration = if cfg!(debug_assertions) {
    // Without optimisation everything takes some twenty times as long.
    Duration::from_secs(200)
} else {
    Duration::from_secs(10)
};

/// In bytes, however little is read.
const LEAST_MEMORY: u64 = 1 << 30;
/// Bytes for each byte that is read.
const MEMORY_PER_BYTE: u64 = 100;

/// Ends the process as unusable where the work takes more than it may. It is over when this is dropped.
pub(super) struct Guard {
    limits: Arc<Limits>,
    clock: Option<(Sender<()>, JoinHandle<()>)>,
    time: Option<Duration>,
    memory: Option<u64>,
    /// How many checks the command may take.
    checks: u32,
}

/// What may be used; nothing is said of either before it is known how much there is to read.
struct Limits {
    /// In milliseconds since the start of the process.
    time: AtomicU64,
    /// In bytes.
    memory: AtomicU64,
    read: AtomicU64,
}

impl Guard {
    /// For a command that may take as long as so many checks.
    pub(super) fn start(args: &InputArgs, checks: u32) -> Self {
        let limits = Arc::new(Limits {
            time: AtomicU64::new(u64::MAX),
            memory: AtomicU64::new(u64::MAX),
            read: AtomicU64::new(0),
        });
        let (stop, stopped) = mpsc::channel();
        let watched = Arc::clone(&limits);
        let clock = std::thread::Builder::new().spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if let Some(excess) = watched.excess() {
                    give_up(&excess);
                }
            }
        });
        Self {
            limits,
            // Where no thread can be had, the run ends when it ends.
            clock: clock.ok().map(|clock| (stop, clock)),
            time: args.max_cpu_time,
            memory: args.max_memory,
            checks,
        }
    }

    /// From now on the run may use what so many bytes of input take.
    pub(super) fn admit(&self, bytes: u64) {
        let mibs = u32::try_from(bytes.div_ceil(MIB))
            .unwrap_or(u32::MAX)
            .max(1);
        let usual = PER_MIB.saturating_mul(mibs).saturating_mul(self.checks);
        let time = self.time.unwrap_or(usual);
        let end = used_time().unwrap_or_default().saturating_add(time);
        let end = u64::try_from(end.as_millis()).unwrap_or(u64::MAX);
        let usual = LEAST_MEMORY.max(bytes.saturating_mul(MEMORY_PER_BYTE));
        self.limits.read.store(bytes, Ordering::Relaxed);
        self.limits.time.store(end, Ordering::Relaxed);
        let memory = self.memory.unwrap_or(usual);
        self.limits.memory.store(memory, Ordering::Relaxed);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some((stop, clock)) = self.clock.take() {
            drop(stop);
            let _ = clock.join();
        }
    }
}

impl Limits {
    /// What is used beyond what may be, in words.
    fn excess(&self) -> Option<String> {
        let read = show_size(self.read.load(Ordering::Relaxed));
        let time = self.time.load(Ordering::Relaxed);
        let used = used_time().and_then(|used| u64::try_from(used.as_millis()).ok());
        if used.is_some_and(|used| used > time) {
            return Some(format!(
                "the run took far more processor time than {read} of input should, and was given up: \
                 something in it is unreasonably costly to judge; name fewer paths or exclude some, or say \
                 --max-cpu-time"
            ));
        }
        let memory = self.memory.load(Ordering::Relaxed);
        (used_memory()? > memory).then(|| {
            format!(
                "the run took more than {} of memory for {read} of input, and was given up: something in it \
                 is unreasonably costly to judge; name fewer paths or exclude some, or say --max-memory",
                show_size(memory)
            )
        })
    }
}

fn give_up(excess: &str) {
    interrupt::end(UNUSABLE.into(), || output::to_stderr("error", [excess]));
}

/// What all threads of this process have worked.
#[cfg(unix)]
fn used_time() -> Option<Duration> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(used.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(used.tv_nsec).ok()?))
}

/// The time that has passed: what was worked is not known here.
#[cfg(not(unix))]
fn used_time() -> Option<Duration> {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    Some(START.get_or_init(std::time::Instant::now).elapsed())
}

/// What this process holds in memory, in bytes; `None` where the system does not say.
fn used_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(time: u64, memory: u64) -> Limits {
        Limits {
            time: AtomicU64::new(time),
            memory: AtomicU64::new(memory),
            read: AtomicU64::new(3 << 20),
        }
    }

    #[test]
    fn nothing_is_over_before_the_input_is_known() {
        assert_eq!(limits(u64::MAX, u64::MAX).excess(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_over_is_named_with_the_flag_that_allows_it() {
        let time = limits(0, u64::MAX).excess().unwrap();
        assert!(time.contains("than 3.0 MiB of input"), "{time}");
        assert!(time.ends_with("--max-cpu-time"), "{time}");
        let memory = limits(u64::MAX, 1 << 20).excess().unwrap();
        assert!(memory.contains("more than 1.0 MiB of memory"), "{memory}");
        assert!(memory.ends_with("--max-memory"), "{memory}");
    }
}
