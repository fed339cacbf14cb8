//! One ad: what it lacks, where that belongs, and which examples may be tried there.

use super::bank::{Bank, Example, Money};
use super::spot::{Page, Spot};
use crate::ad::{Ad, Lang, Span};
use crate::label::{DUTY, OFFER, REQUIREMENT};
use crate::rubric::{Evidence, EvidenceSource, Kinds, REASONS};
use crate::score::Scratch;
use crate::score::findings::own;
use crate::text::statement::{Statement, statements};
use crate::text::{Analysis, Token};

/// Kinds that are named as missing, at most.
const NAMED: usize = 6;
/// Clichés that are quoted, at most.
const QUOTED: usize = 3;
/// The longest quote in an advice, in characters.
const QUOTE: usize = 60;
/// The longest line that is taken for a title, in characters.
const TITLE: usize = 80;

/// An edit that may be worth a try.
pub(super) struct Candidate {
    pub span: Span,
    pub replacement: String,
    /// The sentence it is made from, blanks and all.
    pub example: &'static str,
}

/// One ad, with all that advice on it needs to know.
pub(super) struct Case<'a> {
    pub bank: &'static Bank,
    plain: &'a str,
    title: &'a str,
    text_start: usize,
    statements: Vec<Statement>,
    evidence: Vec<Evidence>,
    /// Where it is concrete.
    concrete: Vec<Span>,
    kinds: Kinds,
    /// What need not be asked for.
    named: Kinds,
    /// The probabilities of duty, requirement and offer of every statement; empty where the model judges none.
    roles: Vec<[f32; 3]>,
    /// Whether the role runs social media.
    social: bool,
    channels: Vec<&'static str>,
    /// Whom its line of business addresses, where that is known.
    audience: Option<&'static str>,
}

impl<'a> Case<'a> {
    pub fn new(ad: &'a Ad, lang: Lang, social: bool, scratch: &Scratch) -> Case<'a> {
        let bank = Bank::of(lang);
        let analysis = &scratch.analysis;
        let findings = &scratch.findings;
        let mut channels: Vec<&str> = Vec::new();
        for channel in &bank.channel {
            if channel.words.iter().any(|word| count(analysis, word) > 0) {
                channels.push(&channel.name);
            }
        }
        if channels.is_empty() {
            channels.extend(bank.usual_channels.iter().map(String::as_str));
        }
        let held = |words: &[String]| words.iter().map(|word| count(analysis, word)).sum::<usize>();
        let mut field: (usize, Option<&str>) = (0, None);
        for known in &bank.field {
            let words = held(&known.words);
            if words > field.0 {
                field = (words, Some(&known.audience));
            }
        }
        Case {
            bank,
            plain: ad.plain(),
            title: ad.title(),
            text_start: text_start(ad),
            statements: statements(scratch.seen(ad), analysis),
            evidence: (0..REASONS.len()).flat_map(|reason| own(findings, reason).copied()).collect(),
            concrete: findings.deliverables.iter().map(|found| found.span).collect(),
            kinds: findings.kinds(),
            named: findings.named(),
            roles: scratch
                .memory
                .judged()
                .iter()
                .map(|&([duty, requirement, offer, ..], _)| [duty, requirement, offer])
                .collect(),
            social,
            channels,
            audience: field.1,
        }
    }

    /// What a reason looks for and the ad does not have.
    fn missing(&self, reason: usize) -> Kinds {
        REASONS.get(reason).map(|about| about.looks_for().without(self.kinds)).unwrap_or_default()
    }

    /// What a reason looks for and the ad should be asked for.
    fn unnamed(&self, reason: usize) -> Kinds {
        REASONS.get(reason).map(|about| about.looks_for().without(self.named)).unwrap_or_default()
    }

    /// The evidence of a reason that stands in the text: first lines that an entry found lacking, then other entries, then
    /// statements that nothing was found in; of each the heaviest first.
    fn heaviest(&self, reason: usize) -> Vec<&Evidence> {
        let own = self.evidence.iter().filter(|found| found.reason == reason && !self.is_title(found.span.start));
        let mut own: Vec<&Evidence> = own.collect();
        let lacks = |found: &Evidence| matches!(found.source, EvidenceSource::Absence(kinds) if !kinds.is_empty());
        own.sort_by(|a, b| {
            let rank = |found: &Evidence| (found.entry.is_some(), lacks(found));
            let order = rank(b).cmp(&rank(a)).then(b.weight.total_cmp(&a.weight));
            order.then(a.span.cmp(&b.span))
        });
        own
    }

    /// True in the title, and in a line that says it again.
    fn is_title(&self, at: usize) -> bool {
        let (before, after) = self.plain.split_at_checked(at).unwrap_or((self.plain, ""));
        let head = before.rsplit('\n').next().unwrap_or("");
        let tail = after.split('\n').next().unwrap_or("");
        at < self.text_start || self.title.contains(format!("{head}{tail}").trim())
    }

    /// The statement around a piece of evidence.
    fn statement(&self, found: &Evidence) -> Span {
        let around = self.statements.iter().map(|statement| statement.span);
        around
            .into_iter()
            .find(|span| span.start <= found.span.start && found.span.start < span.end)
            .unwrap_or(found.span)
    }

    /// What to do, what is missing, and where it belongs.
    pub fn advice(&self, reason: usize) -> String {
        let bank = self.bank;
        let id = REASONS.get(reason).map_or("", |about| about.id());
        let mut text = bank.lead(id).to_owned();
        let missing: Vec<String> =
            self.unnamed(reason).iter().take(NAMED).map(|kind| bank.kind(kind).to_owned()).collect();
        if !missing.is_empty() {
            text.push(' ');
            text.push_str(&bank.missing.replace("{list}", &bank.list(&missing)));
        }
        let own = self.heaviest(reason);
        if missing.is_empty() && own.is_empty() {
            text.push(' ');
            text.push_str(&bank.all_there);
        }
        if id == "everyone" {
            let mut distinct: Vec<String> = Vec::new();
            for quote in own.iter().map(|found| bank.quote(&short(found.span.of(self.plain)))) {
                if distinct.len() < QUOTED && !distinct.contains(&quote) {
                    distinct.push(quote);
                }
            }
            if !distinct.is_empty() {
                text.push(' ');
                text.push_str(&bank.instead.replace("{list}", &bank.list(&distinct)));
            }
        } else if let Some(found) = own.first() {
            let quote = bank.quote(&short(self.statement(found).of(self.plain)));
            text.push(' ');
            text.push_str(&bank.place.replace("{quote}", &quote));
        }
        text
    }

    /// The edits to try for a reason: every example that suits the ad at every place that suits the reason, those made
    /// from sentences that were used before last.
    pub fn edits(&self, reason: usize, used: &[&str]) -> Vec<Candidate> {
        let id = REASONS.get(reason).map_or("", |about| about.id());
        let spots = self.spots(reason, id);
        let mut examples = self.examples(reason, id);
        examples.sort_by_key(|example| used.contains(&example.text.as_str()));
        let mut edits = Vec::new();
        for example in examples {
            let sentence = self.fill(&example.text);
            for spot in &spots {
                let replacement = spot.write(&sentence, &self.bank.opening);
                edits.push(Candidate { span: spot.span, replacement, example: &example.text });
            }
        }
        edits
    }

    /// The examples that suit the ad; for what is offered and asked, none that might contradict what the ad says.
    fn examples(&self, reason: usize, id: &str) -> Vec<&'static Example> {
        let missing = self.missing(reason);
        // A sentence most of which the ad says already comes last.
        let stale = |example: &&Example| {
            let kinds = example.kinds();
            2 * kinds.without(self.kinds).len() <= kinds.len()
        };
        // Whom a role outside social media addresses is not for guessing.
        let known = self.social || self.audience.is_some();
        let fits = |example: &&Example| {
            example.suits(self.social)
                && example.reasons.iter().any(|known| known == id)
                && (known || !example.text.contains("{audience}"))
        };
        let new = |example: &&Example| match id {
            "no_stake" | "no_barrier" => example.kinds().without(missing).is_empty(),
            _ => true,
        };
        let mut all: Vec<&'static Example> = self.bank.example.iter().filter(fits).filter(new).collect();
        all.sort_by_key(|example| stale(example));
        all
    }

    fn spots(&self, reason: usize, id: &str) -> Vec<Spot> {
        let page = Page { plain: self.plain, text_start: self.text_start, statements: &self.statements };
        let own = self.heaviest(reason);
        let mut spots: Vec<Spot> = Vec::new();
        let mut offer = |spot: Spot| {
            if !spots.contains(&spot) {
                spots.push(spot);
            }
        };
        // What is offered may be said anywhere; what is done and asked for replaces the line that fails to say it.
        if matches!(id, "undefined" | "no_barrier" | "unmeasurable" | "everyone") {
            own.iter().filter_map(|found| page.sentence(found.span.start, &self.concrete)).take(2).for_each(&mut offer);
        }
        // Behind a line that asks for nothing, something asked for would contradict it.
        if id != "no_barrier" || own.is_empty() {
            own.iter().take(2).map(|found| page.behind(found.span.start)).for_each(&mut offer);
        }
        match id {
            "no_stake" => offer(self.last_of(OFFER).map_or_else(|| page.end(), |at| page.behind(at))),
            _ if own.is_empty() => {
                let role = if id == "no_barrier" { REQUIREMENT } else { DUTY };
                let first = self.statements.iter().find(|statement| statement.span.start >= self.text_start);
                let at = self.last_of(role).or(first.map(|statement| statement.span.start));
                offer(at.map_or_else(|| page.end(), |at| page.behind(at)));
            }
            _ => {}
        }
        spots
    }

    /// Where the last statement of the text starts that has the role `role`, or else the last that is any of
    /// them: what an ad ends with is often no part of it.
    fn last_of(&self, role: usize) -> Option<usize> {
        let body =
            self.statements.iter().zip(&self.roles).filter(|(statement, _)| statement.span.start >= self.text_start);
        let last = |fits: &dyn Fn(&[f32; 3]) -> bool| {
            body.clone().filter(|(_, roles)| fits(roles)).map(|(statement, _)| statement.span.start).last()
        };
        last(&|roles| roles.get(role).is_some_and(|role| *role >= 0.5))
            .or_else(|| last(&|roles| roles.iter().sum::<f32>() >= 0.5))
    }

    /// An example with its blanks filled from the ad.
    fn fill(&self, text: &str) -> String {
        let bank = self.bank;
        let channels = |one: &str, two: &str| match self.channels.as_slice() {
            [] => String::new(),
            [a] => one.replace("{a}", a),
            [a, b, ..] => two.replace("{a}", a).replace("{b}", b),
        };
        let money = bank.money.iter().find(|money| self.plain.contains(&money.sign)).or(bank.money.first());
        let amount = |pick: fn(&Money) -> &String| money.map_or("", |money| pick(money));
        text.replace("{on}", &channels(&bank.on_one, &bank.on_two))
            .replace("{from}", &channels(&bank.from_one, &bank.from_two))
            .replace("{audience}", self.audience.unwrap_or(&bank.usual_audience))
            .replace("{pay}", amount(|money| &money.pay))
            .replace("{hourly}", amount(|money| &money.hourly))
            .replace("{budget}", amount(|money| &money.budget))
            .replace("{lead}", amount(|money| &money.lead))
    }
}

/// Where the text starts: behind the title, and behind a first line that looks like one or repeats it.
fn text_start(ad: &Ad) -> usize {
    let start = ad.text_start();
    let Some((line, rest)) = ad.text().split_once('\n') else { return start };
    let first = line.trim();
    let short = !first.is_empty() && first.chars().count() <= TITLE && !first.ends_with(['.', '!', '?', ':', ';']);
    let title = ad.title().is_empty() || ad.title().contains(first);
    if short && title && !rest.trim().is_empty() { start + line.len() + 1 } else { start }
}

/// How often the words of `phrase` stand in an ad, the first with or without a Hebrew prefix.
fn count(analysis: &Analysis, phrase: &str) -> usize {
    let words: Vec<&str> = phrase.split(' ').collect();
    let fits = |window: &&[Token]| {
        window.iter().zip(&words).enumerate().all(|(place, (token, word))| {
            let form = analysis.form(token);
            form == *word || (place == 0 && analysis.clitics().readings(form).any(|(_, stem)| stem == *word))
        })
    };
    analysis.tokens().windows(words.len()).filter(fits).count()
}

/// `text` on one line, cut at a space when it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE) {
        None => line,
        Some((end, _)) => {
            let head = line.get(..end).unwrap_or("");
            format!("{}…", head.rsplit_once(' ').map_or(head, |(head, _)| head))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_quotes_are_cut_at_a_space() {
        assert_eq!(short("a  b\nc"), "a b c");
        let cut = short(&"word ".repeat(30));
        assert!(cut.ends_with("word…") && cut.chars().count() <= QUOTE + 1, "{cut}");
    }
}
