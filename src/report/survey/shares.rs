//! Records by name: how many, how many of them judged, how many flagged.

use std::collections::BTreeMap;

/// Names that a table of shares counts one by one; records of further names are counted together.
pub const NAMED: usize = 10_000;

/// How many records there are, how many of them were judged, and how many flagged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Records.
    pub records: u64,
    /// Those that are vague, concrete or unsure.
    pub judged: u64,
    /// Those that are vague.
    pub flagged: u64,
}

impl Share {
    /// The share of the judged that is flagged; `None` when none were judged.
    pub fn flagged_share(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.flagged as f64 / self.judged as f64)
    }

    pub(super) fn merge(&mut self, other: Share) {
        self.records += other.records;
        self.judged += other.judged;
        self.flagged += other.flagged;
    }
}

/// Shares by name: the first [`NAMED`] names of the input each, all further ones together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// The names with their records.
    pub names: BTreeMap<String, Share>,
    /// Records of further names.
    pub others: Share,
}

impl Shares {
    pub(super) fn add(&mut self, name: &str, share: Share) {
        let name = name.trim();
        if let Some(known) = self.names.get_mut(name) {
            known.merge(share);
        } else if self.names.len() < NAMED {
            self.names.insert(name.to_owned(), share);
        } else {
            self.others.merge(share);
        }
    }

    pub(super) fn merge(&mut self, other: Shares) {
        other.names.into_iter().for_each(|(name, share)| self.add(&name, share));
        self.others.merge(other.others);
    }

    /// Names with flagged records first, the most flagged before all; then those with the most records.
    pub fn ranked(&self) -> Vec<(&str, Share)> {
        let mut all: Vec<(&str, Share)> = self.names.iter().map(|(name, share)| (name.as_str(), *share)).collect();
        all.sort_by_key(|(name, share)| (std::cmp::Reverse((share.flagged, share.records)), *name));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_table_are_counted_together() {
        let mut shares = Shares::default();
        let one = Share { records: 1, judged: 1, flagged: 0 };
        (0..NAMED + 50).for_each(|number| shares.add(&format!("{number:06}"), one));
        shares.add("000000", Share { flagged: 1, ..one });
        assert_eq!((shares.names.len(), shares.others.records), (NAMED, 50));
        assert_eq!(shares.ranked()[0], ("000000", Share { records: 2, judged: 2, flagged: 1 }));
    }
}
