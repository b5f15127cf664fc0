"""Makes the site of the pages as they stand in the repository."""

import posixpath
import re
import tomllib
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
# In the order in which a reader needs them.
GUIDES = {
    "Adopting": "docs/adopting.md",
    "Usage": "docs/usage.md",
    "Configuration": "docs/configuration.md",
    "Integrations": "docs/integrations.md",
    "Output": "docs/output.md",
    "Numbers": "docs/numbers.md",
    "Security": "docs/security.md",
    "Comparison": "rules/README.md",
}
FENCE = re.compile(r"^(\s*```\s*\w+)[^\n`]*$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s#:]+)(#[^)\s]*)?\)")


def rules():
    return sorted((ROOT / "rules").glob("*/*.md"))


def relative(path):
    return path.relative_to(ROOT).as_posix()


def on_config(config):
    config.site_url = PACKAGE["homepage"]
    config.repo_url = PACKAGE["repository"]
    config.repo_name = "GitHub"
    config.site_description = PACKAGE["description"]
    by_category = {}
    for page in rules():
        by_category.setdefault(page.parent.name, []).append({page.stem: relative(page)})
    index = [{"Index": "docs/rules.md"}]
    index += [{category.capitalize(): pages} for category, pages in by_category.items()]
    guides = [{title: page} for title, page in GUIDES.items()]
    config.nav = [{"lameduck": "README.md"}, *guides, {"Rules": index}]
    return config


def on_files(files, config):
    wanted = [ROOT / "README.md", *sorted((ROOT / "docs").iterdir()), ROOT / "rules/README.md", *rules()]
    theme = [file for file in files if file.src_dir != config.docs_dir]
    pages = [File.generated(config, relative(page), abs_src_path=str(page)) for page in wanted]
    return Files(theme + pages)


def on_page_markdown(markdown, page, config, files):
    folder = posixpath.dirname(page.file.src_uri)

    # What is not part of the site stands in the repository.
    def link(match):
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        if files.get_file_from_path(path) or not (ROOT / path).exists():
            return match[0]
        return f"]({PACKAGE['repository']}/blob/main/{path}{match[2] or ''})"

    # What the tests read of an example is not a language.
    markdown = LINK.sub(link, FENCE.sub(r"\1", markdown))
    if "severity" in page.meta:
        facts = f"**{page.meta['severity']}** · {page.meta['category']} · fix: {page.meta['fix']} · since {page.meta['since']}"
        markdown = re.sub(r"^(# .*)$", rf"\1\n\n{facts}", markdown, count=1, flags=re.MULTILINE)
    return markdown
