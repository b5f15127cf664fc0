//! A script whose shell becomes the program that it runs.

/// What a shell runs itself, or reads as a part of its grammar: `exec` finds no such program, or one that
/// does something else.
const OF_THE_SHELL: &str = "
    . alias bg bind break builtin caller case cd command compgen complete continue coproc declare dirs
    disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts
    hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray
    readonly return select set shift shopt source suspend test then time times trap true type typeset
    ulimit umask unalias unset until wait while";

/// Whether a program is a script of a shell, by its name.
pub(super) fn is_script(program: &str) -> bool {
    let (_, extension) = program.rsplit_once('.').unwrap_or_default();
    extension == "sh"
}

/// A script of one command, with `exec` before its program.
pub(super) fn with_exec(script: &str) -> Option<String> {
    let command = script.trim_start();
    let program = command.split_whitespace().next()?;
    // A variable's value comes before `exec`, and what is quoted or grouped is not taken apart.
    let is_plain = program
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    // The shell of that script would be the process then.
    let is_script = is_script(program);
    let is_one_line = !command.trim_end().contains('\n');
    let is_of_the_shell = OF_THE_SHELL.split_whitespace().any(|word| word == program);
    (is_plain && is_one_line && !is_script && !is_of_the_shell).then(|| {
        let blanks = script.len() - command.len();
        format!("{}exec {command}", script.get(..blanks).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_are_executed() {
        assert_eq!(
            with_exec(" /srv/run -v").as_deref(),
            Some(" exec /srv/run -v")
        );
        for script in [
            ". /srv/env.sh",
            "source /srv/env.sh",
            "time /srv/run",
            "/srv/run.sh",
            "eval \"$RUN\"",
            "A=1 /srv/run",
            "(/srv/run)",
            "{ /srv/run; }",
            "! /srv/run",
            "[ -f x ]",
            "a\nb",
        ] {
            assert_eq!(with_exec(script), None, "{script}");
        }
    }
}
