//! How long a preStop hook delays SIGTERM.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ExecAction, LifecycleHandler};

use super::shell::{self, Command, Compound, Joint, Script, Word};
use crate::units::show_seconds;

/// Scripts inside scripts; deeper ones are not read.
const MAX_NESTING: usize = 3;

/// How the hook waits, as messages say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// `sleep.seconds`
    NativeSleep,
    /// An exec hook that calls `sleep`.
    ExecSleep,
    /// An exec hook whose length cannot be read.
    Exec,
    /// An HTTP request.
    HttpGet,
    /// Accepted by the API and never run.
    TcpSocket,
    /// No handler, or several.
    Invalid,
}

impl Hook {
    /// The words of messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NativeSleep => "native sleep",
            Self::ExecSleep => "sleep in exec hook",
            Self::Exec => "exec hook",
            Self::HttpGet => "httpGet hook",
            Self::TcpSocket => "tcpSocket hook",
            Self::Invalid => "hook without one valid handler",
        }
    }
}

/// The time between the start of the termination and SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prestop {
    /// There is no hook.
    Absent,
    /// Exactly this long.
    Known(Duration, Hook),
    /// Constant sleeps next to other commands.
    AtLeast(Duration, Hook),
    /// A hook whose length cannot be read; never to be taken for 0.
    Unknown(Hook),
}

impl Prestop {
    /// Reads a hook.
    pub fn of(hook: Option<&LifecycleHandler>) -> Self {
        let Some(hook) = hook else {
            return Self::Absent;
        };
        match (&hook.sleep, &hook.exec, &hook.http_get, &hook.tcp_socket) {
            (Some(sleep), None, None, None) => u64::try_from(sleep.seconds)
                .map_or(Self::Unknown(Hook::NativeSleep), |seconds| {
                    Self::Known(Duration::from_secs(seconds), Hook::NativeSleep)
                }),
            (None, Some(exec), None, None) => exec_delay(exec),
            (None, None, Some(_), None) => Self::Unknown(Hook::HttpGet),
            (None, None, None, Some(_)) => Self::Unknown(Hook::TcpSocket),
            _ => Self::Unknown(Hook::Invalid),
        }
    }

    /// The delay that is certain.
    pub fn lower_bound(self) -> Duration {
        match self {
            Self::Known(delay, _) | Self::AtLeast(delay, _) => delay,
            Self::Absent | Self::Unknown(_) => Duration::ZERO,
        }
    }

    /// The delay, where it is exact; none is a delay of 0.
    pub fn exact(self) -> Option<Duration> {
        match self {
            Self::Absent => Some(Duration::ZERO),
            Self::Known(delay, _) => Some(delay),
            Self::AtLeast(..) | Self::Unknown(_) => None,
        }
    }

    /// What the hook does, where there is one.
    pub fn hook(self) -> Option<Hook> {
        match self {
            Self::Absent => None,
            Self::Known(_, hook) | Self::AtLeast(_, hook) | Self::Unknown(hook) => Some(hook),
        }
    }
}

/// `15s preStop (native sleep)`; nothing where there is no hook.
impl std::fmt::Display for Prestop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Known(delay, hook) => {
                write!(f, "{} preStop ({})", show_seconds(*delay), hook.as_str())
            }
            Self::AtLeast(delay, hook) => {
                let delay = show_seconds(*delay);
                write!(f, "at least {delay} preStop ({})", hook.as_str())
            }
            Self::Unknown(hook) => write!(f, "preStop of unknown length ({})", hook.as_str()),
        }
    }
}

/// The program of an exec hook, where it is a shell or a tool of a base system and the image by its
/// name holds neither: the hook then fails and SIGTERM comes at once. A program of another name is
/// taken for the application's own.
pub fn program_not_in_image<'a>(exec: &'a ExecAction, image: &str) -> Option<&'a str> {
    const BASE_SYSTEM: [&str; 20] = [
        "sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "env", "sleep", "kill", "pkill",
        "killall", "echo", "touch", "rm", "cat", "test", "[", "curl", "wget",
    ];
    let program = exec.command.as_ref()?.first()?;
    let is_base = BASE_SYSTEM.contains(&shell::base_name(program));
    (is_base && !image_has_shell(image)).then_some(program)
}

/// What an image's name says; most say nothing, and most have a shell.
fn image_has_shell(image: &str) -> bool {
    let image = image.split('@').next().unwrap_or(image);
    let last = shell::base_name(image);
    let (name, tag) = last.split_once(':').unwrap_or((last, ""));
    if image.contains("distroless") {
        return tag.starts_with("debug");
    }
    if image.starts_with("cgr.dev/") || image.contains("chainguard") {
        return tag.ends_with("-dev");
    }
    name != "scratch" && !name.ends_with("-static") && !tag.ends_with("-static")
}

fn exec_delay(exec: &ExecAction) -> Prestop {
    let argv: Vec<&str> = exec.command.iter().flatten().map(String::as_str).collect();
    let mut clock = Clock::default();
    let Some(()) = clock.run_argv(&argv, 0) else {
        return Prestop::Unknown(Hook::Exec);
    };
    match (clock.slept, clock.others) {
        (Some(delay), false) => Prestop::Known(delay, Hook::ExecSleep),
        (Some(delay), true) => Prestop::AtLeast(delay, Hook::ExecSleep),
        (None, _) => Prestop::Unknown(Hook::Exec),
    }
}

/// What is known of a script while walking through it. Functions answer `None` as soon as a delay
/// depends on more than the text.
#[derive(Default)]
struct Clock {
    /// The constant sleeps so far; `None` before the first.
    slept: Option<Duration>,
    /// Commands of unknown length ran.
    others: bool,
    /// Nothing after this point runs.
    ended: bool,
    /// The script may have ended before this point.
    may_have_ended: bool,
}

impl Clock {
    fn run_argv(&mut self, argv: &[&str], nesting: usize) -> Option<()> {
        if let Some(invocation) = shell::invocation(argv) {
            if nesting == MAX_NESTING {
                return None;
            }
            let script = Script::parse(invocation.script).ok()?;
            return self.run_script(&script, nesting + 1);
        }
        let (_, argv) = shell::without_wrappers(argv);
        match argv.split_first() {
            Some((program, operands)) if shell::base_name(program) == "sleep" => {
                self.sleep(operands.iter().map(|&operand| Some(operand)))
            }
            _ => {
                self.others = true;
                Some(())
            }
        }
    }

    fn sleep<'a>(&mut self, operands: impl Iterator<Item = Option<&'a str>>) -> Option<()> {
        if self.may_have_ended {
            return None;
        }
        let mut total = None::<Duration>;
        for operand in operands {
            match operand? {
                "--" if total.is_none() => {}
                operand => {
                    let part = sleep_operand(operand)?;
                    total = Some(total.unwrap_or_default().checked_add(part)?);
                }
            }
        }
        self.slept = Some(self.slept.unwrap_or_default().checked_add(total?)?);
        Some(())
    }

    fn run_script(&mut self, script: &Script, nesting: usize) -> Option<()> {
        let mut condition = false;
        for item in &script.items {
            if self.ended {
                return Some(());
            }
            let sleeps = item.pipeline.iter().filter(|command| holds_sleep(command));
            // Whether it runs depends on how another command ended. `a && sleep` is the usual
            // way to write a sequence and counts as one, unless `a` is a plain test.
            let conditional = item.joint == Joint::Or || (item.joint == Joint::And && condition);
            match sleeps.count() {
                0 => {}
                // A constant sleep does not fail, so what follows its `||` does not run.
                1 if item.joint == Joint::Or && !self.others && self.slept.is_some() => continue,
                1 if !item.background && !conditional => {}
                _ => return None,
            }
            for command in &item.pipeline {
                self.run_command(command, nesting)?;
            }
            let own_process = item.pipeline.len() > 1 || item.background;
            self.others |= own_process;
            if own_process {
                self.ended = false;
            } else if self.ended && item.joint != Joint::Sequence {
                self.ended = false;
                self.may_have_ended = true;
            }
            condition = matches!(item.pipeline.as_slice(), [command] if is_test(command))
                || (condition && item.joint != Joint::Sequence);
        }
        Some(())
    }

    fn run_command(&mut self, command: &Command, nesting: usize) -> Option<()> {
        match command {
            Command::Simple { words, .. } => self.run_simple(words, nesting),
            Command::Compound {
                kind: Compound::Group,
                body,
                ..
            } => self.run_script(body, nesting),
            Command::Compound {
                kind: Compound::Subshell,
                body,
                ..
            } => {
                self.run_script(body, nesting)?;
                self.ended = false;
                Some(())
            }
            Command::Compound { body, .. } => {
                let simple = body.simple_commands();
                if simple.iter().any(|words| is_sleep(words)) {
                    return None;
                }
                self.may_have_ended |= simple.iter().any(|words| is_exit(words));
                self.others = true;
                Some(())
            }
        }
    }

    fn run_simple(&mut self, words: &[Word], nesting: usize) -> Option<()> {
        let (program, exec) = shell::program(words);
        let Some((first, operands)) = program.split_first() else {
            return Some(());
        };
        if is_exit(words) {
            self.ended = true;
            return Some(());
        }
        match first.constant_text().map(shell::base_name) {
            Some("sleep") => self.sleep(operands.iter().map(Word::constant_text))?,
            Some(":" | "true" | "echo" | "printf" | "set" | "export" | "cd" | "date") => {}
            Some(_) if program.iter().all(|word| word.constant) => {
                let argv: Vec<&str> = program.iter().map(|word| word.text.as_str()).collect();
                self.run_argv(&argv, nesting)?;
            }
            _ if is_sleep(words) => return None,
            _ => self.others = true,
        }
        self.ended |= exec;
        Some(())
    }
}

fn holds_sleep(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => is_sleep(words),
        Command::Compound { body, .. } => {
            body.simple_commands().iter().any(|words| is_sleep(words))
        }
    }
}

fn is_sleep(words: &[Word]) -> bool {
    let (program, _) = shell::program(words);
    let argv: Vec<&str> = program.iter().map(|word| word.text.as_str()).collect();
    match shell::invocation(&argv) {
        Some(invocation) => invocation.script.contains("sleep"),
        None => program
            .first()
            .and_then(Word::constant_text)
            .is_some_and(|program| shell::base_name(program) == "sleep"),
    }
}

fn is_exit(words: &[Word]) -> bool {
    let first = words.first().and_then(Word::constant_text);
    matches!(first, Some("exit" | "return"))
}

fn is_test(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => shell::program(words)
            .0
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "[" | "[[" | "test" | "false")),
        Command::Compound { .. } => false,
    }
}

/// One operand of GNU and busybox `sleep`: a decimal number with an optional unit s, m, h or d.
/// `None` for `infinity` and anything else.
fn sleep_operand(text: &str) -> Option<Duration> {
    let (number, factor) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3_600),
        Some(number) if text.ends_with('d') => (number, 86_400),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    // A nanosecond is the finest that a timer keeps.
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Duration::new(whole, nanos.parse().ok()?).checked_mul(factor)
}

#[cfg(test)]
mod tests;
