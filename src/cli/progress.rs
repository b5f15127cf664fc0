//! What a long run says on a terminal while it works.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Runs that are over sooner say nothing.
const PATIENCE: Duration = Duration::from_millis(700);
const TICK: Duration = Duration::from_millis(200);

/// What is on the terminal.
static SHOWN: Mutex<Weak<Mutex<Line>>> = Mutex::new(Weak::new());

/// Leaves the terminal to whoever comes after an interrupted run.
pub(super) fn stop() {
    let line = SHOWN.lock().ok().and_then(|line| line.upgrade());
    if let Some(line) = line {
        with(&line, |line| {
            line.stage = None;
            line.wipe();
            true
        });
    }
}

/// A line on standard error that says what is being done, and since when. It is gone when this is
/// dropped.
pub(super) struct Progress {
    running: Option<(Arc<Mutex<Line>>, JoinHandle<()>)>,
}

impl Progress {
    /// Shows progress where a person watches: on a terminal that says what it is, and not in a CI
    /// system, many of which give their jobs one.
    pub(super) fn start(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        if quiet || dumb || ci || !io::stderr().is_terminal() {
            return Self { running: None };
        }
        let progress = Self::on(io::stderr(), PATIENCE);
        if let (Some((line, _)), Ok(mut shown)) = (&progress.running, SHOWN.lock()) {
            *shown = Arc::downgrade(line);
        }
        progress
    }

    fn on(out: impl Write + Send + 'static, patience: Duration) -> Self {
        let line = Arc::new(Mutex::new(Line {
            out: Box::new(out),
            start: Instant::now(),
            patience,
            stage: None,
            is_drawn: false,
            is_over: false,
        }));
        let ticking = Arc::clone(&line);
        let clock = std::thread::spawn(move || {
            while with(&ticking, Line::tick) {
                std::thread::park_timeout(TICK);
            }
        });
        Self {
            running: Some((line, clock)),
        }
    }

    /// Says what comes now, such as "reading files".
    pub(super) fn stage(&self, stage: &'static str) {
        self.with(|line| {
            line.stage = Some(stage);
            line.tick()
        });
    }

    /// Leaves the terminal to others until the next stage.
    pub(super) fn pause(&self) {
        self.with(|line| {
            line.stage = None;
            line.wipe();
            true
        });
    }

    fn with(&self, change: impl FnOnce(&mut Line) -> bool) {
        if let Some((line, _)) = &self.running {
            with(line, change);
        }
    }
}

/// A lock that a panic left behind ends the drawing, and nothing else.
fn with(line: &Mutex<Line>, change: impl FnOnce(&mut Line) -> bool) -> bool {
    line.lock().is_ok_and(|mut line| change(&mut line))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.pause();
        self.with(|line| {
            line.is_over = true;
            true
        });
        if let Some((_, clock)) = self.running.take() {
            clock.thread().unpark();
            let _ = clock.join();
        }
    }
}

struct Line {
    out: Box<dyn Write + Send>,
    start: Instant,
    patience: Duration,
    stage: Option<&'static str>,
    is_drawn: bool,
    is_over: bool,
}

impl Line {
    /// Draws the line anew, and says whether to go on.
    fn tick(&mut self) -> bool {
        let elapsed = self.start.elapsed();
        if let Some(stage) = self.stage.filter(|_| elapsed >= self.patience) {
            // The report matters more than a line that cannot be drawn.
            let _ = write!(
                self.out,
                "\r\u{1b}[Klameduck: {stage} … {}s",
                elapsed.as_secs()
            );
            let _ = self.out.flush();
            self.is_drawn = true;
        }
        !self.is_over
    }

    fn wipe(&mut self) {
        if self.is_drawn {
            let _ = write!(self.out, "\r\u{1b}[K");
            let _ = self.out.flush();
            self.is_drawn = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn stages_are_drawn_and_wiped() {
        let screen = Screen::default();
        let progress = Progress::on(screen.clone(), Duration::ZERO);
        progress.stage("reading files");
        progress.stage("checking");
        drop(progress);
        let text = screen.text();
        assert!(text.starts_with("\r\u{1b}[Klameduck: reading files … 0s"));
        assert!(text.contains("\r\u{1b}[Klameduck: checking … "), "{text}");
        assert!(text.ends_with("s\r\u{1b}[K"), "{text}");
    }

    #[test]
    fn nothing_is_drawn_while_others_write() {
        let screen = Screen::default();
        let progress = Progress::on(screen.clone(), Duration::ZERO);
        progress.stage("fixing");
        progress.pause();
        let before = screen.text();
        assert!(before.ends_with("\r\u{1b}[K"), "{before}");
        drop(progress);
        assert_eq!(screen.text(), before);
    }

    #[test]
    fn short_runs_say_nothing() {
        let screen = Screen::default();
        let progress = Progress::on(screen.clone(), Duration::MAX);
        progress.stage("reading files");
        drop(progress);
        assert_eq!(screen.text(), "");
    }
}
