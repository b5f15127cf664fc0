//! Running kustomize, kubectl and helm: no input, and limits of time and size.

use std::ffi::OsString;
use std::io::{self, Read};
#[cfg(not(unix))]
use std::path::Path;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::at_work::Program;
use super::confine;
use super::view::Places;
use crate::settings::Settings;
use crate::units::SizeLimit;

/// Nobody reads more of an error.
const MAX_MESSAGE_BYTES: u64 = 64 * 1024;
/// How long to wait between looks at a program that has closed its output and not ended yet.
const PAUSE: Duration = Duration::from_millis(5);
/// What shells end with where they cannot start a program.
const NOT_STARTED: [i32; 2] = [126, 127];

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
    /// It ended because it had no more.
    OutOfMemory,
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
        // What stands in a folder that the PATH names relative to another can be the repository's.
        let path = std::env::var_os("PATH")?;
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        let path = std::env::join_paths(folders).ok()?;
        let mut programs = which::which_in_global(name, Some(path)).ok()?;
        Some(Self {
            // Where no folder is left, `which` looks at the working directory.
            program: programs.find(|program| program.is_absolute())?,
            arguments,
            shown,
        })
    }

    /// Runs the program in its places and gives its standard output.
    pub(super) fn run(
        &self,
        arguments: &[OsString],
        places: &Places,
        settings: &Settings,
    ) -> Result<String, ToolError> {
        let timeout = settings.render.timeout;
        let mut command = confine::command(&self.program, places, timeout);
        command
            .args(self.arguments)
            .args(arguments)
            .current_dir(places.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let cannot = |error: io::Error| ToolError::Broken(format!("it cannot be run: {error}"));
        let program = Program::start(&mut command).map_err(cannot)?;
        let (status, output, message) =
            Running::new(program, settings.max_file_size).finish(timeout)?;
        if !status.success() {
            return Err(self.failure(status, message));
        }
        String::from_utf8(output)
            .map_err(|_| ToolError::Broken("its output is not UTF-8 text".to_owned()))
    }

    fn failure(&self, status: ExitStatus, message: String) -> ToolError {
        let Some(code) = status.code() else {
            return ToolError::Broken("it was killed".to_owned());
        };
        if message.lines().any(is_out_of_memory) {
            return ToolError::OutOfMemory;
        }
        if NOT_STARTED.contains(&code) && is_script(&self.program) {
            return ToolError::Failed(format!(
                "it is a script, and these may start no other program: put the program itself first \
                 on the PATH: {message}"
            ));
        }
        ToolError::Failed(message)
    }
}

#[cfg(unix)]
use super::interpreter::is_script;

#[cfg(not(unix))]
fn is_script(_: &Path) -> bool {
    false
}

/// What a program in Go says before it ends for want of memory.
fn is_out_of_memory(line: &str) -> bool {
    let fatal = ["fatal error: ", "runtime: "];
    let want = [
        "out of memory",
        "cannot allocate memory",
        "cannot map pages",
        "OS thread",
    ];
    fatal.iter().any(|start| line.starts_with(start)) && want.iter().any(|it| line.contains(it))
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
