//! What single statements are and say, and what that adds up to over an ad.
//!
//! Sixteen yes-or-no questions are put to every statement: whether it is a duty, a requirement or an offer, how specific
//! it is, and what it says for or against each of the six faults. A linear model over the words of the statement and their
//! parts answers them; the answers of all statements are pooled into dense measures of the ad. Words are judged once and
//! remembered: a statement costs two additions a word. Who has judged statements to learn from is no matter here.

use std::borrow::Cow;
use std::ops::Range;

use super::space::WordColumns;
use crate::label::{ASPECTS, DUTY, FIRST_MARK, OFFER};

/// Questions put to a statement.
const COUNT: usize = ASPECTS.len();

/// A number an aspect, in the order of [`ASPECTS`].
pub type Lanes = [f32; COUNT];

/// Aspects of which the surest statement is a measure of its own.
const MOST: [usize; 4] = [6, 10, 12, 14];

/// What is known of a statement beside its words: a constant, its place in the ad, its length, whether it is the first, whether it
/// is a heading, whether the ad is Hebrew.
pub const CONTEXT: usize = 6;

/// Measures of an ad that come of its statements.
pub const MEASURES: usize = 40;

/// The model of the sixteen aspects.
#[derive(Clone, Debug, PartialEq)]
pub struct Aspects {
    /// Weights of the columns of words and their parts, shape `[columns, aspects]`, in units of `units`.
    pub weights: Cow<'static, [i16]>,
    /// What a weight of 1 stands for, an aspect.
    pub units: Lanes,
    /// Weights of the [`CONTEXT`].
    pub context: [Lanes; CONTEXT],
    /// What each measure is at most: ads of two lines have shares that no ad to learn from has. Shape `[MEASURES]`.
    pub caps: Vec<f32>,
    /// What each measure is multiplied by, so that all vary alike; shape `[MEASURES]`.
    pub scales: Vec<f32>,
}

/// What one word says of the statement it stands in, before its statement is scaled.
#[derive(Clone, Copy, Debug, Default)]
pub struct AspectWord {
    own: Lanes,
    parts: Lanes,
    own_square: f32,
    parts_square: f32,
}

/// The names of the measures.
pub fn measure_names() -> Vec<String> {
    let name = |place: usize| ASPECTS.get(place).copied().unwrap_or_default();
    let marks = || (FIRST_MARK..COUNT).map(name);
    let mut names: Vec<String> = marks().map(|mark| format!("statements:count:{mark}")).collect();
    let degrees = ["duty:concrete", "duty:specific", "duty:empty", "requirement:concrete", "requirement:empty"];
    names.extend(
        degrees.into_iter().chain(["offer:concrete", "offer:empty"]).map(|name| format!("statements:count:{name}")),
    );
    let rates = ["duty:concrete", "duty:empty", "requirement:empty", "offer:concrete"];
    names.extend(rates.map(|name| format!("statements:rate:{name}")));
    names.extend((DUTY..=OFFER).map(name).chain(marks()).map(|name| format!("statements:words:{name}")));
    names.extend(MOST.map(|place| format!("statements:most:{}", name(place))));
    names
}

/// A statement of an ad: its tokens, and whether it is a heading.
pub type Place = (Range<usize>, bool);

/// What is known of the statement at `place` among `count`, beside its words.
pub fn context(place: usize, count: usize, (tokens, heading): &Place, hebrew: bool) -> [f32; CONTEXT] {
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let length = libm::log1p(tokens.len() as f64) as f32 / 3.0;
    [1.0, place as f32 / count.max(1) as f32, length, flag(place == 0), flag(*heading), flag(hebrew)]
}

impl Aspects {
    /// What the word with the columns `columns` says.
    pub fn word(&self, columns: &WordColumns) -> AspectWord {
        let mut word = AspectWord { parts_square: columns.parts_square as f32, ..AspectWord::default() };
        if let Some((column, value)) = columns.word {
            self.add(column, value as f32, &mut word.own);
            word.own_square = (value * value) as f32;
        }
        for &(column, value) in &columns.parts {
            self.add(column, value as f32, &mut word.parts);
        }
        for sums in [&mut word.own, &mut word.parts] {
            sums.iter_mut().zip(self.units).for_each(|(sum, unit)| *sum *= unit);
        }
        word
    }

    #[inline]
    fn add(&self, column: u32, value: f32, sums: &mut Lanes) {
        let start = column as usize * COUNT;
        let weights = self.weights.get(start..).and_then(|rest| rest.first_chunk::<COUNT>());
        if let Some(weights) = weights {
            sums.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum += value * f32::from(weight));
        }
    }

    /// Judges the statements `places` of an ad, whose tokens count as the words `sequence`: the probability of every aspect of every
    /// statement, into `judged`.
    pub fn judge<'w>(
        &self,
        places: impl ExactSizeIterator<Item = Place>,
        sequence: &[u32],
        hebrew: bool,
        word: impl Fn(u32) -> Option<&'w AspectWord>,
        judged: &mut Vec<(Lanes, f32)>,
    ) {
        judged.clear();
        let count = places.len();
        for (number, place) in places.enumerate() {
            let mut sum = AspectWord::default();
            for &token in sequence.get(place.0.clone()).unwrap_or_default() {
                let Some(word) = word(token) else { continue };
                sum.own.iter_mut().zip(&word.own).for_each(|(sum, value)| *sum += value);
                sum.parts.iter_mut().zip(&word.parts).for_each(|(sum, value)| *sum += value);
                sum.own_square += word.own_square;
                sum.parts_square += word.parts_square;
            }
            let [own, parts] = [sum.own_square, sum.parts_square].map(factor);
            let mut margins: Lanes = [0.0; COUNT];
            for ((margin, word), part) in margins.iter_mut().zip(sum.own).zip(sum.parts) {
                *margin = own * word + parts * part;
            }
            for (value, weights) in context(number, count, &place, hebrew).into_iter().zip(&self.context) {
                margins.iter_mut().zip(weights).for_each(|(margin, weight)| *margin += value * weight);
            }
            // A statement of two words is no emptier of words than one of three.
            judged.push((margins.map(sigmoid), place.0.len().max(3) as f32));
        }
    }

    /// Pools judged statements into the measures of their ad, in the order of [`measure_names`], behind what is in `out`.
    pub fn measure(&self, judged: &mut [(Lanes, f32)], out: &mut Vec<f32>) {
        settle(judged);
        let start = out.len();
        pool(judged, out);
        self.bound(out.get_mut(start..).unwrap_or_default());
    }

    /// Cuts raw measures at what they are at most, and makes them vary alike.
    pub fn bound(&self, measures: &mut [f32]) {
        let bounds = self.caps.iter().zip(&self.scales);
        measures.iter_mut().zip(bounds).for_each(|(measure, (cap, scale))| *measure = measure.min(*cap) * scale);
    }
}

/// What a block of the squared length `square` is multiplied by.
pub fn factor(square: f32) -> f32 {
    if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 }
}

/// How much a role leans on itself whatever stands around it, on the statement before it, and on the one behind it.
const LEAN: [f32; 3] = [0.15, 0.5, 0.35];

/// Roles go in runs: a statement between duties is likelier one. The share of every role, the rest of them counted as a fourth, is
/// multiplied by what its neighbours have of it.
fn settle(judged: &mut [(Lanes, f32)]) {
    let shares: Vec<[f32; 4]> = judged.iter().map(|(lanes, _)| shares(lanes)).collect();
    for (place, (lanes, _)) in judged.iter_mut().enumerate() {
        let Some(own) = shares.get(place) else { continue };
        let before = place.checked_sub(1).and_then(|before| shares.get(before)).unwrap_or(own);
        let behind = shares.get(place + 1).unwrap_or(own);
        let mut leaned = [0.0; 4];
        for (((slot, own), before), behind) in leaned.iter_mut().zip(own).zip(before).zip(behind) {
            *slot = own * (LEAN[0] + LEAN[1] * before + LEAN[2] * behind);
        }
        let all: f32 = leaned.iter().sum();
        lanes.iter_mut().zip(leaned).take(OFFER + 1).for_each(|(lane, share)| *lane = share / all);
    }
}

fn shares(lanes: &Lanes) -> [f32; 4] {
    let [duty, requirement, offer, ..] = *lanes;
    let rest = (1.0 - duty - requirement - offer).clamp(0.0, 1.0);
    // None of them is ever quite impossible.
    let parts = [duty, requirement, offer, rest].map(|part| part + 1e-3);
    let all: f32 = parts.iter().sum();
    parts.map(|part| part / all)
}

fn pool(judged: &[(Lanes, f32)], out: &mut Vec<f32>) {
    let mut sums: Lanes = [0.0; COUNT];
    let mut words: Lanes = [0.0; COUNT];
    let mut most: Lanes = [0.0; COUNT];
    let (mut length, mut duty, mut requirement, mut offer) = (0.0, [0.0; 3], [0.0; 2], [0.0; 2]);
    for (lanes, size) in judged {
        let [duties, requirements, offers, specific, concrete, ..] = *lanes;
        duty = [duty[0] + duties * concrete, duty[1] + duties * specific, duty[2] + duties * (1.0 - specific)];
        requirement = [requirement[0] + requirements * concrete, requirement[1] + requirements * (1.0 - specific)];
        offer = [offer[0] + offers * concrete, offer[1] + offers * (1.0 - specific)];
        length += size;
        for (((sum, word), most), lane) in sums.iter_mut().zip(&mut words).zip(&mut most).zip(lanes) {
            *sum += lane;
            *word += size * lane;
            *most = most.max(*lane);
        }
    }
    let count = |sum: f32| libm::log1p(f64::from(sum)) as f32;
    let marks = |lanes: Lanes| lanes.into_iter().skip(FIRST_MARK);
    out.extend(marks(sums).map(count));
    out.extend(duty.into_iter().chain(requirement).chain(offer).map(count));
    let [duties, requirements, offers, ..] = sums.map(|sum| sum + 1.0);
    out.extend([duty[0] / duties, duty[2] / duties, requirement[1] / requirements, offer[0] / offers]);
    let share = |words: f32| if length > 0.0 { words / length } else { 0.0 };
    out.extend(words.into_iter().take(OFFER + 1).chain(marks(words)).map(share));
    out.extend(MOST.iter().filter_map(|&place| most.get(place)));
}

/// The logistic function by additions, multiplications and one division alone: the same bits on every machine, and many at once.
///
/// 2^f for |f| ≤ ½ is its Taylor polynomial of degree 5; the error of the result is below 3e-6.
#[inline]
fn sigmoid(margin: f32) -> f32 {
    let bits = (-margin).clamp(-20.0, 20.0) * std::f32::consts::LOG2_E;
    let whole = (bits + 0.5).floor();
    let f = (bits - whole) * std::f32::consts::LN_2;
    let power = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    let scale = f32::from_bits(((whole as i32 + 127) as u32) << 23);
    1.0 / (1.0 + power * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_is_near_the_platforms() {
        for step in -300..300 {
            let margin = step as f32 / 10.0;
            let exact = 1.0 / (1.0 + (-f64::from(margin)).exp());
            assert!((f64::from(sigmoid(margin)) - exact).abs() < 3e-6, "{margin}");
        }
    }

    #[test]
    fn every_measure_has_a_name() {
        let names = measure_names();
        let mut measures = Vec::new();
        pool(&[([0.5; COUNT], 3.0)], &mut measures);
        assert_eq!((names.len(), measures.len()), (MEASURES, MEASURES));
        assert!(measures.iter().all(|measure| (0.0..=1.0).contains(measure)));
        let mut none = Vec::new();
        pool(&[], &mut none);
        assert!(none.iter().all(|measure| *measure == 0.0));
    }

    #[test]
    fn a_statement_among_duties_leans_to_duty() {
        let lanes = |duty: f32, offer: f32| {
            let mut lanes = [0.0; COUNT];
            (lanes[DUTY], lanes[OFFER]) = (duty, offer);
            (lanes, 5.0)
        };
        let mut judged = [lanes(0.9, 0.05), lanes(0.5, 0.5), lanes(0.9, 0.05)];
        settle(&mut judged);
        assert!(judged[1].0[DUTY] > 0.8, "{:?}", judged[1]);
    }
}
