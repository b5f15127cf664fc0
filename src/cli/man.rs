//! `lameduck man`

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::args::Cli;
use super::{Failure, output};

/// Writes one page per command: `lameduck.1`, `lameduck-check.1` and so on.
pub(super) fn run(directory: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(|error| {
        let directory = directory.display();
        Failure::one(format!("{directory} cannot be made: {error}"))
    })?;
    let mut command = Cli::command();
    command.build();
    write(&command, directory)
}

fn write(command: &clap::Command, directory: &Path) -> Result<(), Failure> {
    let page = Man::new(command.clone()).source(concat!("lameduck ", env!("LAMEDUCK_VERSION")));
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|error| Failure::one(format!("the manual page: {error}")))?;
    output::to_file(&directory.join(page.get_filename()), &text)?;
    command
        .get_subcommands()
        .try_for_each(|command| write(command, directory))
}
