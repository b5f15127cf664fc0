//! Command line: arguments, one file per subcommand, where results go, exit codes.

mod args;
mod check;
mod checklist;
mod completions;
mod config;
mod config_schema;
mod explain;
mod fixing;
mod guard;
mod init;
mod input;
mod interrupt;
mod man;
mod output;
mod progress;
mod replace;
mod review;
mod rules;
mod timeline;
mod verdict;
mod view_args;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::config::ConfigError;
use crate::discover::DiscoverError;
use crate::render::RenderError;
use crate::rules::{Rule, metas};

use args::{Cli, Command};

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
const FINDINGS: u8 = 1;
/// The run could not be made, or not whole: a wrong flag or configuration, a path that is missing or
/// cannot be read, a failing output.
const UNUSABLE: u8 = 2;

/// Why a run could not be made; ends with [`UNUSABLE`].
#[derive(Debug)]
struct Failure {
    messages: Vec<String>,
}

impl Failure {
    fn one(message: impl Into<String>) -> Self {
        Self {
            messages: vec![message.into()],
        }
    }

    fn of<E: ToString>(errors: &[E]) -> Self {
        Self {
            messages: errors.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(&[error])
    }
}

impl From<Vec<ConfigError>> for Failure {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self::of(&errors)
    }
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        Self::of(&[error])
    }
}

impl From<Vec<DiscoverError>> for Failure {
    fn from(errors: Vec<DiscoverError>) -> Self {
        Self::of(&errors)
    }
}

/// Runs the command line, as the binary: the programs that render are started through it, confined.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Before any thread is started, which would keep its rights.
    if let Some(code) = crate::render::trampoline(&arguments) {
        return code;
    }
    if let Ok(binary) = std::env::current_exe() {
        crate::render::confine_with(binary);
    }
    ExitCode::from(run_with(arguments, crate::rules::all()))
}

/// Runs a command line, the name of the program first, where these rules judge; gives the exit code.
/// What is explained, listed and configured are the registered ones. Unlike under [`main`], programs
/// that render keep the rights of this process.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, rules: &[&'static dyn Rule]) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            output::usage(&error);
            return u8::try_from(error.exit_code()).unwrap_or(UNUSABLE);
        }
    };
    interrupt::listen();
    let code = run(&cli.command, rules).unwrap_or_else(|failure| {
        output::to_stderr("error", failure.messages);
        UNUSABLE
    });
    interrupt::settle();
    code
}

fn run(command: &Command, rules: &[&'static dyn Rule]) -> Result<u8, Failure> {
    match command {
        Command::Check(args) => return check::run(args, rules),
        Command::Checklist(args) => return checklist::run(args, rules),
        Command::Timeline(args) => return timeline::run(args),
        Command::Explain(args) => explain::run(args, metas())?,
        Command::Rules { format } => self::rules::run(*format, metas())?,
        Command::Init(args) => init::run(args)?,
        Command::Config(args) => self::config::run(args)?,
        Command::ConfigSchema => config_schema::run(metas())?,
        Command::Completions { shell } => completions::run(*shell)?,
        Command::Man { directory } => man::run(directory)?,
    }
    Ok(CLEAN)
}
