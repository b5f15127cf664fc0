//! Ctrl-C and SIGTERM, and runs that are given up: the run ends, and leaves nothing behind.
//!
//! Left to the system, a run that renders would leave its programs and their directories, one that
//! writes a half file under a temporary name, and process 1 of a container would not end at all.
//! Windows ends everything on a console by itself.

use std::sync::{Mutex, PoisonError};

use super::{progress, replace};
use crate::render;

/// Taken by whoever ends the process, and never given back.
static END: Mutex<()> = Mutex::new(());

fn take_the_end() {
    std::mem::forget(END.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Comes back unless the run was interrupted: then the other thread ends it, with its own exit code.
pub(super) fn settle() {
    take_the_end();
}

/// Ends the process in good order with this code, after something was said.
pub(super) fn end(code: i32, say: impl FnOnce()) {
    take_the_end();
    render::stop();
    replace::stop();
    progress::stop();
    say();
    std::process::exit(code);
}

#[cfg(unix)]
pub(super) use unix::listen;

/// Nothing has to be listened for.
#[cfg(not(unix))]
pub(super) fn listen() {}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;

    /// What a shell adds to the number of a signal.
    const SIGNALLED: i32 = 128;

    static IS_ENDING: AtomicBool = AtomicBool::new(false);

    /// From now on the two signals end the run in good order, as 130 and 143; a second one ends it at
    /// once, whatever the first waits for. Where that cannot be had, the system does what it does.
    pub(in super::super) fn listen() {
        let (ready, is_ready) = mpsc::channel();
        let listener = std::thread::Builder::new().spawn(move || {
            let signals = register();
            drop(ready);
            if let Ok(mut signals) = signals
                && let Some(signal) = signals.forever().next()
            {
                super::end(SIGNALLED + signal, || ());
            }
        });
        if listener.is_ok() {
            // Nothing is sent: it comes back as soon as the signals are registered.
            let _: Result<(), _> = is_ready.recv();
        }
    }

    fn register() -> io::Result<Signals> {
        let signals = Signals::new([SIGINT, SIGTERM])?;
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down and raises it.
            flag::register_conditional_shutdown(signal, SIGNALLED + signal, &IS_ENDING)?;
            flag::register(signal, &IS_ENDING)?;
        }
        Ok(signals)
    }
}
