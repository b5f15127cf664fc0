//! The way in that the documentation shows, followed literally.

use std::path::Path;
use std::process::Command;

use super::{Repository, deployment};

/// The lines of the shell blocks.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .map(str::to_owned)
        .collect()
}

#[cfg(unix)]
#[test]
fn adopting_it_as_the_page_says_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/adopting.md")).unwrap();
    let fixture = |name: &str| std::fs::read_to_string(root.join("fixtures").join(name)).unwrap();
    let repository = Repository::new(&[
        ("k8s/bad-service.yaml", &fixture("bad-service.yaml")),
        ("k8s/rules.yaml", &fixture("destination-rules.yaml")),
    ]);
    let binary = assert_cmd::cargo::cargo_bin("lameduck");
    let mut path = vec![binary.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let path = std::env::join_paths(path).unwrap();
    let mut codes = Vec::new();
    let commands = commands(&page);
    for command in &commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .env("PATH", &path)
            .current_dir(repository.folder.path())
            .output()
            .unwrap();
        codes.push((command.as_str(), output.status.code().unwrap()));
    }
    let is_last = codes.len() - 1;
    for (at, (command, code)) in codes.iter().enumerate() {
        let may_find = at < is_last && command.starts_with("lameduck check");
        assert!(*code == 0 || may_find && *code == 1, "{codes:?}");
    }
    assert_eq!(codes[0].1, 1, "there is something to find");
    assert_eq!(codes[is_last], ("lameduck check", 0));

    // From there on: a regression fails, and a word beside it lets it pass.
    repository.write("k8s/new.yaml", &deployment("new", "new"));
    assert_eq!(repository.run("check").code, 1);
    let said = deployment(
        "new",
        "new # lameduck: ignore[mutable-image-tag] built here",
    );
    repository.write("k8s/new.yaml", &said);
    assert_eq!(repository.run("check").code, 0);
}
