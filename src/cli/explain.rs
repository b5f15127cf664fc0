//! `lameduck explain`

use super::args::ExplainArgs;
use super::rules::table;
use super::{Failure, output};
use crate::finding::{Category, RuleMeta};
use crate::report::write_page;
use crate::units::suggest;

pub(super) fn run(args: &ExplainArgs, rules: &[RuleMeta]) -> Result<(), Failure> {
    let id = args.rule.as_str();
    if Category::ALL.iter().any(|category| category.as_str() == id) {
        let of_category = rules.iter().filter(|rule| rule.category.as_str() == id);
        let of_category: Vec<RuleMeta> = of_category.copied().collect();
        return output::to_stdout(table(&of_category).as_bytes());
    }
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let categories = Category::ALL.iter().map(|category| category.as_str());
        let names = rules.iter().map(|rule| rule.id).chain(categories);
        let hint = match suggest(id, names) {
            Some(meant) => format!(", did you mean `{meant}`?"),
            None => ": `lameduck rules` lists them".to_owned(),
        };
        return Err(Failure::one(format!("unknown rule `{id}`{hint}")));
    };
    if args.page {
        return output::to_stdout(format!("{}\n", rule.text()).as_bytes());
    }
    let style = output::stdout_style(args.color, false);
    let mut page = Vec::new();
    write_page(rule, &style, &mut page).map_err(|error| Failure::one(error.to_string()))?;
    output::to_stdout(&page)
}
