//! The `lameduck` binary: parse, call, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    lameduck::cli::main()
}
