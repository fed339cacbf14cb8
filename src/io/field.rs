//! The fields a posting may have, and the names under which job boards keep them, in both languages.
//!
//! A name is compared after [`fold_name`]: case, spaces, underscores, hyphens, quotes and invisible marks do not
//! count, so `Job_Title`, `jobTitle` and `job title` are one name.

use crate::error::{Error, ErrorKind};
use crate::label::REASONS;

/// A further piece of the text, kept by many boards in a column of its own; joined to the text in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extra {
    /// What the person will do.
    Responsibilities,
    /// What is asked of the person.
    Requirements,
    /// What is offered.
    Benefits,
    /// What the employer says of itself.
    CompanyProfile,
}

/// What a column, or a key of a JSON object, may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The posting's own identifier.
    Id,
    /// The title.
    Title,
    /// The text.
    Text,
    /// A further piece of the text.
    Extra(Extra),
    /// The employer.
    Company,
    /// When it was posted.
    PostedAt,
    /// The label: vague or concrete.
    Label,
    /// Whether the role is about running social media: 0 or 1.
    Scope,
    /// The scale from 1 (concrete) to 5 (empty).
    Vagueness,
    /// One of the six reasons, by its place in [`REASONS`]: 0 or 1.
    Reason(u8),
    /// A reason beside the six, by its place in [`super::ReadOptions::reasons`]: 0 or 1.
    OwnReason(u8),
    /// The part of a fixed split: train, valid or test.
    Split,
    /// The board or site that it was found on.
    Board,
}

/// Fields that have names of their own.
const NAMED: usize = 20;
/// The most reasons beside the six.
pub const OWN_REASONS: usize = 8;
/// How many places [`Field::slot`] can give.
pub(crate) const SLOTS: usize = NAMED + OWN_REASONS;

/// All fields with their names, best name first. The first name is the one used in documentation and in `--map`.
const NAMES: [(Field, &[&str]); NAMED] = [
    (
        Field::Id,
        &[
            "id",
            "job_id",
            "posting_id",
            "ad_id",
            "vacancy_id",
            "offer_id",
            "requisition_id",
            "req_id",
            "external_id",
            "uuid",
            "guid",
            "job_number",
            "job_reference",
            "reference_number",
            "מזהה",
            "מזהה משרה",
            "מזהה המשרה",
            "מספר משרה",
            "מספר המשרה",
            "מס' משרה",
            "קוד משרה",
            "url",
            "job_url",
            "posting_url",
            "link",
            "job_link",
            "קישור",
            "קישור למשרה",
            "לינק",
        ],
    ),
    (
        Field::Title,
        &[
            "title",
            "job_title",
            "position",
            "position_title",
            "posting_title",
            "vacancy_title",
            "ad_title",
            "job_name",
            "role",
            "role_title",
            "headline",
            "כותרת",
            "שם המשרה",
            "שם משרה",
            "כותרת המשרה",
            "כותרת משרה",
            "שם התפקיד",
            "שם תפקיד",
            "תפקיד",
            "משרה",
        ],
    ),
    (
        Field::Text,
        &[
            "text",
            "description",
            "body",
            "content",
            "job_description",
            "full_description",
            "description_text",
            "description_html",
            "job_description_text",
            "job_text",
            "ad_text",
            "full_text",
            "posting_text",
            "job_desc",
            "desc",
            "job_details",
            "details",
            "תיאור",
            "תיאור התפקיד",
            "תיאור תפקיד",
            "תיאור המשרה",
            "תיאור משרה",
            "תאור",
            "תאור התפקיד",
            "תאור תפקיד",
            "תאור המשרה",
            "תאור משרה",
            "טקסט",
            "תוכן",
            "תוכן המשרה",
            "פירוט",
            "פרטי המשרה",
            "מודעה",
            "נוסח המודעה",
        ],
    ),
    (
        Field::Extra(Extra::Responsibilities),
        &["responsibilities", "job_responsibilities", "duties", "תחומי אחריות", "אחריות"],
    ),
    (
        Field::Extra(Extra::Requirements),
        &[
            "requirements",
            "job_requirements",
            "qualifications",
            "דרישות",
            "דרישות התפקיד",
            "דרישות תפקיד",
            "דרישות המשרה",
            "דרישות משרה",
        ],
    ),
    (
        Field::Extra(Extra::Benefits),
        &["benefits", "perks", "job_benefits", "תנאים", "הטבות", "תנאי העסקה", "תנאי המשרה"],
    ),
    (
        Field::Extra(Extra::CompanyProfile),
        &[
            "company_profile",
            "company_description",
            "about_company",
            "about_the_company",
            "about_us",
            "פרופיל החברה",
            "אודות החברה",
            "על החברה",
            "תיאור החברה",
        ],
    ),
    (
        Field::Company,
        &[
            "company",
            "company_name",
            "employer",
            "employer_name",
            "organization",
            "organisation",
            "hiring_organization",
            "חברה",
            "שם החברה",
            "שם חברה",
            "מעסיק",
            "שם המעסיק",
            "ארגון",
        ],
    ),
    (
        Field::PostedAt,
        &[
            "posted_at",
            "date_posted",
            "posted_date",
            "posting_date",
            "posted_on",
            "post_date",
            "published_at",
            "publication_date",
            "publish_date",
            "created_at",
            "listed_time",
            "date",
            "תאריך פרסום",
            "פורסם בתאריך",
            "פורסם",
            "תאריך",
        ],
    ),
    (Field::Label, &["label", "תווית", "סיווג"]),
    (Field::Scope, &["scope"]),
    (Field::Vagueness, &["vagueness"]),
    (Field::Reason(0), &[REASONS[0]]),
    (Field::Reason(1), &[REASONS[1]]),
    (Field::Reason(2), &[REASONS[2]]),
    (Field::Reason(3), &[REASONS[3]]),
    (Field::Reason(4), &[REASONS[4]]),
    (Field::Reason(5), &[REASONS[5]]),
    (Field::Split, &["split"]),
    (Field::Board, &["board", "job_board", "לוח", "לוח דרושים"]),
];

impl Field {
    /// Every field that has names of its own, in a fixed order.
    pub fn all() -> impl Iterator<Item = Field> {
        NAMES.iter().map(|&(field, _)| field)
    }

    /// The names recognised for the field, best first.
    pub fn names(self) -> &'static [&'static str] {
        NAMES.iter().find(|(field, _)| *field == self).map_or(&[], |(_, names)| names)
    }

    /// The field's own name, as used in `--map`.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or("")
    }

    /// Reads a field's own name (`title`, `text`, `requirements`, …); an error lists the names allowed.
    pub fn parse(word: &str) -> Result<Field, Error> {
        let folded = fold_name(word);
        Field::all().find(|field| fold_name(field.name()) == folded).ok_or_else(|| {
            let known: Vec<&str> = Field::all().map(Field::name).collect();
            Error::new(ErrorKind::Usage, format!("a field must be one of {}, is {word:?}", known.join(", ")))
        })
    }

    /// Reads `title=Headline`: a field, and the column or key that holds it.
    pub fn parse_mapping(word: &str) -> Result<(Field, String), Error> {
        match word.split_once('=') {
            Some((field, name)) if !name.trim().is_empty() => Ok((Field::parse(field)?, name.trim().to_owned())),
            _ => Err(Error::new(ErrorKind::Usage, format!("a mapping must be FIELD=COLUMN, is {word:?}"))),
        }
    }

    /// True for the columns that say what people thought of an ad.
    pub fn is_label(self) -> bool {
        matches!(self, Field::Label | Field::Scope | Field::Vagueness | Field::Reason(_) | Field::OwnReason(_))
    }

    /// The field's place in an array of [`SLOTS`] values.
    pub(crate) fn slot(self) -> usize {
        match self {
            Field::Id => 0,
            Field::Title => 1,
            Field::Text => 2,
            Field::Extra(extra) => 3 + extra as usize,
            Field::Company => 7,
            Field::PostedAt => 8,
            Field::Label => 9,
            Field::Scope => 10,
            Field::Vagueness => 11,
            Field::Reason(index) => 12 + usize::from(index).min(5),
            Field::Split => 18,
            Field::Board => 19,
            Field::OwnReason(index) => NAMED + usize::from(index).min(OWN_REASONS - 1),
        }
    }
}

/// A name as it is compared: lower case, without white space, `_`, `-`, quotes, geresh, colons and invisible marks.
pub fn fold_name(name: &str) -> String {
    name.chars()
        .filter(|c| {
            !(c.is_whitespace()
                || c.is_control()
                || matches!(c, '_' | '-' | '\'' | '"' | '`' | ':' | '\u{2018}'..='\u{201f}' | '׳' | '״' | '־')
                || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_slots_agree_with_the_table() {
        let mut seen = std::collections::HashMap::new();
        for (index, (field, names)) in NAMES.iter().enumerate() {
            assert_eq!(field.slot(), index, "help: Field::slot and NAMES list the fields in one order");
            for name in *names {
                assert!(!fold_name(name).is_empty());
                if let Some(other) = seen.insert(fold_name(name), field) {
                    panic!("{name} names both {other:?} and {field:?}");
                }
            }
        }
    }

    #[test]
    fn one_name_in_many_spellings() {
        for spelling in ["job_title", "Job Title", "jobTitle", "\u{feff}JOB-TITLE", " job title: ", "\"job_title\""] {
            assert_eq!(fold_name(spelling), "jobtitle");
        }
        assert_eq!(fold_name("מס׳ משרה"), fold_name("מס' משרה"));
        assert_eq!(fold_name("\u{200f}תיאור_התפקיד"), "תיאורהתפקיד");
    }

    #[test]
    fn parse_takes_own_names_only() {
        assert_eq!(Field::parse("company_profile").unwrap(), Field::Extra(Extra::CompanyProfile));
        assert_eq!(Field::parse("No_Barrier").unwrap(), Field::Reason(2));
        let error = Field::parse("body").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.message().contains("text") && error.message().contains("body"));
        assert_eq!(Field::parse_mapping("title=שם").unwrap(), (Field::Title, "שם".to_owned()));
        assert!(Field::parse_mapping("title").is_err() && Field::parse_mapping("title=").is_err());
    }
}
