//! The few largest of many.

/// The entries with the largest numbers, at most so many; of equal ones the earliest.
#[derive(Clone, Debug)]
pub struct Top<T> {
    most: usize,
    /// The largest first.
    entries: Vec<(f64, T)>,
}

impl<T> Top<T> {
    /// Room for `most` entries.
    pub fn new(most: usize) -> Top<T> {
        Top { most, entries: Vec::new() }
    }

    /// Offers an entry, which is made only when it gets in.
    pub fn add(&mut self, number: f64, entry: impl FnOnce() -> T) {
        let at = self.entries.partition_point(|(other, _)| other.total_cmp(&number).is_ge());
        if at < self.most {
            self.entries.truncate(self.most - 1);
            self.entries.insert(at, (number, entry()));
        }
    }

    /// Offers all entries of `later`.
    pub fn merge(&mut self, later: Top<T>) {
        later.entries.into_iter().for_each(|(number, entry)| self.add(number, || entry));
    }

    /// The entries, the largest first.
    pub fn iter(&self) -> impl Iterator<Item = (f64, &T)> {
        self.entries.iter().map(|(number, entry)| (*number, entry))
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_keeps_what_sorting_would(numbers in proptest::collection::vec(0u8..20, 0..60), cut in 0usize..60, most in 1usize..8) {
            let of = |part: &[u8], from: usize| {
                let mut top = Top::new(most);
                part.iter().enumerate().for_each(|(at, &number)| top.add(f64::from(number), || from + at));
                top
            };
            let cut = cut.min(numbers.len());
            let mut top = of(&numbers[..cut], 0);
            top.merge(of(&numbers[cut..], cut));
            let mut sorted: Vec<usize> = (0..numbers.len()).collect();
            sorted.sort_by_key(|&at| std::cmp::Reverse(numbers[at]));
            sorted.truncate(most);
            prop_assert_eq!(top.iter().map(|(_, &at)| at).collect::<Vec<_>>(), sorted);
        }
    }
}
