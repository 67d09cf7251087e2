//! Matrix products through the `gemm` crate, behind a checked interface.
//!
//! `gemm` takes pointers and strides; [`Mat`] and [`MatMut`] carry a slice with its strides and are only made when every
//! element lies inside the slice, so that the one unsafe call here is sound whatever the caller does.

use crate::real::Real;

/// A read-only view of a matrix: element (i, j) is `data[i * row_stride + j * col_stride]`.
#[derive(Clone, Copy)]
pub struct Mat<'a, T> {
    data: &'a [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

/// A writable view of a matrix with contiguous rows.
pub struct MatMut<'a, T> {
    data: &'a mut [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

/// How many threads a product may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The calling thread only: for products inside a parallel loop.
    One,
    /// All threads of the pool.
    All,
}

impl<'a, T> Mat<'a, T> {
    /// A row-major matrix with `rows * cols` elements.
    ///
    /// # Panics
    /// When the slice is shorter: an error in the calling kernel, not in its input.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// A row-major matrix whose rows start `row_stride` elements apart.
    ///
    /// # Panics
    /// When an element would lie outside the slice.
    pub fn strided(data: &'a [T], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(
            fits(data.len(), rows, cols, row_stride),
            "matrix view outside its slice"
        );
        Self {
            data,
            rows,
            cols,
            row_stride,
            col_stride: 1,
        }
    }

    /// The transposed view.
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }
}

impl<'a, T> MatMut<'a, T> {
    /// A row-major matrix with `rows * cols` elements.
    ///
    /// # Panics
    /// When the slice is shorter.
    pub fn new(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// A row-major matrix whose rows start `row_stride` elements apart.
    ///
    /// # Panics
    /// When an element would lie outside the slice, or rows would overlap.
    pub fn strided(data: &'a mut [T], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(
            fits(data.len(), rows, cols, row_stride),
            "matrix view outside its slice"
        );
        assert!(
            rows <= 1 || row_stride >= cols,
            "rows of a writable matrix overlap"
        );
        Self {
            data,
            rows,
            cols,
            row_stride,
        }
    }
}

fn fits(len: usize, rows: usize, cols: usize, row_stride: usize) -> bool {
    rows == 0 || cols == 0 || (rows - 1) * row_stride + cols <= len
}

/// dst ← a·b.
pub fn set<T: Real>(dst: MatMut<'_, T>, a: Mat<'_, T>, b: Mat<'_, T>, threads: Threads) {
    product(dst, false, T::ONE, a, b, threads);
}

/// dst ← dst + a·b.
pub fn add<T: Real>(dst: MatMut<'_, T>, a: Mat<'_, T>, b: Mat<'_, T>, threads: Threads) {
    product(dst, true, T::ONE, a, b, threads);
}

/// dst ← (dst if `accumulate`) + factor·a·b.
///
/// # Panics
/// When the shapes do not agree: an error in the calling kernel.
#[expect(unsafe_code, reason = "gemm takes raw pointers")]
pub fn product<T: Real>(
    dst: MatMut<'_, T>,
    accumulate: bool,
    factor: T,
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    threads: Threads,
) {
    assert!(
        dst.rows == a.rows && dst.cols == b.cols && a.cols == b.rows,
        "matrix product of [{}, {}] and [{}, {}] into [{}, {}]",
        a.rows,
        a.cols,
        b.rows,
        b.cols,
        dst.rows,
        dst.cols
    );
    if dst.rows == 0 || dst.cols == 0 {
        return;
    }
    let parallelism = match threads {
        Threads::One => gemm::Parallelism::None,
        Threads::All => gemm::Parallelism::Rayon(0),
    };
    // SAFETY: the constructors checked that every element of the three views lies inside its slice, the shapes agree,
    // `dst` is borrowed mutably and so overlaps neither operand, and strides fit in isize because slices do.
    unsafe {
        gemm::gemm(
            dst.rows,
            dst.cols,
            a.cols,
            dst.data.as_mut_ptr(),
            1,
            dst.row_stride as isize,
            accumulate,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            T::ONE,
            factor,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_views_and_transposes() {
        let a: Vec<f64> = (0..6).map(f64::from).collect(); // [2, 3]
        let b: Vec<f64> = (0..6).map(|x| f64::from(x) - 2.0).collect(); // [2, 3]
        let mut c = vec![1.0; 4];
        product(
            MatMut::new(&mut c, 2, 2),
            true,
            2.0,
            Mat::new(&a, 2, 3),
            Mat::new(&b, 2, 3).t(),
            Threads::One,
        );
        // a·bᵀ = [[-1, 8], [-10, 26]]
        assert_eq!(c, vec![-1.0, 17.0, -19.0, 53.0]);
        let mut d = vec![0.0; 8];
        set(
            MatMut::strided(&mut d, 2, 2, 4),
            Mat::strided(&a, 2, 2, 3),
            Mat::new(&b, 2, 2),
            Threads::All,
        );
        assert_eq!(d, vec![0.0, 1.0, 0.0, 0.0, -6.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "outside its slice")]
    fn a_view_outside_its_slice_is_refused() {
        let _ = Mat::new(&[0.0_f32; 5], 2, 3);
    }
}
