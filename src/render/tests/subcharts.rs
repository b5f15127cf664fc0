use std::path::Path;

use super::super::graph::trees;
use super::super::subcharts::Subcharts;

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn charts_are_found_by_their_names_and_aliases() {
    const CHART: &str = "name: web\ndependencies:\n- {name: db, alias: main}\n- {name: cache}\n";
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    write(
        &root,
        &[
            ("Chart.yaml", CHART),
            ("charts/x/Chart.yaml", "name: db\n"),
            ("charts/x/charts/y/Chart.yaml", "name: deep\n"),
            ("charts/cache-1.2.3.tgz", ""),
        ],
    );
    let mut subcharts = Subcharts::default();
    let mut file = |source: &str| {
        let found = subcharts.file(&root, source)?;
        Some(found.strip_prefix(&root).unwrap().display().to_string())
    };
    let cases = [
        ("web/templates/a.yaml", Some("templates/a.yaml")),
        (
            "web/charts/db/templates/a.yaml",
            Some("charts/x/templates/a.yaml"),
        ),
        (
            "web/charts/main/templates/a.yaml",
            Some("charts/x/templates/a.yaml"),
        ),
        (
            "web/charts/main/charts/deep/b.yaml",
            Some("charts/x/charts/y/b.yaml"),
        ),
        ("web/charts/x/templates/a.yaml", None),
    ];
    for (source, expected) in cases {
        assert_eq!(file(source).as_deref(), expected, "{source}");
    }
    let missing = |subcharts: &mut Subcharts, text: &str| {
        let chart = trees(&text.into()).remove(0);
        subcharts.missing_dependency(chart.root(), &root)
    };
    assert_eq!(missing(&mut subcharts, CHART), None);
    let other = "dependencies: [{name: cach}]";
    assert_eq!(missing(&mut subcharts, other).as_deref(), Some("cach"));
}
