//! The model card: `README.md` of a model directory, with the metadata Hugging Face reads.

use std::fmt::Write;

use super::figures::markdown;
use crate::learn::figures::SetFigures;
use crate::model::Model;

/// The card of `model`; `sets` are the figures measured while it was trained, all out of fold.
pub fn model_card(model: &Model, sets: &[SetFigures]) -> String {
    let config = &model.config;
    let training = &config.training;
    let mut text = String::new();
    let _ = write!(
        text,
        "---\nlanguage:\n- he\n- en\nlicense: mit\nlibrary_name: tachles\npipeline_tag: text-classification\n\
         tags:\n- job-postings\n- hebrew\n- vagueness\n---\n\n# {}\n\n",
        config.name
    );
    text.push_str(
        "Says of a job posting in Hebrew or English whether running social media is the core of the role, whether the \
         posting is vague, and which of six faults it commits. Eight linear heads over word, word-pair, subword and \
         rubric columns; every probability is a calibrated sum that can be printed term by term (`tachles score --explain`).\n\n",
    );
    text.push_str("## Intended use and limits\n\n");
    text.push_str(
        "- To flag postings for a person to look at, and to tell their authors what is missing. Not to judge employers, \
         and not to reject postings unseen.\n\
         - Roles other than social media are marked out of scope; their vagueness figures rest on fewer labels.\n\
         - Languages other than Hebrew and English are not judged.\n\
         - Labels are opinions: two careful readers agree with kappa 0.85 on the verdict, and waver on postings rated 3 of 5.\n\n",
    );
    text.push_str(
        "## Training\n\n| source | rows | weight | apart | SHA-256 of texts and labels |\n|---|---|---|---|---|\n",
    );
    for source in &training.sources {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | `{}` |",
            source.name,
            source.rows,
            source.weight,
            if source.apart { "yes" } else { "no" },
            source.digest
        );
    }
    let [words, stems, pieces, grams, pairs, dense] = model.space.blocks();
    let _ = write!(
        text,
        "\n{} rows in {} groups (an employer's postings and near-duplicates are one group), {} folds, class weight {}, seed {}; \
         columns: {words} words, {stems} stems, {pieces} subwords, {grams} character n-grams, {pairs} pairs, {dense} dense measures.\n\n",
        training.rows, training.groups, training.folds, training.class_weight, training.seed
    );
    let decision = &config.decision;
    let _ = write!(
        text,
        "## Decision\n\n`vague` at p ≥ {}, `concrete` at p ≤ {}, `unsure` between: chosen out of fold so that at most \
         {:.0}% of those called vague and {:.0}% of those called concrete are wrong. A forced choice falls at {}.\n\n\
         | head | cost | yes at p ≥ |\n|---|---|---|\n",
        decision.upper,
        decision.lower,
        100.0 * decision.vague_error,
        100.0 * decision.concrete_error,
        decision.forced
    );
    for head in &config.heads {
        let _ = writeln!(text, "| {} | {} | {} |", head.name, head.cost, head.threshold);
    }
    text.push_str(
        "\n## Figures\n\nOut of fold: every posting is scored by heads that saw neither it nor its group. Costs, calibration and \
         thresholds were chosen on the same scores, so these figures are slightly kind; figures on postings that no \
         choice has seen are in `docs/EVALUATION.md`. Intervals are 95% bootstrap percentiles over postings. `length only` and \
         `lexicon only` are the AUC of a logistic regression on the number of words, and on the lexicon columns.\n\n",
    );
    text.push_str(&markdown(sets));
    text
}
