//! The model card: `README.md` of a model directory, with the metadata Hugging Face reads.

use std::fmt::Write;

use super::figures::{leakage, learning_curve, markdown};
use crate::learn::figures::SetFigures;
use crate::learn::summary::Summary;
use crate::model::Model;

/// The card of `model` with the figures measured while it was trained.
pub fn model_card(model: &Model, summary: &Summary) -> String {
    let mut text = metadata(model, summary);
    let config = &model.config;
    let _ = write!(
        text,
        "# {}\n\nSays of a job posting in Hebrew or English whether running social media is the core of the role, \
         whether the posting is vague, and which of six faults it commits. {} linear heads over word, word-pair, subword and \
         rubric columns; every probability is a calibrated sum that can be printed term by term.\n\n",
        config.name,
        config.heads.len()
    );
    text.push_str(
        "## How to use\n\n\
         This folder is a model of the program `tachles`. Nothing in it can run code; digests and shapes are checked when \
         it is read.\n\n\
         ```sh\n\
         tachles score ad.txt -m DIR --explain          # one posting, with the sum behind every head\n\
         tachles batch ads.csv -o scored.jsonl -m DIR   # a file of postings\n\
         tachles evaluate labeled.csv -m DIR --report report.html\n\
         ```\n\n",
    );
    text.push_str(
        "## Intended use\n\n\
         - To flag postings for a person to look at, and to tell their authors what is missing.\n\
         - Not to judge employers or applicants, and not to reject postings unseen.\n\n\
         ## Limits\n\n\
         - Labels are opinions; see *Reader agreement*. Postings rated 3 of 5 are apart in the figures, because readers \
         themselves waver there.\n\
         - Short postings are vaguer on the whole, and a model may lean on that: the figures stand beside those of length \
         alone, and within quarters of length.\n\
         - The lexicons took part in writing the columns: the figures stand beside those of the lexicons alone.\n\
         - Roles other than social media are marked out of scope; there are fewer labels for them.\n\
         - Languages other than Hebrew and English are not judged.\n\
         - Probabilities and thresholds fit postings like those trained on. Where vague postings are much rarer or more \
         frequent, measure again (`tachles evaluate`).\n\n",
    );
    training(&mut text, model);
    decision(&mut text, model);
    measured(&mut text, summary);
    text
}

/// The block of YAML at the top, with the results that a model index lists.
fn metadata(model: &Model, summary: &Summary) -> String {
    let mut text = String::from(
        "---\nlanguage:\n- he\n- en\nlicense: mit\nlibrary_name: tachles\npipeline_tag: text-classification\n\
         tags:\n- job-postings\n- hebrew\n- vagueness\nmetrics:\n- roc_auc\n- cohen_kappa\n- f1\n- brier_score\n",
    );
    let _ = write!(text, "model-index:\n- name: {}\n  results:\n", quoted(&model.config.name));
    for set in summary.best() {
        results(&mut text, set);
    }
    text.push_str("---\n\n");
    text
}

/// The results of one set: the verdict, and the mean over the reasons.
fn results(text: &mut String, set: &SetFigures) {
    let Some(vague) = set.heads.iter().find(|head| head.head == crate::label::VAGUE) else { return };
    let _ = write!(
        text,
        "  - task:\n      type: text-classification\n      name: vague job posting\n    dataset:\n      type: labelled-job-postings\n      \
         name: {}\n    metrics:\n",
        quoted(&set.name)
    );
    let mut metric = |kind: &str, name: &str, value: f64| {
        let _ = write!(text, "    - type: {kind}\n      name: {}\n      value: {value:.4}\n", quoted(name));
    };
    metric("roc_auc", "AUC", vague.auc.value);
    metric("cohen_kappa", "Cohen's kappa", vague.kappa.value);
    metric("f1", "F1", vague.f1.value);
    metric("accuracy", "Accuracy", vague.accuracy.value);
    metric("brier_score", "Brier score", vague.brier.value);
    if let Some(spearman) = &set.spearman {
        metric("spearmanr", "Spearman with the 1 to 5 scale", spearman.value);
    }
    if let (Some(auc), Some(kappa)) = (set.reason_macro_auc, set.reason_macro_kappa) {
        metric("roc_auc", "AUC, mean over reasons", auc);
        metric("cohen_kappa", "Cohen's kappa, mean over reasons", kappa);
    }
}

/// A YAML string in double quotes.
fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

fn training(text: &mut String, model: &Model) {
    let training = &model.config.training;
    text.push_str(
        "## Training data\n\n| source | rows | weight | apart | SHA-256 of texts and labels |\n|---|---|---|---|---|\n",
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
    if !training.unlabeled.is_empty() {
        text.push_str(
            "\nWord vectors were learned from the texts of these rows, whatever their labels, and of these postings without labels:\n\n\
             | source | postings | SHA-256 of texts |\n|---|---|---|\n",
        );
        for source in &training.unlabeled {
            let _ = writeln!(text, "| {} | {} | `{}` |", source.name, source.ads, source.digest);
        }
    }
    if training.statements > 0 {
        let _ = write!(
            text,
            "\nWhat single statements are and say was learned from {} judged statements of these rows. The measures of a posting \
             that come of it were made by models that had not seen its fold.\n",
            training.statements
        );
    }
    let [words, stems, pieces, grams, pairs, vectors, dense] = model.space.blocks();
    let _ = write!(
        text,
        "\nA source that stands *apart* is of another kind than the postings to be scored; it has an intercept and a length \
         slope of its own, which the model does not keep.\n\n\
         {} rows in {} groups (an employer's postings and near-duplicates are one group), {} folds, class weight {}, seed {}; \
         columns: {words} words, {stems} stems, {pieces} subwords, {grams} character n-grams, {pairs} pairs, {vectors} words \
         with a vector, {dense} dense measures.\n\n",
        training.rows, training.groups, training.folds, training.class_weight, training.seed
    );
    text.push_str(
        "### Reader agreement\n\n\
         What the labels mean is in the project's code book. On the project's own labels of real postings, two readers who \
         did not know of one another agree with Cohen's kappa 0.85 on the verdict and 0.78 to 0.95 on the six reasons: no \
         model can be shown to be better than that with such labels.\n\n",
    );
}

fn decision(text: &mut String, model: &Model) {
    let decision = &model.config.decision;
    let _ = write!(
        text,
        "## Decision\n\n`vague` at p ≥ {}, `concrete` at p ≤ {}, `unsure` between: chosen out of fold so that at most \
         {:.0}% of those called vague and {:.0}% of those called concrete are wrong, which leaves {:.1}% unsure. A forced \
         choice falls at {}.\n\n| head | cost | yes at p ≥ |\n|---|---|---|\n",
        decision.upper,
        decision.lower,
        100.0 * decision.vague_error,
        100.0 * decision.concrete_error,
        100.0 * (1.0 - decision.coverage),
        decision.forced
    );
    for head in &model.config.heads {
        let _ = writeln!(text, "| {} | {} | {} |", head.name, head.cost, head.threshold);
    }
    text.push('\n');
}

fn measured(text: &mut String, summary: &Summary) {
    text.push_str(
        "## Figures\n\nIn brackets: 95% bootstrap intervals, whole groups drawn. *Length only* and *lexicon only* are \
         logistic regressions on the number of words and on the lexicon columns, with the threshold that was best where they \
         were fitted; always saying the more frequent class has AUC 0.5, kappa 0 and the accuracy given as *majority*. ECE: \
         expected calibration error, and what a perfectly calibrated head would show on as many rows.\n\n",
    );
    if let Some(sets) = &summary.nested {
        text.push_str(
            "Nested cross-validation: every posting is scored by a model in whose making (columns, costs, calibration, \
             thresholds) neither it nor its group had any part. Postings of a source that stands apart are scored as any \
             other would be, without that source's own intercept.\n\n",
        );
        text.push_str(&markdown(sets));
    }
    if let Some(found) = &summary.leakage {
        text.push_str(
            "## Leakage\n\nHow much kinder the figures are out of fold, where choices were made on the scores that are measured and \
             a source that stands apart has its own intercept, and with random folds, where an ad's twin may be learned \
             from.\n\n",
        );
        text.push_str(&leakage(found));
    }
    if let Some(curve) = &summary.learning_curve {
        text.push_str("## Learning curve\n\nNested figures with parts of the training data, on the same postings.\n\n");
        text.push_str(&learning_curve(curve));
    }
    if summary.nested.is_none() {
        text.push_str(
            "Out of fold: every posting is scored by heads that saw neither it nor its group. Costs, calibration and \
             thresholds were chosen on the same scores, so these figures are slightly kind.\n\n",
        );
        text.push_str(&markdown(&summary.out_of_fold));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\n- d"), "\"a\\\"b\\\\c - d\"");
    }
}
