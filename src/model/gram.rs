//! All inner products of a few thousand sparse rows.
//!
//! Every head, cost and soft label of a fold learns from the same rows. With their products at hand a step of the
//! solver is one pass over a row of this matrix, however many columns the ads have.

use linfa::dataset::Records;
use rayon::prelude::*;

use super::sparse::SparseRecords;

/// The inner products of rows with each other, shape `[rows, rows]`.
#[derive(Clone, Debug)]
pub struct Gram {
    size: usize,
    products: Vec<f32>,
}

/// Rows computed together, so that they and the columns they need stay in the cache.
const BLOCK: usize = 32;

/// A column that one row in so many has is multiplied whole, zeros and all: that is quicker, and changes no sum.
const COMMON: usize = 4;

impl Gram {
    /// The products of the rows of `records`; sums run by ascending column, so the same rows give the same bits.
    pub fn new(records: &SparseRecords) -> Gram {
        let size = records.nsamples();
        let mut gram = Gram { size, products: vec![0.0; size * size] };
        gram.add(records);
        gram
    }

    /// Adds the products of `records`, which has as many rows, to these.
    pub fn add(&mut self, records: &SparseRecords) {
        let columns = records.transposed();
        let size = self.size;
        if size == 0 {
            return;
        }
        self.products.par_chunks_mut(BLOCK * size).enumerate().for_each(|(block, products)| {
            let first = block * BLOCK;
            let mut whole = vec![0.0f32; size];
            for column in 0..columns.nsamples() {
                let (rows, values) = columns.row(column);
                let start = rows.partition_point(|&row| (row as usize) < first);
                let (Some(rows), Some(values)) = (rows.get(start..), values.get(start..)) else { continue };
                let common = rows.len() * COMMON > size - first;
                if common {
                    whole.fill(0.0);
                    for (&row, &value) in rows.iter().zip(values) {
                        set(&mut whole, row, value);
                    }
                }
                for (place, (&row, &value)) in rows.iter().zip(values).enumerate() {
                    let row = row as usize;
                    let Some(sums) = products.chunks_exact_mut(size).nth(row - first) else { break };
                    // Only products with later rows; the others are the same numbers.
                    if common {
                        let later = sums.iter_mut().zip(&whole).skip(row);
                        later.for_each(|(sum, &factor)| *sum += value * factor);
                    } else {
                        for (&other, &factor) in rows.iter().zip(values).skip(place) {
                            if let Some(sum) = sums.get_mut(other as usize) {
                                *sum += value * factor;
                            }
                        }
                    }
                }
            }
        });
        self.mirror();
    }

    /// Copies the products above the diagonal to below it.
    fn mirror(&mut self) {
        for row in 1..self.size {
            let (above, below) = self.products.split_at_mut(row * self.size);
            for (slot, column) in below.iter_mut().zip(above.chunks_exact(self.size)) {
                *slot = column.get(row).copied().unwrap_or(0.0);
            }
        }
    }

    /// The products of the rows `chosen` with each other.
    pub fn part(&self, chosen: &[usize]) -> Gram {
        let mut products = Vec::with_capacity(chosen.len() * chosen.len());
        for row in chosen.iter().map(|&row| self.row(row)) {
            products.extend(chosen.iter().map(|&other| row.get(other).copied().unwrap_or(0.0)));
        }
        Gram { size: chosen.len(), products }
    }

    /// The number of rows.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The products of row `index` with every row; empty when there is no such row.
    pub fn row(&self, index: usize) -> &[f32] {
        self.products.get(index * self.size..(index + 1) * self.size).unwrap_or_default()
    }
}

fn set(column: &mut [f32], row: u32, value: f32) {
    if let Some(slot) = column.get_mut(row as usize) {
        *slot = value;
    }
}

/// Rows to learn from that are known by their products alone.
#[derive(Clone, Copy, Debug)]
pub struct GramRows<'g>(pub &'g Gram);

impl Records for GramRows<'_> {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.0.size
    }

    fn nfeatures(&self) -> usize {
        self.0.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::random::SplitMix;

    #[test]
    fn products_are_those_of_dense_rows() {
        let (rows, width) = (70, 40);
        let mut random = SplitMix(3);
        let dense: Vec<Vec<f32>> = (0..rows)
            .map(|_| (0..width).map(|_| if random.unit() < 0.3 { random.unit() as f32 } else { 0.0 }).collect())
            .collect();
        let mut records = SparseRecords::new(width);
        for row in &dense {
            let sparse: Vec<(u32, f32)> = (0..).zip(row).filter(|(_, v)| **v != 0.0).map(|(c, v)| (c, *v)).collect();
            records.push(&sparse);
        }
        let mut gram = Gram::new(&records);
        gram.add(&records);
        for (i, a) in dense.iter().enumerate() {
            for (j, b) in dense.iter().enumerate() {
                let expected: f32 = 2.0 * a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
                assert!((gram.row(i)[j] - expected).abs() < 1e-5, "{i} {j}");
                assert_eq!(gram.row(i)[j].to_bits(), gram.row(j)[i].to_bits());
            }
        }
        assert!(gram.row(rows).is_empty());
        let part = gram.part(&[5, 0, 69]);
        assert_eq!((part.size(), part.row(2)), (3, &[gram.row(69)[5], gram.row(69)[0], gram.row(69)[69]][..]));
    }
}
