//! Models of a directory, in lines.

use super::figures::aligned;
use crate::learn::registry::{Change, Entry};

/// A line a model, indented below the one it came from; then what each learned from.
pub fn text(entries: &[Entry]) -> String {
    let mut table = String::from(
        "| directory | model | parent | rows | vague AUC | kappa | measured on | state |\n|---|---|---|---|---|---|---|---|\n",
    );
    for entry in entries {
        let state = entry.fault.as_deref().unwrap_or("sound");
        let Some(model) = &entry.model else {
            table.push_str(&format!("| {} | | | | | | | {state} |\n", entry.directory));
            continue;
        };
        let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        let figures = model.figures.as_ref();
        let step = if model.generation > 0 { "+ " } else { "" };
        table.push_str(&format!(
            "| {}{} | {}@{} | {} | {} | {} | {} | {} | {state} |\n",
            step.repeat(model.generation),
            entry.directory,
            model.name,
            short(&model.digest),
            model.parent.as_deref().map_or("-", short),
            model.rows,
            figure(figures.map(|figures| figures.auc)),
            figure(figures.map(|figures| figures.kappa)),
            figures.map_or_else(|| "-".to_owned(), |figures| format!("{}, n = {}", figures.set, figures.n)),
        ));
    }
    let mut text = aligned(&table);
    text.push_str("\nlearned from\n");
    for (entry, model) in entries.iter().filter_map(|entry| Some((entry, entry.model.as_ref()?))) {
        let files = model.sources.iter().map(|(name, rows, digest)| format!("{name} {rows} rows {}", short(digest)));
        text.push_str(&format!("  {}: {}\n", entry.directory, files.collect::<Vec<_>>().join(", ")));
    }
    text
}

/// A line a difference.
pub fn changes(found: &[Change]) -> String {
    if found.is_empty() {
        return "no difference in settings, data, heads and thresholds\n".to_owned();
    }
    let mut text = String::new();
    for change in found {
        let shown = |value: &str| {
            let line = value.replace('\n', "; ");
            if line.len() == 64 && line.bytes().all(|b| b.is_ascii_hexdigit()) { short(&line).to_owned() } else { line }
        };
        text.push_str(&format!("{}: {} -> {}\n", change.what, shown(&change.from), shown(&change.to)));
    }
    text
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
