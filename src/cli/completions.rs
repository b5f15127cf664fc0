//! `lameduck completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::{Failure, output};

pub(super) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "lameduck", &mut script);
    output::to_stdout(&script)
}
