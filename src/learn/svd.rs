//! The leading singular vectors of a sparse matrix.
//!
//! Randomised subspace iteration (Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53, 2011,
//! algorithm 4.4). Every sum runs in a fixed order and nothing but the four operations and square roots is used, so the
//! same matrix gives the same bits on any machine and for any number of threads: a library's matrix products, which take
//! whatever instructions a processor has, would not.

use linfa::dataset::Records;
use ndarray::{Array1, Array2, Axis, Zip};

use crate::model::random::SplitMix;
use crate::model::sparse::SparseRecords;

/// Directions followed beyond those asked for: the last of them converge slowly.
const SPARE: usize = 16;
/// Rounds of the iteration.
const ROUNDS: usize = 4;

/// The left singular vectors of `matrix`, shape `[rows, rank]`, with their singular values, the largest first.
///
/// Where the matrix has a lower rank, the last vectors and values are 0.
pub fn left_singular(matrix: &SparseRecords, rank: usize, seed: u64) -> (Array2<f64>, Vec<f64>) {
    let turned = matrix.transposed();
    let mut random = SplitMix(seed);
    let width = (rank + SPARE).min(matrix.nsamples());
    // Uniform numbers do as well as normal ones, and need no logarithm.
    let mut basis = Array2::from_shape_simple_fn((matrix.nfeatures(), width), || random.unit() - 0.5);
    basis = product(matrix, &basis);
    orthonormalise(&mut basis);
    for _ in 0..ROUNDS {
        basis = product(&turned, &basis);
        orthonormalise(&mut basis);
        basis = product(matrix, &basis);
        orthonormalise(&mut basis);
    }
    let (squares, rotation) = eigen(gram(&product(&turned, &basis)));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&a, &b| squares.get(b).unwrap_or(&0.0).total_cmp(squares.get(a).unwrap_or(&0.0)));
    let mut vectors = Array2::zeros((matrix.nsamples(), rank));
    let mut values = vec![0.0; rank];
    for ((mut vector, value), column) in vectors.axis_iter_mut(Axis(1)).zip(&mut values).zip(order) {
        *value = squares.get(column).map_or(0.0, |square| libm::sqrt(square.max(0.0)));
        for (direction, &share) in basis.axis_iter(Axis(1)).zip(rotation.column(column)) {
            vector.scaled_add(share, &direction);
        }
    }
    (vectors, values)
}

/// `matrix` times `dense`.
fn product(matrix: &SparseRecords, dense: &Array2<f64>) -> Array2<f64> {
    let mut result = Array2::zeros((matrix.nsamples(), dense.ncols()));
    Zip::indexed(result.axis_iter_mut(Axis(0))).par_for_each(|row, mut sums| {
        let (columns, values) = matrix.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            sums.scaled_add(f64::from(value), &dense.row(column as usize));
        }
    });
    result
}

/// The inner products of the columns of `dense`.
fn gram(dense: &Array2<f64>) -> Array2<f64> {
    let mut products = Array2::zeros((dense.ncols(), dense.ncols()));
    Zip::indexed(products.axis_iter_mut(Axis(0))).par_for_each(|column, mut sums| {
        for row in dense.axis_iter(Axis(0)) {
            sums.scaled_add(row.get(column).copied().unwrap_or(0.0), &row);
        }
    });
    products
}

/// Makes the columns of `dense` orthonormal by the Cholesky factor of their products; a column that depends on those before
/// it becomes 0.
fn orthonormalise(dense: &mut Array2<f64>) {
    let products = gram(dense);
    let size = products.nrows();
    let largest = products.diag().iter().fold(0.0f64, |most, &square| most.max(square));
    let mut factor: Vec<Array1<f64>> = Vec::with_capacity(size);
    for (at, mut row) in products.outer_iter().map(|row| row.to_owned()).enumerate() {
        for done in &factor {
            row.scaled_add(-done.get(at).copied().unwrap_or(0.0), done);
        }
        let pivot = row.get(at).copied().unwrap_or(0.0);
        let scale = if pivot > 1e-12 * largest { 1.0 / libm::sqrt(pivot) } else { 0.0 };
        row.mapv_inplace(|entry| entry * scale);
        factor.push(row);
    }
    Zip::from(dense.axis_iter_mut(Axis(0))).par_for_each(|mut row| {
        for (at, upper) in factor.iter().enumerate() {
            let pivot = upper.get(at).copied().unwrap_or(0.0);
            let Some(slot) = row.get_mut(at) else { continue };
            *slot = if pivot > 0.0 { *slot / pivot } else { 0.0 };
            let value = *slot;
            for (entry, &share) in row.iter_mut().zip(upper).skip(at + 1) {
                *entry -= value * share;
            }
        }
    });
}

/// Eigenvalues of a symmetric matrix and its eigenvectors as columns, by Jacobi's rotations (Golub and Van Loan, "Matrix
/// Computations", 4th edition, section 8.5).
fn eigen(mut matrix: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let size = matrix.nrows();
    let mut vectors = Array2::eye(size);
    for _ in 0..SWEEPS {
        let mut largest = 0.0f64;
        for p in 0..size {
            for q in p + 1..size {
                let [Some(&pp), Some(&pq), Some(&qq)] = [(p, p), (p, q), (q, q)].map(|at| matrix.get(at)) else {
                    continue;
                };
                if pq.abs() <= 1e-15 * libm::sqrt((pp * qq).abs()) {
                    continue;
                }
                largest = largest.max(pq.abs());
                let half = (qq - pp) / (2.0 * pq);
                let tangent = half.signum() / (half.abs() + libm::sqrt(half * half + 1.0));
                let cosine = 1.0 / libm::sqrt(tangent * tangent + 1.0);
                let sine = tangent * cosine;
                rotate(&mut matrix, Axis(0), [p, q], [cosine, sine]);
                rotate(&mut matrix, Axis(1), [p, q], [cosine, sine]);
                rotate(&mut vectors, Axis(1), [p, q], [cosine, sine]);
            }
        }
        if largest == 0.0 {
            break;
        }
    }
    (matrix.diag().to_vec(), vectors)
}

/// The most sweeps over all pairs; a dozen are enough for hundreds of rows.
const SWEEPS: usize = 40;

/// Rotates two rows (or columns) of `matrix` into each other.
fn rotate(matrix: &mut Array2<f64>, axis: Axis, [p, q]: [usize; 2], [cosine, sine]: [f64; 2]) {
    let (mut before, mut behind) = matrix.view_mut().split_at(axis, q);
    let (mut first, mut second) = (before.index_axis_mut(axis, p), behind.index_axis_mut(axis, 0));
    Zip::from(&mut first).and(&mut second).for_each(|a, b| {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix made of known factors: two orthonormal sets of vectors with the values 5, 3 and 1.
    #[test]
    fn known_singular_values_are_found() {
        let (rows, columns) = (40, 30);
        let wave = |size: usize, rate: usize, at: usize| {
            let angle = std::f64::consts::PI * (at as f64 + 0.5) * rate as f64 / size as f64;
            (2.0 / size as f64).sqrt() * angle.cos()
        };
        let mut matrix = SparseRecords::new(columns);
        for row in 0..rows {
            let entry = |column| {
                [5.0, 3.0, 1.0]
                    .iter()
                    .zip(1..)
                    .map(|(s, rate)| s * wave(rows, rate, row) * wave(columns, rate, column))
                    .sum::<f64>()
            };
            matrix.push(&(0..columns).map(|column| (column as u32, entry(column) as f32)).collect::<Vec<_>>());
        }
        let (vectors, values) = left_singular(&matrix, 5, 1);
        for (found, expected) in values.iter().zip([5.0, 3.0, 1.0, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-5, "{values:?}");
        }
        for rate in 0..3 {
            let dot: f64 = (0..rows).map(|row| vectors[(row, rate)] * wave(rows, rate + 1, row)).sum();
            assert!((dot.abs() - 1.0).abs() < 1e-5, "vector {rate}: {dot}");
        }
    }

    #[test]
    fn an_empty_matrix_has_no_directions() {
        let (vectors, values) = left_singular(&SparseRecords::new(0), 3, 1);
        assert_eq!((vectors.nrows(), values), (0, vec![0.0; 3]));
    }
}
