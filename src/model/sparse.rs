//! Sparse rows in compressed form, as linfa records.
//!
//! linfa learns from dense arrays only, but its trait seam is open: anything that implements
//! [`Records`] can be the records of a dataset. This is a store for training, not a linear algebra library.

use linfa::dataset::Records;

/// Rows of `(column, value)` pairs in compressed sparse row layout.
///
/// Columns of a row are ascending and unique; values are finite.
#[derive(Clone, Debug, Default)]
pub struct SparseRecords {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    width: usize,
}

impl SparseRecords {
    /// No rows yet, `width` columns.
    pub fn new(width: usize) -> Self {
        SparseRecords { starts: vec![0], width, ..SparseRecords::default() }
    }

    /// Appends a row; `row` is ascending by column, columns at or beyond the width are left out.
    pub fn push(&mut self, row: &[(u32, f32)]) {
        for &(column, value) in row {
            if (column as usize) < self.width {
                self.columns.push(column);
                self.values.push(value);
            }
        }
        self.starts.push(self.columns.len());
    }

    /// Columns and values of row `index`; both empty when there is no such row.
    pub fn row(&self, index: usize) -> (&[u32], &[f32]) {
        let range = match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        };
        (self.columns.get(range.clone()).unwrap_or_default(), self.values.get(range).unwrap_or_default())
    }

    /// The same values with rows as columns and columns as rows.
    pub fn transposed(&self) -> SparseRecords {
        let mut turned = SparseRecords::new(self.nsamples());
        turned.starts = vec![0; self.width + 1];
        for &column in &self.columns {
            if let Some(count) = turned.starts.get_mut(column as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut turned.starts {
            sum += *start;
            *start = sum;
        }
        let mut next = turned.starts.clone();
        turned.columns = vec![0; sum];
        turned.values = vec![0.0; sum];
        for row in 0..self.nsamples() {
            let (columns, values) = self.row(row);
            for (&column, &value) in columns.iter().zip(values) {
                let Some(slot) = next.get_mut(column as usize) else { continue };
                if let (Some(place), Some(entry)) = (turned.columns.get_mut(*slot), turned.values.get_mut(*slot)) {
                    (*place, *entry) = (row as u32, value);
                }
                *slot += 1;
            }
        }
        turned
    }

    /// The rows at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> SparseRecords {
        let mut chosen = SparseRecords::new(self.width);
        for &index in indices {
            let (columns, values) = self.row(index);
            chosen.columns.extend_from_slice(columns);
            chosen.values.extend_from_slice(values);
            chosen.starts.push(chosen.columns.len());
        }
        chosen
    }
}

impl Records for SparseRecords {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn nfeatures(&self) -> usize {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_pushed() {
        let mut records = SparseRecords::new(4);
        records.push(&[(0, 1.0), (3, 2.0)]);
        records.push(&[]);
        records.push(&[(2, 5.0), (9, 1.0)]);
        assert_eq!((records.nsamples(), records.nfeatures()), (3, 4));
        assert_eq!(records.row(0), (&[0, 3][..], &[1.0, 2.0][..]));
        assert_eq!(records.row(2), (&[2][..], &[5.0][..]));
        assert_eq!(records.row(7), (&[][..], &[][..]));
        assert_eq!(records.select(&[2, 1]).row(0), (&[2][..], &[5.0][..]));
        let turned = records.transposed();
        assert_eq!((turned.nsamples(), turned.nfeatures()), (4, 3));
        assert_eq!((turned.row(2), turned.row(1)), ((&[2][..], &[5.0][..]), (&[][..], &[][..])));
    }
}
