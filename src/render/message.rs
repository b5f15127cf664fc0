//! What programs say on their standard error, made fit for a finding.

use std::path::Path;

use super::view::Places;
use crate::discover::{normal, relative};

/// What a long message keeps of its beginning, and of its end, where the cause stands.
const KEPT_CHARS: (usize, usize) = (120, 240);
/// How kustomize introduces the error of what it takes in.
const RECURSED: &str = "recursed accumulation of path '";

/// One line without the scratch directory and without places of this machine: paths, also those of
/// copies, are shown as the working directory sees them.
pub(super) fn tidy(message: &str, places: &Places, cwd: &Path) -> String {
    let lines = message.lines().map(str::trim);
    let lines: Vec<String> = lines.filter_map(told).collect();
    let line = lines.join(" ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("Error: ").unwrap_or(&line);
    let line = innermost(line);
    let mut tidied = String::with_capacity(line.len());
    let is_end = |letter: char| letter.is_whitespace() || "'\"`:,;()[]{}<>=".contains(letter);
    for part in line.split_inclusive(is_end) {
        let word = part.trim_end_matches(is_end);
        let end = part.get(word.len()..).unwrap_or_default();
        tidied.push_str(&shown(word, places, cwd));
        tidied.push_str(end);
    }
    if tidied.is_empty() {
        return "it says nothing".to_owned();
    }
    shortened(tidied.trim_end_matches(['.', ' ']))
}

/// A line without what a logger puts around it, such as the time; `None` for warnings, notices and
/// advice.
fn told(line: &str) -> Option<String> {
    const ASIDES: [&str; 4] = ["# Warning", "WARNING:", "level=", "Use --debug flag"];
    const ERROR: &str = "] \"command failed\" err=\"";
    if let Some((_, error)) = line.split_once(ERROR) {
        let error = error.strip_suffix('"').unwrap_or(error);
        return Some(error.replace("\\\"", "\"").replace("\\n", " "));
    }
    // `W1126 18:17:09.734656    9590 file.go:72] …`
    let mut letters = line.chars();
    let level = letters.next();
    let is_log = matches!(level, Some('I' | 'W' | 'E')) && {
        let day: Vec<char> = letters.take_while(|letter| *letter != ' ').collect();
        day.len() == 4 && day.iter().all(char::is_ascii_digit)
    };
    let is_aside = is_log || ASIDES.iter().any(|start| line.starts_with(start));
    (!is_aside).then(|| line.to_owned())
}

/// The error of the innermost kustomization: those around it only say how it was reached.
fn innermost(line: &str) -> &str {
    let inner = line.rfind(RECURSED).and_then(|at| {
        let rest = line.get(at + RECURSED.len()..)?;
        Some(rest.split_once("': ")?.1)
    });
    inner.unwrap_or(line)
}

fn shortened(line: &str) -> String {
    let (first, last) = KEPT_CHARS;
    let count = line.chars().count();
    if count <= first + last {
        return line.to_owned();
    }
    let head: String = line.chars().take(first).collect();
    let tail: String = line.chars().skip(count - last).collect();
    format!("{head} … {tail}")
}

fn shown(word: &str, places: &Places, cwd: &Path) -> String {
    if word.starts_with("//") {
        // Of an address, behind its colon.
        return word.to_owned();
    }
    let path = Path::new(word);
    let copied = places.outside(&normal(&places.work().join(path)));
    let is_path = path.is_absolute() || word.starts_with("../") || word == "..";
    if let Some(path) = copied.filter(|_| is_path) {
        return from_here(cwd, &path);
    }
    if path.starts_with(places.scratch()) {
        return "(temporary directory)".to_owned();
    }
    // An address in memory is another one on every run.
    if let Some(at) = word.find("0x") {
        return word.get(..at + 2).unwrap_or_default().to_owned() + "…";
    }
    // Other relative paths are as a kustomization names them.
    if path.is_absolute() {
        from_here(cwd, &normal(path))
    } else {
        word.to_owned()
    }
}

/// A path as the working directory sees it, where both have something in common.
fn from_here(cwd: &Path, path: &Path) -> String {
    let root = |path: &Path| path.components().nth(1).map(|it| it.as_os_str().to_owned());
    if root(path) == root(cwd) {
        relative(cwd, path)
    } else {
        path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidy(message: &str, cwd: &str) -> String {
        super::tidy(message, &Places::at("/tmp/.x1"), Path::new(cwd))
    }

    #[test]
    fn places_of_this_machine_are_left_out() {
        let tidy = |message: &str| tidy(message, "/home/me/repo");
        assert_eq!(
            tidy(
                "Error: accumulating resources from '../view/home/me/repo/app': evalsymlink failure \
                 on '/tmp/.x1/view/home/me/repo/base/a.yaml' :\n  lstat /home/me/repo/base/a.yaml: no \
                 such file.\n"
            ),
            "accumulating resources from 'app': evalsymlink failure on 'base/a.yaml' : lstat \
             base/a.yaml: no such file"
        );
        assert_eq!(
            tidy("in /tmp/.x1/work/kustomization.yaml"),
            "in (temporary directory)"
        );
        assert_eq!(
            tidy("merging from generator &{0xc8337ac1e10 0xc8337c11300}: id a"),
            "merging from generator &{0x… 0x…}: id a"
        );
        assert_eq!(
            tidy("cannot get https://example.com/a/b.yaml: 404"),
            "cannot get https://example.com/a/b.yaml: 404"
        );
        assert_eq!(
            tidy("'../crd' at '/tmp/.x1/view/home/me/repo/0x/a.yaml'"),
            "'../crd' at '0x/a.yaml'"
        );
        assert_eq!(tidy(" \n"), "it says nothing");
        assert_eq!(tidy(&"é".repeat(1000)).chars().count(), 120 + 3 + 240);
    }

    #[test]
    fn what_a_logger_adds_is_left_out() {
        let message = "W1126 18:17:09.1 9 warn.go:7] old\nE1126 18:17:09.734656    9590 run.go:72] \
                       \"command failed\" err=\"accumulating components: loader.New \\\"x y\\\"\"\n";
        assert_eq!(
            tidy(message, "/repo"),
            "accumulating components: loader.New \"x y\""
        );
    }

    #[test]
    fn the_innermost_error_is_told() {
        let message = "# Warning: 'vars' is deprecated.\nError: accumulating resources: accumulation \
                       err='accumulating resources from '../../repo/app': '/repo/app' must resolve to \
                       a file': recursed accumulation of path '/repo/app': no matches for Id x";
        assert_eq!(tidy(message, "/repo"), "no matches for Id x");
    }
}
