//! Writes the corpora of all targets from the tokenizer cases: `cargo run --example seed` in `fuzz/`.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for file in ["tokenizer_cases.jsonl", "tokenizer_variants.jsonl"] {
        for line in fs::read_to_string(root.join("../tests/data").join(file))?.lines() {
            let case: serde_json::Value = serde_json::from_str(line)?;
            let (Some(id), Some(input)) = (case["id"].as_str(), case["input"].as_str()) else { continue };
            for target in ["tokens", "normalize", "offsets"] {
                let corpus = root.join("corpus").join(target);
                fs::create_dir_all(&corpus)?;
                let choice = if target == "normalize" { "\u{1}" } else { "" };
                fs::write(corpus.join(id), format!("{choice}{input}"))?;
            }
            count += 1;
        }
    }
    println!("{count} seeds for each target");
    Ok(())
}
