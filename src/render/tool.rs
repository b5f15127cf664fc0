//! Running kustomize, kubectl and helm: no network, no input, and limits of time and size.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::at_work::Program;
use crate::settings::Settings;
use crate::units::SizeLimit;

/// Nobody reads more of an error.
const MAX_MESSAGE_BYTES: u64 = 64 * 1024;
/// How long to wait between looks at a program that has closed its output and not ended yet.
const PAUSE: Duration = Duration::from_millis(5);
/// Nothing listens there: whoever goes by this proxy gets nowhere.
const DEAD_PROXY: &str = "http://127.0.0.1:1";

/// A program that was found, and how to call it.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) program: PathBuf,
    /// What stands before all other arguments.
    pub(super) arguments: &'static [&'static str],
    /// How a person calls it.
    pub(super) shown: &'static str,
}

/// Why a program gave no result.
#[derive(Debug)]
pub(super) enum ToolError {
    /// It ended with an error and said this.
    Failed(String),
    /// It was stopped.
    TimedOut,
    /// It was stopped.
    TooLarge,
    /// It could not be run, or it was killed.
    Broken(String),
}

impl Tool {
    pub(super) fn kustomize() -> Option<Self> {
        Self::find("kustomize", &["build"], "kustomize build")
            .or_else(|| Self::find("kubectl", &["kustomize"], "kubectl kustomize"))
    }

    pub(super) fn helm() -> Option<Self> {
        Self::find("helm", &["template"], "helm template")
    }

    fn find(name: &str, arguments: &'static [&'static str], shown: &'static str) -> Option<Self> {
        Some(Self {
            program: which::which(name).ok()?,
            arguments,
            shown,
        })
    }

    /// Runs the program in a scratch directory, which also takes whatever it wants to keep, and
    /// gives its standard output.
    pub(super) fn run(
        &self,
        arguments: &[OsString],
        scratch: &Path,
        settings: &Settings,
    ) -> Result<String, ToolError> {
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments)
            .args(arguments)
            .current_dir(scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        confine(&mut command, scratch);
        let cannot = |error: io::Error| ToolError::Broken(format!("it cannot be run: {error}"));
        let program = Program::start(&mut command).map_err(cannot)?;
        let (status, output, message) =
            Running::new(program, settings.max_file_size).finish(settings.render.timeout)?;
        if !status.success() {
            return Err(match status.code() {
                Some(_) => ToolError::Failed(message),
                None => ToolError::Broken("it was killed".to_owned()),
            });
        }
        String::from_utf8(output)
            .map_err(|_| ToolError::Broken("its output is no UTF-8 text".to_owned()))
    }
}

/// Keeps the program off the network, and the user's own settings away from the result: the same
/// files have to give the same text on every machine.
fn confine(command: &mut Command, scratch: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_lowercase();
        let steers = ["helm_", "kustomize_", "kube", "git_", "lc_"];
        if steers.iter().any(|prefix| text.starts_with(prefix)) || text.ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, DEAD_PROXY);
        command.env(name.to_ascii_uppercase(), DEAD_PROXY);
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_ALLOW_PROTOCOL", "file")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("KUBECONFIG", scratch.join("kubeconfig"))
        .env("KUSTOMIZE_PLUGIN_HOME", scratch.join("plugins"))
        .env("HELM_PLUGINS", scratch.join("plugins"))
        .env("HELM_CACHE_HOME", scratch.join("cache"))
        .env("HELM_CONFIG_HOME", scratch.join("config"))
        .env("HELM_DATA_HOME", scratch.join("data"));
}

enum Part {
    Output(io::Result<Vec<u8>>),
    Message(io::Result<Vec<u8>>),
}

/// A program at work, with readers of what it writes.
struct Running {
    program: Program,
    parts: mpsc::Receiver<Part>,
    /// What its output may have.
    limit: SizeLimit,
}

impl Running {
    fn new(mut program: Program, limit: SizeLimit) -> Self {
        let (sender, parts) = mpsc::channel();
        let (output, message) = program.outputs();
        let of_output = sender.clone();
        std::thread::spawn(move || {
            // Nobody waits any more where sending fails.
            let _ = of_output.send(Part::Output(read(output, limit.bytes() + 1)));
        });
        std::thread::spawn(move || {
            let mut message = message;
            let read = read(message.as_mut(), MAX_MESSAGE_BYTES);
            // A program whose messages are not taken would wait for ever.
            let _ = message.map(|mut rest| io::copy(&mut rest, &mut io::sink()));
            let _ = sender.send(Part::Message(read));
        });
        Self {
            program,
            parts,
            limit,
        }
    }

    fn finish(mut self, timeout: Duration) -> Result<(ExitStatus, Vec<u8>, String), ToolError> {
        let result = self.wait(Instant::now() + timeout);
        if result.is_err() {
            self.program.kill();
        }
        result
    }

    fn wait(&mut self, deadline: Instant) -> Result<(ExitStatus, Vec<u8>, String), ToolError> {
        let broken = |error: io::Error| ToolError::Broken(error.to_string());
        let (mut output, mut message) = (None, None);
        while output.is_none() || message.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.parts.recv_timeout(left) {
                Ok(Part::Output(read)) => {
                    let read = read.map_err(broken)?;
                    if read.len() as u64 > self.limit.bytes() {
                        return Err(ToolError::TooLarge);
                    }
                    output = Some(read);
                }
                Ok(Part::Message(read)) => message = Some(read.map_err(broken)?),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(ToolError::TimedOut);
                }
            }
        }
        loop {
            if let Some(status) = self.program.ended().map_err(broken)? {
                let message = String::from_utf8_lossy(&message.unwrap_or_default()).into_owned();
                return Ok((status, output.unwrap_or_default(), message));
            }
            if Instant::now() >= deadline {
                return Err(ToolError::TimedOut);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn read(from: Option<impl Read>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
