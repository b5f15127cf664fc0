//! The configuration to start with.

use std::fmt::Write as _;

/// What there is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// In words: `7 manifests in 3 files, 2 workloads`.
    pub counts: String,
    /// The directories of kustomizations.
    pub kustomizations: Vec<String>,
    /// The directories of Helm charts.
    pub charts: Vec<String>,
    /// How many workloads are in a mesh with sidecars, in an ambient mesh, and likely in a mesh.
    pub meshed: [usize; 3],
    /// The release of the cluster, and the file that names it.
    pub kubernetes: Option<(String, String)>,
    /// The release of Istio, and the file that names it.
    pub istio: Option<(String, String)>,
    /// Names of directories that hold what others wrote, or test data.
    pub excluded: Vec<String>,
    /// Directories of stages where less is asked for.
    pub stages: Vec<String>,
    /// A baseline that lies there, or is asked for.
    pub baseline: Option<String>,
}

/// How many names a comment lists.
const LISTED: usize = 4;
const WIDTH: usize = 100;

/// A configuration that says what was seen, and what is decided by it. A key that is left to a person stands
/// behind `#`, prose behind `# `.
pub fn starter(survey: &Survey) -> String {
    let site = env!("CARGO_PKG_HOMEPAGE");
    let mut text = format!("# Every key: {site}docs/configuration/\n");
    prose(
        &mut text,
        &format!("Seen when this was written: {}.", survey.counts),
    );
    kubernetes(&mut text, survey);
    mesh(&mut text, survey);
    render(&mut text, survey);
    if !survey.excluded.is_empty() {
        let patterns: Vec<String> = survey.excluded.iter().map(|it| format!("{it}/")).collect();
        section(&mut text, "Not read: test data, and what others wrote.");
        let _ = writeln!(text, "exclude: [{}]", patterns.join(", "));
    }
    if let Some(stage) = survey.stages.first() {
        let stages = listed(&survey.stages);
        section(&mut text, &format!("Less may be asked of {stages}."));
        let _ = writeln!(
            text,
            "#overrides: [{{ paths: [/{stage}/], ignore: [missing-pdb] }}]"
        );
    }
    if let Some(baseline) = &survey.baseline {
        section(&mut text, "The findings listed there do not count.");
        let _ = writeln!(text, "baseline: {baseline}");
    }
    text
}

fn kubernetes(text: &mut String, survey: &Survey) {
    if let Some((version, file)) = &survey.kubernetes {
        section(text, &format!("The release of the cluster, by {file}."));
        let _ = writeln!(text, "kubernetes-version: {version}");
    } else {
        section(
            text,
            "The release of the cluster, which no manifest here names.",
        );
        text.push_str("#kubernetes-version: 1.33\n");
    }
}

fn mesh(text: &mut String, survey: &Survey) {
    let [sidecars, ambient, likely] = survey.meshed;
    let seen: Vec<String> = [
        (sidecars, "in a mesh with sidecars"),
        (ambient, "in an ambient mesh"),
        (likely, "likely in a mesh"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| match count {
        1 => format!("1 workload is {what}"),
        count => format!("{count} workloads are {what}"),
    })
    .collect();
    if seen.is_empty() && survey.istio.is_none() {
        section(
            text,
            "No manifest here puts a workload in an Istio mesh. If another place does, say `sidecar` or `ambient`.",
        );
        text.push_str("mesh:\n  mode: auto\n");
        return;
    }
    let mut comment = if seen.is_empty() {
        "The manifests put no workload in the mesh.".to_owned()
    } else {
        format!("By the manifests, {}.", seen.join(", "))
    };
    if let Some((_, file)) = &survey.istio {
        let _ = write!(comment, " The release of Istio is by {file}.");
    }
    section(text, &comment);
    text.push_str("mesh:\n  mode: auto\n");
    match &survey.istio {
        Some((version, _)) => {
            let _ = writeln!(text, "  istio-version: {version}");
        }
        None => text.push_str("#  istio-version: 1.27\n"),
    }
}

fn render(text: &mut String, survey: &Survey) {
    let places: Vec<String> = [
        ("kustomizations in", &survey.kustomizations),
        ("Helm charts in", &survey.charts),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!("{what} {}", listed(names)))
    .collect();
    if !places.is_empty() {
        let comment = format!(
            "There are {}. `lameduck check --render auto` judges what they make; without the flag, a note \
             reminds of it.",
            places.join(" and ")
        );
        section(text, &comment);
        text.push_str("render: auto\n");
    }
}

fn section(text: &mut String, comment: &str) {
    text.push('\n');
    prose(text, comment);
}

fn listed(names: &[String]) -> String {
    let mut listed = names
        .iter()
        .take(LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        let _ = write!(listed, " and {} more", names.len() - LISTED);
    }
    listed
}

/// A comment, broken at spaces.
fn prose(text: &mut String, prose: &str) {
    let mut used = WIDTH;
    for word in prose.split_whitespace() {
        if used + 1 + word.chars().count() > WIDTH {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push('#');
            used = 1;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, " {word}");
        used += 1 + word.chars().count();
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_can_be_read() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let survey = Survey {
            counts: "700 manifests in 300 files, 120 workloads".to_owned(),
            kustomizations: names(&["a/base", "a/overlays/dev", "b/base", "c/base", "d/base"]),
            charts: names(&["charts/api"]),
            meshed: [20, 3, 1],
            kubernetes: Some(("1.33".to_owned(), "kind.yaml:4".to_owned())),
            istio: Some(("1.27".to_owned(), "istio/operator.yaml:7".to_owned())),
            excluded: names(&["testdata", "vendor"]),
            stages: names(&["overlays/dev"]),
            baseline: Some("lameduck-baseline.json".to_owned()),
        };
        for survey in [survey, Survey::default()] {
            let text = starter(&survey);
            let lines = text.lines().filter(|line| !line.is_empty()).count();
            assert!((6..=20).contains(&lines), "{lines}: {text}");
            assert!(
                text.lines().all(|line| line.chars().count() <= WIDTH + 1),
                "{text}"
            );
        }
    }
}
