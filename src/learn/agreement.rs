//! What the labels of other heads say of a label: a small model over the text's margin and the rest of the row's labels.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array1;

use super::cross::Task;
use super::evidence::Weighed;
use crate::error::{Error, Result};
use crate::label::LabeledAd;
use crate::model::logistic::{LinearHead, SparseLogistic};
use crate::model::sparse::SparseRecords;

/// Margins of one head's rows with what was said of the other heads.
pub struct Agreement {
    /// The log-odds of yes, one a labelled row.
    pub margins: Vec<f64>,
    /// What every other label adds to the log-odds, one list a row.
    parts: Vec<Vec<Weighed>>,
}

/// The inverse penalty: a dozen columns and hundreds of rows need little restraint.
const COST: f64 = 1.0;

impl Agreement {
    /// Fits and applies the model by the folds of `task`; the first `learned` of the rows `labelled` belong to it, the others
    /// are only judged. `p` is what the text says of each. `None` when no other head has labels.
    ///
    /// # Errors
    /// `Training` when a fold leaves one class only.
    pub fn new(
        head: &str,
        task: &Task<'_>,
        labelled: &[(usize, bool)],
        learned: usize,
        p: &[f64],
        rows: &[&LabeledAd],
    ) -> Result<Option<Agreement>> {
        let others: Vec<&String> = task.heads.iter().filter(|name| *name != head).collect();
        let row = |at: usize| labelled.get(at).and_then(|&(row, _)| rows.get(row));
        let given = |at: usize, other: &str| row(at).and_then(|item| item.labels.get(other));
        if !(0..learned).any(|at| others.iter().any(|other| given(at, other).is_some())) {
            return Ok(None);
        }
        // The margin, then the other heads; an unknown label is 0. The scale of the verdict is left out: a reader who errs in the one errs in
        // the other, and it would vouch for every label.
        let mut records = SparseRecords::new(1 + others.len());
        for (at, &p) in p.iter().enumerate().take(labelled.len()) {
            let p = p.clamp(1e-6, 1.0 - 1e-6);
            let mut columns = vec![(0, libm::log(p / (1.0 - p)) as f32)];
            let marks = (1..).zip(&others).filter_map(|(column, other)| Some((column, given(at, other)?)));
            columns.extend(marks.map(|(column, yes)| (column, if yes { 1.0 } else { -1.0 })));
            records.push(&columns);
        }
        let fold = |at: usize| labelled.get(at).and_then(|&(row, _)| task.prepared.folds.get(row)).copied();
        let count = task.prepared.folds.iter().max().map_or(0, |&last| last + 1);
        let mut agreement = Agreement { margins: vec![0.0; labelled.len()], parts: vec![Vec::new(); labelled.len()] };
        // One turn a fold, and one more for the rows that belong to none.
        for turn in 0..=count {
            let among: Vec<usize> = (0..learned).filter(|&at| fold(at) != Some(turn)).collect();
            let model = fit(&records, &among, labelled)?;
            let judged =
                (0..labelled.len()).filter(|&at| if at < learned { fold(at) == Some(turn) } else { turn == count });
            for at in judged {
                let (columns, values) = records.row(at);
                if let Some(margin) = agreement.margins.get_mut(at) {
                    *margin = model.margin(columns, values);
                }
                let parts = columns.iter().zip(values).filter_map(|(&column, &value)| {
                    let other = others.get((column as usize).checked_sub(1)?)?;
                    let amount = model.weights.get(column as usize).copied().unwrap_or(0.0) * f64::from(value);
                    Some(Weighed { what: format!("{other} {}", if value > 0.0 { "yes" } else { "no" }), amount })
                });
                if let Some(slot) = agreement.parts.get_mut(at) {
                    *slot = parts.collect();
                }
            }
        }
        Ok(Some(agreement))
    }

    /// The other labels of the row at `at` that speak most against its label `given`, with what they add; at most three.
    pub fn against(&self, at: usize, given: bool) -> Vec<Weighed> {
        let sign = if given { -1.0 } else { 1.0 };
        let all = self.parts.get(at).map(Vec::as_slice).unwrap_or_default().iter();
        let mut against: Vec<Weighed> = all
            .map(|part| Weighed { what: part.what.clone(), amount: part.amount * sign })
            .filter(|part| part.amount >= LEAST)
            .collect();
        against.sort_by(|a, b| b.amount.total_cmp(&a.amount).then_with(|| a.what.cmp(&b.what)));
        against.truncate(3);
        against
    }
}

/// Log-odds below which another label is not worth a word.
const LEAST: f64 = 0.1;

fn fit(records: &SparseRecords, among: &[usize], labelled: &[(usize, bool)]) -> Result<LinearHead> {
    let targets = among.iter().filter_map(|&at| labelled.get(at)).map(|&(_, label)| label).collect();
    let dataset = DatasetBase::new(records.select(among), Array1::from_vec(targets));
    let solver = SparseLogistic::new(COST).check().map_err(Error::from)?;
    solver.fit(&dataset).map_err(Error::from)
}
