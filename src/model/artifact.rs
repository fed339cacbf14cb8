//! Saves, loads and verifies a model directory.
//!
//! A directory is `config.json`, `tokenizer.json`, `model.safetensors`, with `metrics.json` and `README.md` beside them.
//! Loading never trusts a file: versions, digests, shapes and references are checked, each failure names the file and
//! what is wrong, and nothing is allocated that the file's own size does not cover.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use super::config::{Config, Decision, FORMAT};
use super::{Model, embedded};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::features::space::{Space, SpaceParts};
use crate::features::{Aspects, Subwords, aspect, dense};
use crate::label::{self, HEADS, VAGUE, is_own_reason};
use crate::rubric::Rubric;
use crate::text::{Analyzer, Tables, TextSpec, Words};

/// The file of settings.
pub const CONFIG: &str = "config.json";
/// The file of the subword vocabulary.
pub const TOKENIZER: &str = "tokenizer.json";
/// The file of weights.
pub const WEIGHTS: &str = "model.safetensors";

/// The tensor of compiled lexicons, which a model may lack.
const LEXICONS: &str = "lexicons";
/// The tensor of what judges statements, which a model may lack.
const ASPECTS: &str = "aspects";

/// The bytes of the three files that make a model.
#[derive(Clone, Debug, Default)]
pub struct Files<'b> {
    /// `config.json`.
    pub config: Cow<'b, [u8]>,
    /// `tokenizer.json`.
    pub tokenizer: Cow<'b, [u8]>,
    /// `model.safetensors`.
    pub weights: Cow<'b, [u8]>,
}

/// SHA-256 as hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn broken(file: &str, text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, text).at(Position::file(file))
}

impl Files<'static> {
    /// Reads the three files of `directory`.
    ///
    /// # Errors
    /// `Model` when the directory or one of the files is missing.
    pub fn read(directory: &Path) -> Result<Self> {
        if !directory.is_dir() {
            return Err(broken(&directory.display().to_string(), "a model is a directory; there is none here"));
        }
        let read = |name: &str| {
            let path = directory.join(name);
            std::fs::read(&path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    broken(&path.display().to_string(), "this file of the model directory is missing")
                }
                _ => Error::io(&path.display().to_string(), &error),
            })
        };
        Ok(Files { config: read(CONFIG)?.into(), tokenizer: read(TOKENIZER)?.into(), weights: read(WEIGHTS)?.into() })
    }

    /// Writes the three files into `directory`, which is made if need be.
    ///
    /// # Errors
    /// `Io` when a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let io = |path: &Path, error: std::io::Error| Error::io(&path.display().to_string(), &error);
        std::fs::create_dir_all(directory).map_err(|error| io(directory, error))?;
        for (name, bytes) in [(TOKENIZER, &self.tokenizer), (WEIGHTS, &self.weights), (CONFIG, &self.config)] {
            let path = directory.join(name);
            std::fs::write(&path, bytes).map_err(|error| io(&path, error))?;
        }
        Ok(())
    }
}

impl Model {
    /// Loads and verifies the model in `directory`.
    ///
    /// # Errors
    /// `Model` with the file and what is wrong with it.
    pub fn load(directory: &Path) -> Result<Model> {
        Model::load_with(directory, None)
    }

    /// The same, with the lexicons and token tables in the directory `rubric` where the model was trained with those.
    ///
    /// # Errors
    /// See [`Model::load`]; the kinds of [`Rubric::from_dir`] and [`Tables::of_rubric`] for lexicons and tables.
    pub fn load_with(directory: &Path, rubric: Option<&Path>) -> Result<Model> {
        let files = Files::read(directory)?;
        let verified = Model::from_files_with(&files, true, rubric);
        verified.map_err(|error| {
            let file = match error.position().file.as_deref() {
                Some(name) if [CONFIG, TOKENIZER, WEIGHTS].contains(&name) => directory.join(name),
                // A file of the rubric.
                Some(_) => return error,
                None => directory.to_owned(),
            };
            Error::new(error.kind(), error.message()).at(Position::file(file.display().to_string()))
        })
    }

    /// The model embedded in the program.
    ///
    /// # Errors
    /// `Model` when the program was built with a damaged default model.
    pub fn embedded() -> Result<Model> {
        Model::build(&embedded::files(), false, None, embedded::weights())
    }

    /// Builds a model from the bytes of its files; `verify` also compares their digests with the config.
    ///
    /// # Errors
    /// `Model` with the file and what is wrong with it.
    pub fn from_files(files: &Files<'_>, verify: bool) -> Result<Model> {
        Model::from_files_with(files, verify, None)
    }

    /// The same, with the lexicons and token tables in the directory `lexicons` where the model was trained with those.
    ///
    /// # Errors
    /// See [`Model::from_files`]; the kinds of [`Rubric::from_dir`] and [`Tables::of_rubric`] for lexicons and tables.
    pub fn from_files_with(files: &Files<'_>, verify: bool, lexicons: Option<&Path>) -> Result<Model> {
        Model::build(files, verify, lexicons, None)
    }

    /// The same, with the weights as they lie in memory, where they lie there for good.
    fn build(
        files: &Files<'_>,
        verify: bool,
        lexicons: Option<&Path>,
        lasting: Option<&'static [f32]>,
    ) -> Result<Model> {
        let config = read_config(&files.config)?;
        if verify {
            for (name, bytes) in [(TOKENIZER, &files.tokenizer), (WEIGHTS, &files.weights)] {
                let stated = config.files.get(name).map_or("", String::as_str);
                let found = digest(bytes);
                if stated != found {
                    let text = format!(
                        "its SHA-256 must be {stated} as config.json says, is {found}; the file was changed or cut short"
                    );
                    return Err(broken(name, text));
                }
            }
        }
        let analyzer = analyzer(&config.text, lexicons)?;
        let tensors = SafeTensors::deserialize(&files.weights)
            .map_err(|error| broken(WEIGHTS, format!("this is not a whole safetensors file: {error}")))?;
        let subwords = Subwords::from_json(&files.tokenizer).map_err(|error| error.at(Position::file(TOKENIZER)))?;
        // Only the program's own model may bring its lexicons compiled.
        let stored = tensors.tensor(LEXICONS).ok().filter(|_| !verify && lexicons.is_none());
        let stored = stored.and_then(|view| Rubric::from_trusted_bytes(view.data()));
        let mut rubric = match (stored, lexicons) {
            (Some(rubric), _) => rubric,
            (None, Some(directory)) => Rubric::from_dir(directory, &analyzer)?,
            (None, None) => Rubric::embedded(&analyzer)?,
        };
        let given = rubric.digest().to_owned();
        if given != config.rubric && lexicons.is_some() {
            // Of two models that are compared, one may have the lexicons of the program.
            rubric = Rubric::embedded(&analyzer)?;
        }
        if rubric.digest() != config.rubric {
            let whose = if lexicons.is_some() { "--rubric holds" } else { "this program has" };
            let text = format!(
                "the model was trained with other lexicons (digest {}) than {whose} ({}); train it again, or name those with --rubric",
                short(&config.rubric),
                short(&given)
            );
            return Err(broken(CONFIG, text));
        }
        let parts = read_parts(&tensors)?;
        let aspects = read_aspects(&tensors, &parts, lasting.is_some())?;
        check_parts(&parts, &subwords, &rubric, aspects.is_some())?;
        let size = parts.idf.len() * config.heads.len();
        let weights = match lasting.filter(|weights| weights.len() == size) {
            Some(weights) => Cow::Borrowed(weights),
            None => floats(&tensors, "weights", &[parts.idf.len(), config.heads.len()])?.into(),
        };
        let digest = digest(&files.config);
        let space = Space::from_parts(config.space.clone(), parts);
        let seen = tensor(&tensors, "seen", Dtype::U64)?;
        let seen = seen.data().as_chunks::<8>().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect();
        Ok(Model { config, analyzer, rubric, subwords, space, aspects, weights, seen, digest })
    }

    /// The bytes of the model's files; the same model gives the same bytes.
    ///
    /// # Errors
    /// `Model` when a part cannot be serialised.
    pub fn to_files(&self) -> Result<Files<'static>> {
        let tokenizer = self.subwords.to_json().as_bytes().to_vec();
        let weights = write_tensors(self)?;
        let mut config = self.config.clone();
        config.files =
            BTreeMap::from([(TOKENIZER.to_owned(), digest(&tokenizer)), (WEIGHTS.to_owned(), digest(&weights))]);
        let mut text = serde_json::to_string_pretty(&config)
            .map_err(|error| broken(CONFIG, format!("it cannot be written: {error}")))?;
        text.push('\n');
        Ok(Files { config: text.into_bytes().into(), tokenizer: tokenizer.into(), weights: weights.into() })
    }
}

/// The analyzer for a model with the rules `spec`, out of the token tables that `lexicons` brings and those of the program.
fn analyzer(spec: &TextSpec, lexicons: Option<&Path>) -> Result<Analyzer> {
    let given = Tables::of_rubric(lexicons)?;
    let sum = given.checksum();
    // Of two models that are compared, one may have the tables of the program.
    let tables = if sum == spec.tables { given } else { Tables::own()? };
    if tables.checksum() != spec.tables && spec.version == TextSpec::VERSION {
        let whose = if sum == TextSpec::default().tables { "this program has" } else { "--rubric holds" };
        let text = format!(
            "the model was trained with other token tables (checksum {}) than {whose} ({sum}); train it again, or name those with --rubric",
            spec.tables
        );
        return Err(broken(CONFIG, text));
    }
    Analyzer::with_tables(spec, tables)
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn read_config(bytes: &[u8]) -> Result<Config> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| broken(CONFIG, format!("this is not whole JSON: {error}")))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let found = format.map_or("none".to_owned(), |format| format.to_string());
        return Err(broken(CONFIG, format!("the format version must be {FORMAT}, is {found}")));
    }
    let config: Config =
        serde_json::from_value(value).map_err(|error| broken(CONFIG, format!("a setting is wrong: {error}")))?;
    check(&config)?;
    Ok(config)
}

/// The rules that the settings of a model keep; a hostile file must not make scores that mean nothing.
fn check(config: &Config) -> Result<()> {
    let refuse = |text: String| Err(broken(CONFIG, text));
    if config.name.is_empty() || config.name.chars().any(char::is_control) {
        return refuse("the name of a model must be printable text".to_owned());
    }
    for (place, head) in config.heads.iter().enumerate() {
        if !HEADS.contains(&head.name.as_str()) && !is_own_reason(&head.name) {
            let known = HEADS.join(", ");
            return refuse(format!("a head must be one of {known} or a word of small letters, is {:?}", head.name));
        }
        if config.heads.iter().take(place).any(|other| other.name == head.name) {
            return refuse(format!("a head must stand once, `{}` stands twice", head.name));
        }
        if [head.bias, head.slope, head.offset].iter().any(|number| !number.is_finite()) || head.slope <= 0.0 {
            return refuse(format!("the numbers of head `{}` must be finite and its slope above 0", head.name));
        }
        if !(0.0..=1.0).contains(&head.threshold) {
            return refuse(format!("the threshold of head `{}` must be 0 to 1, is {}", head.name, head.threshold));
        }
    }
    if !config.heads.iter().any(|head| head.name == VAGUE) {
        return refuse(format!("a model needs the head `{VAGUE}`"));
    }
    let Decision { upper, lower, .. } = config.decision;
    if !(0.0 <= lower && lower <= upper && upper <= 1.0) {
        return refuse(format!("the thresholds must be 0 <= lower <= upper <= 1, are {lower} and {upper}"));
    }
    config.space.check().map_err(|error| error.at(Position::file(CONFIG)))
}

/// The list of names in a tensor of bytes, separated by line feeds.
fn names<'t>(tensors: &SafeTensors<'t>, name: &str) -> Result<&'t str> {
    let view = tensor(tensors, name, Dtype::U8)?;
    std::str::from_utf8(view.data()).map_err(|error| broken(WEIGHTS, format!("tensor `{name}` must be UTF-8: {error}")))
}

fn tensor<'t>(tensors: &SafeTensors<'t>, name: &str, dtype: Dtype) -> Result<TensorView<'t>> {
    let view = tensors.tensor(name).map_err(|_| broken(WEIGHTS, format!("tensor `{name}` is missing")))?;
    if view.dtype() != dtype {
        return Err(broken(WEIGHTS, format!("tensor `{name}` must hold {dtype:?}, holds {:?}", view.dtype())));
    }
    Ok(view)
}

fn numbers(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<u32>> {
    let view = tensor(tensors, name, Dtype::U32)?;
    Ok(view.data().as_chunks::<4>().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect())
}

fn floats(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    let view = tensor(tensors, name, Dtype::F32)?;
    if view.shape() != shape {
        return Err(broken(WEIGHTS, format!("tensor `{name}` must have shape {shape:?}, has {:?}", view.shape())));
    }
    let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    // The bits of what is not finite are above those of all other numbers; the greatest are found many at once.
    let greatest = values.iter().fold(0, |greatest: u32, value| greatest.max(value.to_bits() & (u32::MAX >> 1)));
    if f32::from_bits(greatest).is_finite() {
        return Ok(values);
    }
    let place = values.iter().position(|value| !value.is_finite()).unwrap_or_default();
    Err(broken(WEIGHTS, format!("tensor `{name}` must be finite, element {place} is not")))
}

fn read_parts(tensors: &SafeTensors<'_>) -> Result<SpaceParts> {
    let words = |name: &str| names(tensors, name).map(Words::from_lines);
    let mut parts = SpaceParts {
        words: words("words")?,
        stems: words("stems")?,
        pieces: numbers(tensors, "pieces")?,
        grams: words("grams")?,
        dense: names(tensors, "dense")?.lines().map(str::to_owned).collect(),
        ..SpaceParts::default()
    };
    parts.vectors = words("vectors")?;
    parts.pairs = numbers(tensors, "pairs")?.as_chunks::<2>().0.iter().map(|&[a, b]| (a, b)).collect();
    let texts = parts.words.len() + parts.stems.len() + parts.pieces.len() + parts.grams.len();
    let width = texts + parts.pairs.len() + parts.vectors.len() + parts.dense.len();
    parts.idf = floats(tensors, "idf", &[width])?;
    Ok(parts)
}

/// What judges statements, where the model has it; `lasting` where the bytes are those of the program.
fn read_aspects(tensors: &SafeTensors<'_>, parts: &SpaceParts, lasting: bool) -> Result<Option<Aspects>> {
    if tensors.tensor(ASPECTS).is_err() {
        return Ok(None);
    }
    let count = label::ASPECTS.len();
    let view = tensor(tensors, ASPECTS, Dtype::I16)?;
    let columns = parts.words.len() + parts.stems.len() + parts.pieces.len() + parts.grams.len();
    if view.shape() != [columns, count] {
        let text = format!("tensor `{ASPECTS}` must have shape {:?}, has {:?}", [columns, count], view.shape());
        return Err(broken(WEIGHTS, text));
    }
    let weights = match embedded::aspects().filter(|weights| lasting && weights.len() == columns * count) {
        Some(weights) => Cow::Borrowed(weights),
        None => {
            view.data().as_chunks::<2>().0.iter().map(|&bytes| i16::from_le_bytes(bytes)).collect::<Vec<_>>().into()
        }
    };
    let rows = |name: &str, rows: usize| -> Result<Vec<aspect::Lanes>> {
        Ok(floats(tensors, name, &[rows, count])?.as_chunks().0.to_vec())
    };
    let units = rows("aspect_units", 1)?.first().copied().unwrap_or_default();
    let mut context = [aspect::Lanes::default(); aspect::CONTEXT];
    context.copy_from_slice(&rows("aspect_context", aspect::CONTEXT)?);
    let caps = floats(tensors, "aspect_caps", &[aspect::MEASURES])?;
    let scales = floats(tensors, "aspect_scales", &[aspect::MEASURES])?;
    Ok(Some(Aspects { weights, units, context, caps, scales }))
}

/// The rules that the columns keep among themselves and with the other parts of the model.
fn check_parts(parts: &SpaceParts, subwords: &Subwords, rubric: &Rubric, judges: bool) -> Result<()> {
    let mut names = dense::names(rubric);
    if judges {
        names.extend(aspect::measure_names());
    }
    if parts.dense != names {
        return Err(broken(WEIGHTS, "tensor `dense` must name the measures of this program"));
    }
    let known = parts.words.len() as u32;
    if let Some(pair) = parts.pairs.iter().find(|&&(a, b)| a >= known || b >= known) {
        return Err(broken(WEIGHTS, format!("tensor `pairs` must name words below {known}, names {pair:?}")));
    }
    if let Some(piece) = parts.pieces.iter().find(|&&piece| piece as usize >= subwords.len()) {
        let text = format!("tensor `pieces` must name subwords below {}, names {piece}", subwords.len());
        return Err(broken(WEIGHTS, text));
    }
    Ok(())
}

fn write_tensors(model: &Model) -> Result<Vec<u8>> {
    let Model { weights, seen, .. } = model;
    let (parts, heads) = (model.space.to_parts(), model.config.heads.len());
    let joined = |names: &Words| {
        let mut lines = Vec::with_capacity(names.bytes() + names.len());
        names.iter().for_each(|name| {
            lines.extend_from_slice(name.as_bytes());
            lines.push(b'\n');
        });
        lines.pop();
        lines
    };
    let little = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let real = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let pairs: Vec<u32> = parts.pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    let mut data = vec![
        ("words", Dtype::U8, None, joined(&parts.words)),
        ("stems", Dtype::U8, None, joined(&parts.stems)),
        ("grams", Dtype::U8, None, joined(&parts.grams)),
        ("vectors", Dtype::U8, None, joined(&parts.vectors)),
        ("dense", Dtype::U8, None, parts.dense.join("\n").into_bytes()),
        (LEXICONS, Dtype::U8, None, model.rubric.to_bytes()?),
        ("pieces", Dtype::U32, Some(vec![parts.pieces.len()]), little(&parts.pieces)),
        ("pairs", Dtype::U32, Some(vec![parts.pairs.len(), 2]), little(&pairs)),
        ("seen", Dtype::U64, Some(vec![seen.len()]), seen.iter().flat_map(|number| number.to_le_bytes()).collect()),
        ("idf", Dtype::F32, Some(vec![parts.idf.len()]), real(&parts.idf)),
        ("weights", Dtype::F32, Some(vec![parts.idf.len(), heads]), real(weights)),
    ];
    if let Some(Aspects { weights, units, context, caps, scales }) = &model.aspects {
        let count = units.len();
        let whole = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        data.push((ASPECTS, Dtype::I16, Some(vec![weights.len() / count, count]), whole));
        data.push(("aspect_units", Dtype::F32, Some(vec![1, count]), real(units)));
        data.push(("aspect_context", Dtype::F32, Some(vec![context.len(), count]), real(context.as_flattened())));
        data.push(("aspect_caps", Dtype::F32, Some(vec![caps.len()]), real(caps)));
        data.push(("aspect_scales", Dtype::F32, Some(vec![scales.len()]), real(scales)));
    }
    let mut views = Vec::with_capacity(data.len());
    for (name, dtype, shape, bytes) in &data {
        let shape = shape.clone().unwrap_or_else(|| vec![bytes.len()]);
        let view = TensorView::new(*dtype, shape, bytes)
            .map_err(|error| broken(WEIGHTS, format!("tensor `{name}` cannot be written: {error}")))?;
        views.push((*name, view));
    }
    safetensors::serialize(views, None).map_err(|error| broken(WEIGHTS, format!("it cannot be written: {error}")))
}
